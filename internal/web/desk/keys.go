package desk

// key is one entry of the list of keys. Single letters can be changed or switched off (WCAG 2.1.4); live.js keeps what was chosen.
type key struct {
	Name, Key, Label string
	Fixed            bool // Enter, Escape and what needs a modifier
}

func (p Page) keyList() []key {
	k := p.W.Keys
	return []key{
		{Name: "next", Key: "j", Label: k.Next},
		{Name: "prev", Key: "k", Label: k.Prev},
		{Name: "open", Key: "⏎", Label: k.Open, Fixed: true},
		{Name: "reply", Key: "r", Label: k.Reply},
		{Name: "note", Key: "n", Label: k.Note},
		{Name: "own", Key: "a", Label: k.Own},
		{Name: "end", Key: "e", Label: k.End},
		{Name: "undo", Key: "u", Label: k.Undo},
		{Name: "search", Key: "/", Label: k.Search},
		{Name: "keys", Key: "?", Label: k.List},
		{Name: "desk", Key: "g d", Label: k.Desk, Fixed: true},
		{Name: "unowned", Key: "g u", Label: k.Unowned, Fixed: true},
		{Name: "send", Key: "⌘⏎", Label: k.Send, Fixed: true},
		{Name: "leave", Key: "Esc", Label: k.Leave, Fixed: true},
	}
}
