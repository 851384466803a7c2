package square

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"answerable/internal/desktest/require"
)

// clientEnv is an environment in which a client finds nothing of this machine's: no settings, no netrc, no proxy.
func clientEnv(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return []string{
		"PATH=/usr/bin:/bin", "HOME=" + home, "XDG_CONFIG_HOME=" + home, "NETRC=/dev/null", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
	}
}

func pngFile(t *testing.T) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "bin.png")
	if err := os.WriteFile(p, pngBytes(t, 12, 8), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func pngBytes(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		img.Set(x, x%h, color.RGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestToot drives Debian's toot as a person would.
func TestToot(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("/usr/bin/toot")
	require.Have(t, "toot", err == nil, "no /usr/bin/toot")
	s, base := serve(t, Options{})
	host := strings.TrimPrefix(base, "http://")
	brand := join(t, s, base, "acme", "Acme")
	signUp(t, base, "lena", "pass-of-lena")
	env := clientEnv(t)
	toot := func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "/usr/bin/toot", args...)
		cmd.Env = env
		cmd.Stdin = strings.NewReader("pass-of-lena\n")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("toot %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	has := func(out string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Fatalf("want %q in:\n%s", w, out)
			}
		}
	}
	idOf := func(out string) string {
		t.Helper()
		m := regexp.MustCompile(`/@\w+/(\d+)`).FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("no id in:\n%s", out)
		}
		return m[1]
	}

	toot("login_cli", "-i", host, "--disable-https", "-e", "lena@example.org")
	has(toot("whoami"), "lena", "ID")
	has(toot("instance", "--disable-https", host), "The square", "4.2.0")

	id := idOf(toot("post", "@acme my #bins are full & over"))
	has(toot("thread", id), "my #bins are full", "lena")
	mine := brand.must(http.MethodGet, "/api/v1/notifications", nil).list()
	if got := mine[0].at("status").text("id"); got != id || mine[0].text("type") != "mention" {
		t.Fatalf("the brand was not told: %v", mine)
	}
	reply := brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "@lena@" + host + " we come tomorrow", "in_reply_to_id": id}).text("id")
	has(toot("thread", id), "we come tomorrow")
	has(toot("notifications"), "mentioned you", "we come tomorrow")
	has(toot("timeline", "--once"), "we come tomorrow", "bins are full")
	has(toot("timeline", "--once", "--public", "-c", "1"), "we come tomorrow")
	has(toot("timeline", "--once", "--tag", "bins"), "bins are full")

	thanks := idOf(toot("post", "-r", reply, "@acme thank you"))
	got := brand.must(http.MethodGet, "/api/v1/statuses/"+thanks, nil)
	if got.text("in_reply_to_id") != reply {
		t.Errorf("reply hangs under %s, want %s", got.text("in_reply_to_id"), reply)
	}
	direct := idOf(toot("post", "-v", "direct", "@acme my number is 12345"))
	if v := brand.must(http.MethodGet, "/api/v1/statuses/"+direct, nil).text("visibility"); v != "direct" {
		t.Errorf("visibility %s", v)
	}
	if code := (client{t: t, base: base}).do(http.MethodGet, "/api/v1/statuses/"+direct, nil).code; code != http.StatusNotFound {
		t.Errorf("a stranger gets %d for a direct post", code)
	}

	picture := pngFile(t)
	has(toot("upload", picture), "/media/")
	shown := idOf(toot("post", "look at this", "-m", picture, "-d", "a full bin"))
	if m := brand.must(http.MethodGet, "/api/v1/statuses/"+shown, nil).at("media_attachments").list(); len(m) != 1 || m[0].text("description") != "a full bin" {
		t.Errorf("attachments %v", m)
	}

	toot("favourite", reply)
	toot("reblog", reply)
	has(toot("reblogged_by", reply), "@lena")
	toot("bookmark", reply)
	has(toot("bookmarks", "--once"), "we come tomorrow")
	toot("unreblog", reply)
	toot("unfavourite", reply)
	has(toot("search", "acme"), "@acme")
	has(toot("whois", "acme"), "@acme", "Statuses")
	toot("follow", "acme")
	has(toot("following", "lena"), "@acme")
	has(toot("followers", "acme"), "@lena")
	if n := brand.must(http.MethodGet, "/api/v1/notifications?types[]=follow", nil).list(); len(n) != 1 {
		t.Errorf("follow notifications: %v", n)
	}
	toot("unfollow", "acme")
	toot("delete", thanks)
	if code := brand.do(http.MethodGet, "/api/v1/statuses/"+thanks, nil).code; code != http.StatusNotFound {
		t.Errorf("deleted post answers %d", code)
	}
	toot("notifications", "--clear")

	for range 12 {
		brand.must(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "news of the day"})
	}
	out := toot("timeline", "--public", "--count", "5", "--once")
	if n := strings.Count(out, "news of the day"); n != 5 {
		t.Errorf("%d posts of 5", n)
	}
}

// TestPythonMastodon runs a script of Debian's python3-mastodon; it checks what it gets itself.
func TestPythonMastodon(t *testing.T) {
	t.Parallel()
	probe := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import mastodon")
	probe.Env = clientEnv(t)
	out, err := probe.CombinedOutput()
	require.Have(t, "python3-mastodon", err == nil, string(out))
	_, base := serve(t, Options{Heartbeat: 100 * time.Millisecond})
	signUp(t, base, "lena", "pass-of-lena")
	signUp(t, base, "mallory", "pass-of-mallory")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "testdata/mpy.py", base, "lena", "pass-of-lena", "acme", pngFile(t), "mallory", "pass-of-mallory")
	cmd.Env = clientEnv(t)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "all good") {
		t.Fatalf("%v\n%s", err, out)
	}
}
