package words

import (
	"reflect"
	"testing"
	"time"
)

// Every field of every language is filled: an empty one would be a hole in a page.
func TestEveryLanguageIsComplete(t *testing.T) {
	t.Parallel()
	for _, w := range Supported() {
		var walk func(path string, v reflect.Value)
		walk = func(path string, v reflect.Value) {
			switch v.Kind() {
			case reflect.Struct:
				for i := range v.NumField() {
					walk(path+"."+v.Type().Field(i).Name, v.Field(i))
				}
			case reflect.Array:
				for i := range v.Len() {
					walk(path, v.Index(i))
				}
			case reflect.Func, reflect.Map:
				if v.IsNil() {
					t.Errorf("%s is missing", path)
				}
			case reflect.String:
				if v.Len() == 0 {
					t.Errorf("%s is empty", path)
				}
			default:
				t.Errorf("%s: %s is no kind of words", path, v.Kind())
			}
		}
		walk(w.Tag, reflect.ValueOf(*w))
	}
	for i, name := range []string{"Outcomes", "Statuses", "Severities", "Roles", "Channels"} {
		a := reflect.ValueOf(english.Name).Field(i)
		b := reflect.ValueOf(german.Name).Field(i)
		if a.Len() != b.Len() {
			t.Errorf("%s: %d in English, %d in German", name, a.Len(), b.Len())
		}
		for _, k := range a.MapKeys() {
			if !b.MapIndex(k).IsValid() {
				t.Errorf("%s: %v has no German", name, k)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ chosen, accept, want string }{
		{"", "", "en"},
		{"", "de-AT,de;q=0.9,en;q=0.5", "de"},
		{"", "fr-FR,fr;q=0.9", "en"},
		{"de", "en", "de"},
		{"", "not a language;;;q=x", "en"},
	} {
		if got := Choose(c.chosen, c.accept).Tag; got != c.want {
			t.Errorf("Choose(%q, %q) = %s, want %s", c.chosen, c.accept, got, c.want)
		}
	}
}

func TestSpanAndDay(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		30 * time.Second: "a moment", 12 * time.Minute: "12 min", 70 * time.Minute: "1 h 10 min", 120 * time.Minute: "2 h", 5*time.Hour + 3*time.Minute: "5 h",
		30 * time.Hour: "30 h", 80 * time.Hour: "3 days", -time.Hour: "a moment",
	} {
		if got := english.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
	now := time.Date(2026, 11, 23, 10, 26, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{
		now: "Heute", now.AddDate(0, 0, -1): "Gestern", now.AddDate(0, 0, -6): "17. November", now.AddDate(-1, 0, 0): "23. November 2025",
	} {
		if got := german.Day(at, now); got != want {
			t.Errorf("Day(%v) = %q, want %q", at, got, want)
		}
	}
	if got, want := english.Moment(now.AddDate(0, 0, -6), now), "17 November, 10:26"; got != want {
		t.Errorf("Moment = %q, want %q", got, want)
	}
}
