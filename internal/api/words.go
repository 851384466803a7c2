package api

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"answerable/internal/fault"
)

// plain refuses an input that holds what is no text: a NUL, which PostgreSQL does not store, or bytes that are not UTF-8. Everything a
// handler is given has passed here, so no station meets them on one database and not on the other.
func plain(in any) error {
	if where, bad := unfit(reflect.ValueOf(in).Elem(), ""); bad {
		return fault.New(fault.Invalid, "%s holds a character that is no text", where)
	}
	return nil
}

// called is what the caller calls a field.
func called(f reflect.StructField) string {
	for _, t := range []string{"json", "path", "query"} {
		if name, _, _ := strings.Cut(f.Tag.Get(t), ","); name != "" {
			return name
		}
	}
	return f.Name
}

func unfit(v reflect.Value, where string) (string, bool) {
	switch v.Kind() {
	case reflect.String:
		return where, strings.IndexByte(v.String(), 0) >= 0 || !utf8.ValidString(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return unfit(v.Elem(), where)
		}
	case reflect.Struct:
		for f, x := range v.Fields() {
			if at, bad := unfit(x, called(f)); bad {
				return at, true
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "", false // settings of an account: JSON as it came, read by its adapter
		}
		for i := range v.Len() {
			if at, bad := unfit(v.Index(i), where); bad {
				return at, true
			}
		}
	case reflect.Map:
		for k, x := range v.Seq2() {
			if at, bad := unfit(k, where); bad {
				return at, true
			}
			if at, bad := unfit(x, where); bad {
				return at, true
			}
		}
	default: // numbers and booleans
	}
	return "", false
}
