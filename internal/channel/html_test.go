package channel_test

import (
	"strings"
	"testing"

	"answerable/internal/channel"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"paragraphs": {"<p>One</p><p>Two<br />three</p>", "One\n\nTwo\nthree"},
		"entities":   {"<p>a &amp; b &lt;script&gt;</p>", "a & b <script>"},
		"mention": {
			`<p><span class="h-card" translate="no"><a href="https://x.example/@acme" class="u-url mention">@<span>acme</span></a></span> hello!</p>`,
			"@acme hello!",
		},
		"hashtag": {`<a href="https://x.example/tags/fail" class="mention hashtag" rel="tag">#<span>fail</span></a>`, "#fail"},
		"link shortened for the eye": {
			`see <a href="https://example.com/a/long/path?x=1" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">example.com/a/long</span><span class="invisible">/path?x=1</span></a>`,
			"see https://example.com/a/long/path?x=1",
		},
		"link cut with dots":        {`<a href="https://example.com/a/long/path">example.com/a/lo…</a>`, "https://example.com/a/long/path"},
		"label that says else":      {`<a href="https://evil.example/x">paypal.com</a>`, "paypal.com (https://evil.example/x)"},
		"label that only begins":    {`<a href="https://paypal.com.evil.example/">paypal.com…</a>`, "paypal.com… (https://paypal.com.evil.example/)"},
		"script":                    {`a<script>alert("x")</script><style>p{}</style>b`, "ab"},
		"javascript link":           {`<a href="javascript:alert(1)">here</a>`, "here"},
		"image":                     {`a<img src=x onerror=alert(1)>b`, "ab"},
		"list":                      {"<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		"line breaks in the source": {"<p>a\nb</p>", "a b"},
		"pre":                       {"<pre>a\n  b</pre>", "a\n  b"},
		"never closed":              {`<p>a <a href="https://b.example">b`, "a b (https://b.example)"},
		"not html":                  {"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
		"table":                     {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		"bidi":                      {"<p>a\u202Eb</p>", "ab"},
		"comment":                   {"a<!-- secret -->b", "ab"},
	} {
		if got := channel.HTML(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>a<br>b</p>", `<a href="https://x">y</a>`, "<scr<script>ipt>", "<a <a href=x>", "&#0;&#x202e;", "<pre><p></pre>\n\n", strings.Repeat("<p>", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := channel.HTML(s)
		if channel.Clean(got) != got {
			t.Errorf("HTML(%q) = %q is not clean", s, got)
		}
	})
}
