// Package browsertest drives a real Chromium over its own protocol, for tests of pages: what it looks like, what it asked the network
// for, what the content policy refused, and what axe-core finds.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"answerable/internal/desktest/require"
)

// ShotsEnv names a folder in which pictures are kept; without it they are taken and thrown away.
const ShotsEnv = "ANSWERABLE_SHOTS"

//go:embed axe.min.js
var axe string

// Browser is one Chromium with a fresh profile, ended with the test.
type Browser struct {
	ctx context.Context
}

// Start starts Chromium, or skips the test when there is none.
func Start(t testing.TB) *Browser {
	t.Helper()
	bin := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			bin = p
			break
		}
	}
	require.Have(t, "chromium", bin != "", "no chromium in PATH")
	alloc, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(bin), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.WSURLReadTimeout(time.Minute),
	)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		t.Fatalf("start chromium: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		stop()
	})
	return &Browser{ctx: ctx}
}

// Tab is one open page. It remembers everything that should not have happened.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	trouble []string // policy refusals, exceptions, requests that leave the host
	allowed string   // host that may be asked
}

// Tab opens a page in a profile of its own: nothing is shared with other tabs.
func (b *Browser) Tab(t testing.TB) *Tab {
	t.Helper()
	tab := &Tab{t: t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.heard))
	t.Cleanup(cancel)
	tab.ctx = ctx
	tab.must(chromedp.Call(ctx, network.Enable, network.EnableParams{}))
	tab.must(chromedp.Call(ctx, log.Enable, cdp.Empty{}))
	return tab
}

func (tab *Tab) must(_ cdp.Empty, err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatalf("browser: %v", err)
	}
}

// Sibling opens another page in the same profile, as a second window would be.
func (tab *Tab) Sibling() *Tab {
	tab.t.Helper()
	other := &Tab{t: tab.t, allowed: tab.allowed}
	ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithListener(other.heard))
	tab.t.Cleanup(cancel)
	other.ctx = ctx
	other.must(chromedp.Call(ctx, network.Enable, network.EnableParams{}))
	other.must(chromedp.Call(ctx, log.Enable, cdp.Empty{}))
	return other
}

// heard keeps what should not have happened.
func (tab *Tab) heard(ev any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err == nil && u.Scheme != "data" && u.Scheme != "about" && tab.allowed != "" && u.Host != tab.allowed {
			tab.trouble = append(tab.trouble, "asked another house: "+e.Request.URL)
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			tab.trouble = append(tab.trouble, "refused by the policy: "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		tab.trouble = append(tab.trouble, "exception: "+text)
	}
}

// Clean fails the test when something happened that should not have: a request to another host, a refusal by the content policy, an
// exception in a script.
func (tab *Tab) Clean(what string) {
	tab.t.Helper()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, s := range tab.trouble {
		tab.t.Errorf("%s: %s", what, s)
	}
	tab.trouble = nil
}

// Look sets the size of the window and what the system wants, light or dark.
func (tab *Tab) Look(width, height int, dark bool) {
	tab.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	var opts []chromedp.EmulateViewportOption
	if width < 500 {
		opts = append(opts, chromedp.EmulateScale(2))
	}
	if err := chromedp.Do(tab.ctx, chromedp.EmulateViewport(int64(width), int64(height), opts...)); err != nil {
		tab.t.Fatalf("size: %v", err)
	}
	tab.must(chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

// Zone sets the time zone the browser believes to be in.
func (tab *Tab) Zone(name string) {
	tab.t.Helper()
	tab.must(chromedp.Call(tab.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name}))
}

// Go opens an address and waits until it and its fonts are there.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tab.t.Fatal(err)
	}
	tab.mu.Lock()
	tab.allowed = u.Host
	tab.mu.Unlock()
	if err := chromedp.Do(tab.ctx, chromedp.Navigate(address)); err != nil {
		tab.t.Fatalf("open %s: %v", address, err)
	}
	Eval[bool](tab, "document.fonts.ready.then(() => true)")
}

// Eval runs a script in the page and returns what it is worth.
func Eval[T any](tab *Tab, script string) T {
	tab.t.Helper()
	v, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("script %.80q: %v", script, err)
	}
	return v
}

// Until waits until a script is true, and fails the test when it is not in time.
func (tab *Tab) Until(what, script string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 20*time.Second)
	defer cancel()
	look := fmt.Sprintf("(() => { try { return !!(%s) } catch { return false } })()", script)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// An error means that the page is being left for another; the next look finds that one.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](look)); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			tab.Shot("failed")
			tab.t.Fatalf("waited in vain for %s: %s", what, script)
		case <-tick.C:
		}
	}
}

// Type presses keys, one letter after the other, where the focus is. A page that prevents the default of a key gets no letter.
func (tab *Tab) Type(text string) {
	tab.t.Helper()
	for _, r := range text {
		tab.key(string(r), 0)
	}
}

// Chord presses a key with Control held.
func (tab *Tab) Chord(key string) {
	tab.t.Helper()
	tab.key(key, control)
}

const control = 2 // of the protocol's bit field

func (tab *Tab) key(text string, with int64) {
	tab.t.Helper()
	p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: text, Text: text, Modifiers: with}
	if text == "\r" {
		p.Key, p.Code, p.WindowsVirtualKeyCode = "Enter", "Enter", 13
	}
	tab.must(chromedp.Call(tab.ctx, input.DispatchKeyEvent, p))
	p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
	tab.must(chromedp.Call(tab.ctx, input.DispatchKeyEvent, p))
}

// Click clicks what a selector finds.
func (tab *Tab) Click(sel string) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.Click(chromedp.CSS(sel))); err != nil {
		tab.t.Fatalf("click %s: %v", sel, err)
	}
}

// Point moves the pointer to a place of the window.
func (tab *Tab) Point(x, y float64) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y)); err != nil {
		tab.t.Fatalf("point: %v", err)
	}
}

// Shot takes a picture. It is kept in the folder that ShotsEnv names.
func (tab *Tab) Shot(name string) []byte {
	tab.t.Helper()
	png, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatalf("picture %s: %v", name, err)
	}
	if dir := os.Getenv(ShotsEnv); dir != "" {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			tab.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
			tab.t.Fatal(err)
		}
	}
	return png
}

// Axe runs axe-core over the page, WCAG 2.0 to 2.2 A and AA and best practice, and returns what it finds.
func (tab *Tab) Axe() []string {
	tab.t.Helper()
	if !Eval[bool](tab, "!!window.axe") {
		if err := chromedp.Do(tab.ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
			tab.t.Fatalf("load axe: %v", err)
		}
	}
	raw := Eval[string](tab, `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
		.then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.help + " | " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join(" ; "))))`)
	var found []string
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		tab.t.Fatal(err)
	}
	return found
}

// Eval runs a script for what it does.
func (tab *Tab) Eval(script string) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise)); err != nil {
		tab.t.Fatalf("script %.80q: %v", script, err)
	}
}
