package square

import (
	"context"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"answerable/internal/desktest/require"
)

// TestPageInABrowser joins and writes with JavaScript, and sees answers, edits and deletions come in without a reload.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	bin, err := exec.LookPath("chromium")
	require.Have(t, "chromium", err == nil, "no chromium in PATH")
	s, base := serve(t, Options{Brand: "acme"})
	brand := join(t, s, base, "acme", "Acme")

	alloc, stop := chromedp.NewExecAllocator(
		t.Context(), chromedp.ExecPath(bin), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	defer stop()
	var mu sync.Mutex
	var complaints []string
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithListener(func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, ev.ExceptionDetails.Text)
		case *cdplog.EventEntryAdded: // what the policy blocks is said here
			complaints = append(complaints, ev.Entry.Text+" "+ev.Entry.URL)
		}
	}))
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	run := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	read := func(sel string) string {
		t.Helper()
		v, err := chromedp.Run(ctx, chromedp.Text(sel))
		if err != nil {
			t.Fatalf("%s: %v", sel, err)
		}
		return v
	}
	run("join", chromedp.Navigate(base+"/"), chromedp.SendKeys("#name", "Ana\r"), chromedp.WaitVisible("#text"))
	run("write", chromedp.SendKeys("#text", "are you <b>open</b>?"), chromedp.Click(".write button.main"), chromedp.WaitVisible(".post"))
	if text, left := read(".post .words"), read(".write .left"); text != "@acme are you <b>open</b>?" || left != "494" {
		t.Errorf("shown %q, %s left", text, left)
	}
	id := s.Statuses()[0].ID
	run("listen", chromedp.WaitReady(`body[data-state="live"]`))
	answer := brand.must("POST", "/api/v1/statuses", map[string]any{"status": "@ana yes, till 17:00", "in_reply_to_id": id}).text("id")
	run("an answer", chromedp.WaitVisible("#p-"+answer))
	if text := read("#p-" + answer + " .words"); text != "@ana yes, till 17:00" {
		t.Errorf("shown %q", text)
	}
	brand.must("PUT", "/api/v1/statuses/"+answer, map[string]any{"status": "@ana yes, till 18:00"})
	run("an edit", chromedp.Poll[chromedp.Void](`document.querySelector("#posts").innerText.includes("till 18:00")`))
	brand.must("DELETE", "/api/v1/statuses/"+answer, nil)
	run("a deletion", chromedp.WaitNotPresent("#p-"+answer))

	s.SetFaults(Faults{Silent: true}) // what is said now is lost to the page, until it comes back and looks
	missed := brand.post("@ana missed?").text("id")
	s.SetFaults(Faults{})
	s.DropStreams()
	run("what was missed", chromedp.WaitVisible("#p-"+missed))

	run("reply", chromedp.Navigate(base+"/@ana/"+id), chromedp.SendKeys("#text", "hello?"), chromedp.Click(".write button.main"), chromedp.WaitVisible(".post.focus + .post, .post + .post.focus"))
	if got := s.Thread(id); len(got) != 2 || got[1].InReplyTo != id {
		t.Errorf("thread %+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range complaints {
		if strings.Contains(c, "/live") || strings.Contains(c, "net::ERR") { // the stream that was cut on purpose
			continue
		}
		t.Errorf("the browser complains: %s", c)
	}
}
