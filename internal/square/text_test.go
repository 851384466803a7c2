package square

import (
	"bytes"
	"html"
	"mime/multipart"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func known(s span) (string, bool) {
	return strings.ToLower(s.name), strings.EqualFold(s.name, "acme") && (s.host == "" || strings.HasPrefix(s.host, "127.0.0.1"))
}

func TestContent(t *testing.T) {
	t.Parallel()
	at := func(shown string) string {
		return `<span class="h-card" translate="no"><a href="B/@acme" class="u-url mention">@<span>` + shown + `</span></a></span>`
	}
	url := func(href, shown string) string {
		return `<a href="` + href + `" target="_blank" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span><span class="">` + shown + `</span><span class="invisible"></span></a>`
	}
	for in, want := range map[string]string{
		"":                          "",
		"a\nb\n\nc\n\n\n\nd":        "<p>a<br />b</p><p>c</p><p>d</p>",
		"a\rb\r\nc":                 "<p>a<br />b<br />c</p>",
		"<b>&\"'":                   "<p>&lt;b&gt;&amp;&#34;&#39;</p>",
		"@acme hi":                  "<p>" + at("acme") + " hi</p>",
		"@ACME@127.0.0.1:8080hi":    "<p>" + at("acme") + "hi</p>",
		"@bob & @acme@example.org.": "<p>@bob &amp; @acme@example.org.</p>",
		"see https://a.org/x).":     "<p>see " + url("https://a.org/x", "a.org/x") + ").</p>",
		"https://a.org/(x)":         "<p>" + url("https://a.org/(x)", "a.org/(x)") + "</p>",
		"https://a.org/?q=\"<i>":    "<p>" + url("https://a.org/?q=", "a.org/?q=") + "&#34;&lt;i&gt;</p>",
		"https:// http://.":         "<p>https:// http://.</p>",
		"#Bins and #1 a#b":          `<p><a href="B/tags/bins" class="mention hashtag" rel="tag">#<span>Bins</span></a> and #1 a#b</p>`,
		"https://a.org/\u202egnp":   "<p>" + url("https://a.org/", "a.org/") + "\u202egnp</p>",
	} {
		if got := content(in, "B", known); got != want {
			t.Errorf("%q:\n got %s\nwant %s", in, got, want)
		}
	}
	long := "https://www.example.org/" + strings.Repeat("x", 60)
	if got := content(long, "B", known); !strings.Contains(got, `<span class="invisible">https://www.</span><span class="ellipsis">example.org/xxxxxxxxxxxxxxxxxx</span>`) {
		t.Errorf("a long link: %s", got)
	}
}

var ourTags = regexp.MustCompile(`</?p>|<br />|</?span(?: class="(?:invisible|ellipsis|h-card|)")?(?: translate="no")?>|</a>|` +
	`<a href="(?:B/@acme|B/tags/[^"<>]*|(?i:https?)://[^"<>\s]*)"(?: target="_blank")?(?: class="(?:u-url mention|mention hashtag)")?(?: rel="[a-z ]+")?(?: translate="no")?>`)

// FuzzContent: whatever the words, the HTML holds only tags we wrote, and all the words.
func FuzzContent(f *testing.F) {
	for _, s := range []string{
		"@acme <script>", "https://a.org/\"><img src=x onerror=alert(1)>", "#x\"y", "@acme@127.0.0.1:1<b>", "a\r\rb", "\x00\xff", "http://[::1]/@acme#x", "@@acme ##x https://https://",
		"\u202e@acme\u2066", strings.Repeat("@acme", 50),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		in = clean(in)
		from := 0
		for _, s := range scan(in) {
			if s.start < from || s.end <= s.start || s.end > len(in) || !utf8.ValidString(in[s.start:s.end]) {
				t.Fatalf("span %+v after %d in %q", s, from, in)
			}
			from = s.end
		}
		out := content(in, "B", known)
		bare := ourTags.ReplaceAllString(out, "")
		if strings.ContainsAny(bare, "<>\"") {
			t.Fatalf("%q: tags we did not write in %s", in, out)
		}
		words := func(s string) string { return strings.NewReplacer("\n", "", "\r", "").Replace(s) }
		host := regexp.MustCompile(`(?i)@acme@127\.0\.0\.1[A-Za-z0-9.-]*(?::\d{1,5})?`)
		want, got := words(in), words(html.UnescapeString(bare))
		if !host.MatchString(in) && !strings.EqualFold(want, got) {
			t.Fatalf("words lost:\n in %q\nout %q", want, got)
		}
		if n := length(in); n < 0 {
			t.Fatalf("length %d", n)
		}
	})
}

func FuzzBody(f *testing.F) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("media_ids[]", "1")
	p, _ := w.CreateFormFile("file", "x")
	_, _ = p.Write([]byte("data"))
	_ = w.Close()
	f.Add(w.FormDataContentType(), b.Bytes())
	f.Add("application/json", []byte(`{"a":[1,{"b":null}],"c":true,"d":{"e":[[[[[[[[1]]]]]]]]}}`))
	f.Add("application/json; charset=utf-8", []byte(`{"status":"\u0000\ud800"}`))
	f.Add("application/x-www-form-urlencoded", []byte("a[]=1&a[]=2&b=%zz&;"))
	f.Add("", []byte("x"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		in, files, err := parseBody(kind, bytes.NewReader(body), 1<<10)
		if err != nil {
			return
		}
		if len(in) > maxFields || len(files) > maxMedia {
			t.Fatalf("%d fields, %d files", len(in), len(files))
		}
		for k, v := range in {
			if strings.HasSuffix(k, "[]") && !strings.HasSuffix(k, "[][]") && len(k) > 2 && strings.Count(k, "[]") == 1 {
				t.Fatalf("%q keeps its brackets", k)
			}
			if len(v) > maxFields {
				t.Fatalf("%d values", len(v))
			}
			in.get(k)
			in.truth(k)
			in.list(k)
		}
	})
}

func TestBody(t *testing.T) {
	t.Parallel()
	in, _, err := parseBody("application/json", strings.NewReader(`{"id":114000000000000001,"media_ids":["1",2],"b":true,"n":null,"poll":{"options":["x"]}}`), 10)
	if err != nil {
		t.Fatal(err)
	}
	if in.get("id") != "114000000000000001" || len(in.list("media_ids")) != 2 || !in.truth("b") || in.has("n") || !in.prefixed("poll[") {
		t.Errorf("%v", in)
	}
	if _, _, err := parseBody("multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n12345678901\r\n--x--\r\n"), 10); err == nil {
		t.Error("a file over the limit was read")
	}
	deep := strings.Repeat(`[`, 50) + strings.Repeat(`]`, 50)
	if _, _, err := parseBody("application/json", strings.NewReader(`{"a":`+deep+`}`), 10); err == nil {
		t.Error("deep nesting was read")
	}
	many := "{" + strings.Repeat(`"x":1,`, 3) + `"l":[` + strings.Repeat("1,", maxFields) + "1]}"
	if _, _, err := parseBody("application/json", strings.NewReader(many), 10); err == nil {
		t.Error("too many values were read")
	}
}
