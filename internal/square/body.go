package square

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"answerable/internal/fault"
)

// fields are what a client sent, whatever it was written in: JSON, a form or a form with files. Names have lost their "[]".
type fields map[string][]string

func (f fields) has(k string) bool { return len(f[k]) > 0 }

// get is the first value: toot repeats parameters it already sent.
func (f fields) get(k string) string {
	if !f.has(k) {
		return ""
	}
	return f[k][0]
}

// list are all values that say something.
func (f fields) list(k string) []string {
	return slices.DeleteFunc(slices.Clone(f[k]), func(v string) bool { return v == "" })
}

// truth reads the many ways clients write true.
func (f fields) truth(k string) bool {
	return slices.Contains([]string{"1", "t", "true", "on", "yes"}, strings.ToLower(f.get(k)))
}

// prefixed says whether any name begins with p.
func (f fields) prefixed(p string) bool {
	for k := range f {
		if strings.HasPrefix(k, p) {
			return true
		}
	}
	return false
}

// upload is a file that came with a form.
type upload struct {
	name string
	data []byte
}

// Limits of a body: its text, the number of its fields, how deep JSON may nest.
const (
	maxBody   = 1 << 20
	maxFields = 1000
	maxDepth  = 6
)

var (
	errBody   = errors.New("body cannot be read")
	errFields = errors.New("too many fields")
	errSize   = errors.New("too large")
)

// parse reads a request: the body first, then the query.
func (s *Square) parse(w http.ResponseWriter, r *http.Request) (fields, map[string]upload, error) {
	in, files := fields{}, map[string]upload{}
	if r.Body != nil && r.Method != http.MethodGet && r.Method != http.MethodHead {
		limit := s.opt.MaxUploadBytes + maxBody
		var err error
		in, files, err = parseBody(r.Header.Get("Content-Type"), http.MaxBytesReader(w, r.Body, limit), s.opt.MaxUploadBytes)
		switch _, long := errors.AsType[*http.MaxBytesError](err); {
		case long || errors.Is(err, errSize):
			return nil, nil, fault.As(fault.TooLarge, err, "Validation failed: the request is too large")
		case err != nil:
			return nil, nil, fault.As(fault.Invalid, err, "Validation failed: the request cannot be read")
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, fault.As(fault.Invalid, err, "Validation failed: the address cannot be read")
	}
	for k, vs := range query {
		for _, v := range vs {
			if err := in.add(k, v); err != nil {
				return nil, nil, fault.As(fault.Invalid, err, "Validation failed: too many parameters")
			}
		}
	}
	return in, files, nil
}

// add adds one value. Rails' "name[]" is the same as "name".
func (f fields) add(k, v string) error {
	k = strings.TrimSuffix(k, "[]")
	if len(f) >= maxFields && !f.has(k) || len(f[k]) >= maxFields {
		return errFields
	}
	f[k] = append(f[k], v)
	return nil
}

// parseBody reads a body of any of the three kinds clients send. A body of another kind, or none, has no fields.
func parseBody(contentType string, body io.Reader, maxFile int64) (fields, map[string]upload, error) {
	in, files := fields{}, map[string]upload{}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return in, files, nil //nolint:nilerr // no content type is no body
	}
	switch kind {
	case "application/json":
		raw, err := readAll(body, maxBody)
		if err != nil || len(bytes.TrimSpace(raw)) == 0 {
			return in, files, err
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber() // ids are larger than a float can hold
		var top map[string]any
		if err := dec.Decode(&top); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errBody, err)
		}
		for k, v := range top {
			if err := in.flatten(k, v, 0); err != nil {
				return nil, nil, err
			}
		}
	case "application/x-www-form-urlencoded":
		raw, err := readAll(body, maxBody)
		if err != nil {
			return nil, nil, err
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errBody, err)
		}
		for k, vs := range form {
			for _, v := range vs {
				if err := in.add(k, v); err != nil {
					return nil, nil, err
				}
			}
		}
	case "multipart/form-data":
		if err := in.multipart(multipart.NewReader(body, params["boundary"]), files, maxFile); err != nil {
			return nil, nil, err
		}
	}
	return in, files, nil
}

// flatten writes JSON the way a form would: lists repeat the name, objects are name[key].
func (f fields) flatten(k string, v any, depth int) error {
	if depth > maxDepth {
		return errFields
	}
	switch v := v.(type) {
	case nil: // as if it had not been sent
		return nil
	case string:
		return f.add(k, v)
	case json.Number:
		return f.add(k, v.String())
	case bool:
		return f.add(k, strconv.FormatBool(v))
	case []any:
		for _, e := range v {
			if err := f.flatten(k, e, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for sub, e := range v {
			if err := f.flatten(k+"["+sub+"]", e, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f fields) multipart(mr *multipart.Reader, files map[string]upload, maxFile int64) error {
	text := int64(maxBody)
	for n := 0; ; n++ {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errBody, err)
		}
		if n >= maxFields {
			return errFields
		}
		if p.FileName() != "" {
			data, err := readAll(p, maxFile)
			if err != nil {
				return err
			}
			if maxFile -= int64(len(data)); len(files) >= maxMedia {
				return errFields
			}
			files[p.FormName()] = upload{name: p.FileName(), data: data}
			continue
		}
		raw, err := readAll(p, text)
		if err != nil {
			return err
		}
		text -= int64(len(raw))
		if err := f.add(p.FormName(), string(raw)); err != nil {
			return err
		}
	}
}

// readAll reads at most limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if _, long := errors.AsType[*http.MaxBytesError](err); err != nil && !long {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	if err != nil || int64(len(b)) > limit {
		return nil, errSize
	}
	return b, nil
}
