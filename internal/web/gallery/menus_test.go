package gallery

import (
	"testing"

	"answerable/internal/web/browsertest"
)

// Menus open inside the window, at any width, and axe finds nothing in them.
func TestBrowserMenus(t *testing.T) {
	t.Parallel()
	srv, _ := show(t)
	tab := browsertest.Start(t).Tab(t)
	for _, size := range []struct {
		name          string
		width, height int
	}{{"1440", 1440, 900}, {"390", 390, 844}} {
		for page, menus := range map[string][]string{
			"desk":        {"#end-q1", "#end-q2", "#end-q3", "#add-question"},
			"desk-choose": {"#menu-me", "#menu-brand"},
		} {
			for _, menu := range menus {
				tab.Look(size.width, size.height, false)
				tab.Go(srv.URL + "/gallery/en/system/" + page)
				tab.Eval(`{ const m = document.querySelector("` + menu + `"); m.scrollIntoView({block: "center"}); m.open = true }`)
				tab.Shot("menu-" + menu[1:] + "-" + size.name)
				out := browsertest.Eval[string](tab, `(() => {
					const r = document.querySelector("`+menu+` > .sheet").getBoundingClientRect()
					return r.width > 100 && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight ? "" : JSON.stringify(r)
				})()`)
				if out != "" {
					t.Errorf("%s at %s opens outside the window: %s", menu, size.name, out)
				}
				near := browsertest.Eval[float64](tab, `(() => {
					const m = document.querySelector("`+menu+`"), r = m.querySelector(".sheet").getBoundingClientRect(), s = m.querySelector("summary").getBoundingClientRect()
					return Math.max(0, s.top - r.bottom, r.top - s.bottom, s.left - r.right, r.left - s.right)
				})()`)
				if size.width > 768 && near > 20 {
					t.Errorf("%s at %s opens %v px away from where it was pressed", menu, size.name, near)
				}
				for _, f := range tab.Axe() {
					t.Errorf("%s at %s: axe: %s", menu, size.name, f)
				}
			}
		}
		tab.Go(srv.URL + "/gallery/en/system/desk")
		tab.Type("?")
		tab.Until("the list of keys", `document.querySelector("#keys").open`)
		tab.Shot("keys-" + size.name)
		for _, f := range tab.Axe() {
			t.Errorf("the list of keys at %s: axe: %s", size.name, f)
		}
	}
	tab.Clean("menus")
}
