// Package trouble draws the pages nobody wants to see. Each says three things: what happened, what was kept, what to do.
package trouble

import "answerable/internal/web/look"

// Page is one of them.
type Page struct {
	look.Frame
	Status        int
	What, Why     string
	Kept          string
	Do            string // label of the one thing to do
	DoURL         string
	Number        string // under which our log has it; empty when there is nothing to look up
	Sign          look.Icon
	Calm          bool // nothing is broken: drawn without red
	BackURL, Back string
}

func sign(calm bool) string {
	if calm {
		return "l"
	}
	return "l broken"
}
