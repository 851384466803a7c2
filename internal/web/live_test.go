package web_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"answerable/internal/db/dbtest"
	"answerable/internal/desk/conversation"
	"answerable/internal/web/browsertest"
)

// PicturesEnv asks for the pictures of the README: it names the folder they are put in.
const PicturesEnv = "ANSWERABLE_PICTURES"

// signInLive signs Mara in with a real browser.
func (h house) signInLive(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Look(1440, 900, false)
	tab.Go(h.URL + "/sign-in")
	tab.Click("#email")
	tab.Type("mara@tarn.example")
	tab.Click("#password")
	tab.Type(password + "\r")
	tab.Until("the desk", `document.querySelector("#rows, #nothing") && document.documentElement.dataset.stream === "open"`)
}

// What a day at the desk feels like: news come in by themselves, nothing moves under the pointer, and the hands stay on the keys.
func TestBrowserLiveDesk(t *testing.T) {
	t.Parallel()
	h := openAt(t, dbtest.SQLite(t), false, 3*time.Second)
	tab := browsertest.Start(t).Tab(t)
	h.signInLive(t, tab)

	// An empty list takes the first row at once.
	first := h.asks("hanne", "Third parcel with a booklet. Why do you still print these?")
	tab.Until("the first row", `document.querySelectorAll("#rows .row").length === 1`)

	// Further ones announce themselves and move nothing, not even while the pointer rests on a row.
	tab.Point(200, 170)
	place := browsertest.Eval[float64](tab, `document.querySelector("#rows .row").getBoundingClientRect().top`)
	h.asks("tomasz", "Will you replace the pole that broke?")
	h.asks("aoife", "Who is your chief executive?")
	tab.Until("the bar", `document.querySelector("#newbar .says")?.textContent.startsWith("2 new since")`)
	if n := browsertest.Eval[int](tab, `document.querySelectorAll("#rows .row").length`); n != 1 {
		t.Errorf("%d rows before Show was pressed, want 1", n)
	}
	bar := browsertest.Eval[float64](tab, `document.querySelector("#newbar").getBoundingClientRect().height`)
	if got := browsertest.Eval[float64](tab, `document.querySelector("#rows .row").getBoundingClientRect().top`); got != place {
		t.Errorf("the row moved from %v to %v under the pointer (the bar is %v high)", place, got, bar)
	}
	if got := browsertest.Eval[string](tab, `document.querySelector('#views [data-view="mine"] .count').textContent`); got != "3" {
		t.Errorf("Mine counts %s, want 3", got)
	}
	tab.Shot("live-new")
	tab.Click("#newbar")
	tab.Until("three rows", `document.querySelectorAll("#rows .row").length === 3 && document.querySelector("#newbar").hidden`)

	// j and k move, enter opens.
	tab.Eval("document.activeElement.blur()")
	tab.Type("jjk")
	at := browsertest.Eval[int](tab, `[...document.querySelectorAll("#rows .row")].indexOf(document.activeElement)`)
	if at != 0 {
		t.Errorf("after j j k the focus is on row %d, want 0", at)
	}
	tab.Type("\r")
	tab.Until("the conversation", `document.querySelector("#main.talk")?.dataset.conversation === "`+string(first)+`" && location.pathname.endsWith("`+string(first)+`")`)
	if got := browsertest.Eval[string](tab, `document.querySelector(".row[aria-current]").closest("li").dataset.row`); got != string(first) {
		t.Errorf("row %s is current, want %s", got, first)
	}

	// A draft is kept as it is typed, and survives a reload.
	tab.Type("r")
	tab.Until("the composer", `document.activeElement?.matches("#composer textarea")`)
	tab.Type("Because the printer is paid jke")
	tab.Until("the draft is kept", `document.querySelector("#draft-state").textContent.trim() === "draft kept"`)
	tab.Go(h.URL + "/desk/c/" + string(first))
	if got := browsertest.Eval[string](tab, `document.querySelector("#composer textarea").value`); got != "Because the printer is paid jke" {
		t.Errorf("after a reload the draft is %q; keys must not act while one types", got)
	}
	tab.Until("the stream", `document.documentElement.dataset.stream === "open"`)

	// A customer's word comes in while a draft is open: the timeline grows, the draft stays, and sending asks once.
	tab.Type("r")
	tab.Eval(`window.before = document.querySelector("#composer textarea")`)
	h.Hears(h.Says("hanne", "m1", "Hello?"))
	tab.Until("the message", `[...document.querySelectorAll(".words")].some((p) => p.textContent.trim() === "Hello?")`)
	if !browsertest.Eval[bool](tab, `window.before === document.querySelector("#composer textarea") && document.activeElement === window.before && window.before.value.endsWith("jke")`) {
		t.Error("the draft did not survive the news")
	}
	tab.Until("it says so", `document.querySelector("#notice").textContent.includes("Something came in") && document.querySelector('[name="anyway"]')`)
	tab.Shot("live-stale")

	// ctrl+enter sends; undo brings the words back; sent again it goes out.
	tab.Chord("\r")
	tab.Until("the undo bar", `document.querySelector("#undo") && document.querySelector("#composer textarea").value === ""`)
	tab.Shot("live-undo")
	tab.Type("u")
	tab.Until("the words are back", `document.querySelector("#composer textarea").value.endsWith("jke") && !document.querySelector(".us")`)
	tab.Type("r")
	tab.Until("the composer", `document.activeElement?.matches("#composer textarea")`)
	tab.Chord("\r")
	tab.Until("it stands", `document.querySelector(".us") && document.querySelector("#composer textarea").value === ""`)
	tab.Until("it is released", `!document.querySelector("#undo") && document.querySelector(".us .sent")?.textContent.includes("waiting to go out")`)

	// e opens the strip, e again accepts what it suggests; nothing left on one letter.
	tab.Type("e")
	tab.Until("the strip", `document.querySelector("#strip")`)
	tab.Shot("live-strip")
	if got := h.Conversation(first).Status; got == conversation.Resolved {
		t.Error("one e ended the conversation")
	}
	tab.Type("e")
	tab.Until("it has ended", `document.querySelector(".state").textContent.includes("Ended: answered") && !document.querySelector("#strip")`)
	if got := h.Conversation(first); got.Status != conversation.Resolved || got.Outcome != conversation.Answered {
		t.Errorf("it is %s, %q", got.Status, got.Outcome)
	}
	tab.Until("its row says that it left", `!document.querySelector('[data-row="`+string(first)+`"]') || document.querySelector('[data-row="`+string(first)+`"].gone')`)

	// Single keys can be switched off.
	tab.Eval(`localStorage.setItem("keys-off", "1")`)
	tab.Type("e")
	tab.Type("r")
	if browsertest.Eval[bool](tab, `document.activeElement.matches("textarea")`) {
		t.Error("a key worked although keys are switched off")
	}
	tab.Clean("a day at the desk")
}

// A second window in the same browser hears the news too, though only one of them holds the stream; and a page that was cut off reads
// the list again when the line is back.
func TestBrowserTwoWindowsAndAReconnect(t *testing.T) {
	t.Parallel()
	h := open(t, false)
	tab := browsertest.Start(t).Tab(t)
	h.signInLive(t, tab)
	other := tab.Sibling()
	other.Look(1440, 900, false)
	other.Go(h.URL + "/desk?view=all")
	h.asks("hanne", "Why?")
	tab.Until("the row in the first window", `document.querySelectorAll("#rows .row").length === 1`)
	other.Until("the row in the second window", `document.querySelectorAll("#rows .row").length === 1`)

	h.pull(true)
	tab.Until("it says so", `!document.querySelector("#offline").hidden`)
	tab.Shot("live-offline")
	h.asks("tomasz", "And why?")
	h.pull(false)
	tab.Until("what was missed", `document.querySelector("#offline").hidden && document.querySelector("#newbar .says").textContent.startsWith("1 new")`)
}

// The pictures of the README: a house with made-up people, taken when asked for.
func TestBrowserPictures(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(PicturesEnv)
	if dir == "" {
		t.Skip("set " + PicturesEnv + " to a folder to take the pictures of the README")
	}
	clock := &watchman{}
	clock.set(time.Date(2026, 11, 23, 9, 26, 0, 0, time.UTC)) // 10:26 in Berlin
	h := openBy(t, dbtest.SQLite(t), false, time.Minute, clock.Now)
	tab := browsertest.Start(t).Tab(t)
	tab.Zone("Europe/Berlin")
	id := story(h, clock)
	h.signInLive(t, tab)
	for name, dark := range map[string]bool{"desk-light": false, "desk-dark": true} {
		tab.Look(1440, 900, dark)
		tab.Go(h.URL + "/desk/c/" + url.PathEscape(string(id)))
		tab.Until("the stream", `document.documentElement.dataset.stream === "open"`)
		if err := os.WriteFile(filepath.Join(dir, name+".png"), tab.Shot(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
