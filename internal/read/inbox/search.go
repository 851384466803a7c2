package inbox

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/fault"
	"answerable/internal/text"
)

// Why says where a search found a conversation.
type Why struct {
	Where string // name, handle, message, note, tag, owner, …
	Words string // with what stands around them
}

// Search is a search that was read.
type Search struct {
	db.SearchQuery
	words   []string // plain words, as typed, for Why
	phrases []string // must stand in the text as they are
	after   int64
	before  int64
	ops     []Why // operators, as reasons
}

// Operators are what ParseSearch knows, for help texts and errors.
func Operators() []string {
	return []string{"owner:", "from:", "brand:", "channel:", "tag:", "has:file", "is:", "before:", "after:", `"phrase"`, "-word"}
}

// ParseSearch reads what somebody typed: words (all must be there; a trailing * is a prefix), "a phrase", -word, owner:me, owner:none,
// owner:NAME, from:HANDLE, brand:SLUG, channel:NAME, tag:NAME, has:file, is:open|waiting|resolved|archived|spam|public|private,
// before: and after: a day (2026-11-23). now and me give meaning to "today" and "me".
func ParseSearch(s string, me string, now time.Time) (q Search, err error) {
	if len(s) > 500 {
		return q, fault.New(fault.Invalid, "a search has at most 500 characters")
	}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		var word string
		quoted := false
		not := strings.HasPrefix(s, "-") && len(s) > 1
		if not {
			s = s[1:]
		}
		if rest, ok := strings.CutPrefix(s, `"`); ok {
			word, s, _ = strings.Cut(rest, `"`)
			quoted = true
		} else {
			word, s = cutWord(s)
		}
		if word == "" {
			continue
		}
		op, value, isOp := strings.Cut(word, ":")
		if !quoted && isOp && value == "" && strings.HasPrefix(strings.TrimSpace(s), `"`) { // from:"Hanne Brekke"
			s = strings.TrimSpace(s)[1:]
			value, s, _ = strings.Cut(s, `"`)
		}
		if !quoted && isOp {
			known, err := q.operator(strings.ToLower(op), value, not, me, now)
			if err != nil {
				return q, err
			}
			if known {
				continue
			}
		}
		terms := text.Terms(word)
		if len(terms) == 0 {
			continue
		}
		switch {
		case not && quoted:
			return q, fault.New(fault.Invalid, "a phrase cannot be left out; leave out one of its words")
		case not:
			q.None = append(q.None, terms...)
		case quoted:
			q.All = append(q.All, terms...)
			q.phrases = append(q.phrases, strings.ToLower(word))
			q.words = append(q.words, word)
		default:
			if strings.HasSuffix(word, "*") {
				terms[len(terms)-1] += "*"
			}
			q.All = append(q.All, terms...)
			q.words = append(q.words, strings.TrimSuffix(word, "*"))
		}
	}
	if q.after != 0 || q.before != 0 {
		q.Any = append(q.Any, days(q.after, q.before, now))
	}
	if q.Empty() && len(q.None) > 0 {
		return q, fault.New(fault.Invalid, "say also what to look for, not only what to leave out")
	}
	return q, nil
}

func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \t\n"); i >= 0 {
		// An operator's quoted value belongs to it.
		if j := strings.Index(s, `:"`); j >= 0 && j < i {
			return s[:j+1], s[j+1:]
		}
		return s[:i], s[i:]
	}
	if j := strings.Index(s, `:"`); j >= 0 {
		return s[:j+1], s[j+1:]
	}
	return s, ""
}

// term is an operator's term in the index: letters of text.Terms can never hold the "_".
func term(kind string, value string) string { return kind + "_" + strings.Join(text.Terms(value), "") }

func (q *Search) operator(op, value string, not bool, me string, now time.Time) (known bool, err error) {
	put := func(t string) {
		if not {
			q.None = append(q.None, t)
		} else {
			q.All = append(q.All, t)
		}
		q.ops = append(q.ops, Why{op, value})
	}
	switch op {
	case "owner":
		switch strings.ToLower(value) {
		case "me":
			put("owner_" + me)
		case "none", "nobody":
			put("owner_")
		default:
			put(term("ownername", value))
		}
	case "from":
		put(term("from", strings.TrimPrefix(value, "@")))
	case "brand":
		put(term("brand", value))
	case "channel":
		put(term("channel", value))
	case "tag":
		put(term("tag", value))
	case "has":
		if !slices.Contains([]string{"file", "files", "attachment"}, strings.ToLower(value)) {
			return true, fault.New(fault.Invalid, "has: knows has:file")
		}
		put("has_file")
	case "is":
		v := strings.ToLower(value)
		if !slices.Contains([]string{"open", "waiting", "snoozed", "resolved", "archived", "spam", "public", "private", "unowned"}, v) {
			return true, fault.New(fault.Invalid, "is: knows open, waiting, snoozed, resolved, archived, spam, public, private and unowned")
		}
		put("is_" + v)
	case "before", "after":
		t, err := day(value, now)
		if err != nil || not {
			return true, fault.New(fault.Invalid, "%s: takes a day such as 2026-11-23, today or yesterday", op)
		}
		if op == "before" {
			q.before = t.UnixMicro()
		} else {
			q.after = t.UnixMicro()
		}
		q.ops = append(q.ops, Why{op, value})
	default:
		return false, nil // 10:30 and https://… are words
	}
	return true, nil
}

func day(s string, now time.Time) (time.Time, error) {
	today := now.UTC().Truncate(24 * time.Hour)
	switch strings.ToLower(s) {
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	return time.Parse(time.DateOnly, s)
}

// days covers a span of time with the few terms the index has for it: years, months and days in which a conversation was opened.
func days(after, before int64, now time.Time) []string {
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	to := now.UTC().AddDate(0, 0, 2).Truncate(24 * time.Hour)
	if after != 0 {
		from = time.UnixMicro(after).UTC()
	}
	if before != 0 {
		to = time.UnixMicro(before).UTC()
	}
	var out []string
	for t := from; t.Before(to) && len(out) < 400; {
		year, month := t.AddDate(1, 0, 0), t.AddDate(0, 1, 0)
		switch {
		case t.YearDay() == 1 && !year.After(to):
			out, t = append(out, t.Format("y_2006")), year
		case t.Day() == 1 && !month.After(to):
			out, t = append(out, t.Format("m_200601")), month
		default:
			out, t = append(out, t.Format("d_20060102")), t.AddDate(0, 0, 1)
		}
	}
	if len(out) == 0 {
		out = []string{"never_"}
	}
	return out
}

// mostLooked is how many hits one page of a phrase search looks into before it hands the reader a cursor to go on.
const mostLooked = 2000

func search(tx *db.Tx, by auth.Actor, q Query) (Page, error) {
	s, err := ParseSearch(q.Search, string(q.Me), time.UnixMicro(tx.Now()))
	if err != nil {
		return Page{}, err
	}
	if s.Empty() {
		q.Search = ""
		return List(tx, by, q)
	}
	// The brand is itself a term of every document and of every query: the wall holds in the index.
	var walls []string
	if q.Brand != "" {
		walls = []string{"in_" + string(q.Brand)}
	} else if !by.Every {
		for _, b := range by.Brands {
			walls = append(walls, "in_"+b)
		}
		if len(walls) == 0 {
			return Page{}, nil
		}
	}
	if len(walls) > 0 {
		s.Any = append(s.Any, walls)
	}
	// A search looks everywhere, imported history too, but never into the quarantine unless asked.
	if q.View != Spam && (q.View != All || !slices.Contains(s.All, "is_spam")) {
		s.None = append(s.None, "is_spam")
	}
	switch q.View {
	case All:
	case Mine:
		s.All = append(s.All, "is_open", "owner_"+string(q.Me))
	case Unowned:
		s.All = append(s.All, "is_open", "owner_")
	case Open, Waiting, Resolved, Archived, Spam:
		s.All = append(s.All, "is_"+string(q.View))
	case WaitingDepartment, PromisesDue, Breaking:
		return Page{}, nil
	}
	after, more, err := placeOf(q.Cursor)
	if err != nil {
		return Page{}, err
	}
	before := int64(0)
	if more {
		before = after.No
	}
	var p Page
	for looked := 0; len(p.Rows) <= q.Limit; {
		nos, err := tx.Search(s.SearchQuery, before, q.Limit+1)
		if err != nil {
			return Page{}, err
		}
		rows, err := load(tx, by, nos)
		if err != nil {
			return Page{}, err
		}
		for _, r := range rows {
			ok, err := s.explain(tx, &r)
			if err != nil {
				return Page{}, err
			}
			if ok {
				p.Rows = append(p.Rows, r)
			}
		}
		looked += len(nos)
		if len(nos) <= q.Limit {
			break
		}
		before = nos[len(nos)-1]
		if looked >= mostLooked && len(p.Rows) <= q.Limit { // never cut silently: the cursor goes on from here
			p.Next = place{No: before}.String()
			return p, said(tx, p.Rows)
		}
	}
	if len(p.Rows) > q.Limit {
		p.Rows = p.Rows[:q.Limit]
		p.Next = placeAt(p.Rows[q.Limit-1]).String()
	}
	return p, said(tx, p.Rows)
}

func load(tx *db.Tx, by auth.Actor, nos []int64) (out []Row, err error) {
	if len(nos) == 0 {
		return nil, nil
	}
	if err := tx.Query(`SELECT `+rowColumns+rowFrom+`WHERE c.no IN `+db.In(1, len(nos)), db.Args(nos...), func(r *sql.Rows) error {
		x, err := scanRow(r)
		if by.In(string(x.Conversation.Brand)) {
			out = append(out, x)
		}
		return err
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(x, y Row) int { return int(y.No - x.No) })
	return out, nil
}

// explain says why a row is a hit, and whether its phrases really stand in it.
func (s Search) explain(tx *db.Tx, r *Row) (ok bool, err error) {
	r.Why = append(r.Why, s.ops...)
	if len(s.words) == 0 {
		return true, nil
	}
	type said struct{ where, words string }
	texts := []said{{"name", r.ContactName}, {"number", strconv.FormatInt(r.No, 10)}}
	if err := tx.Query(`SELECT CASE side WHEN 'note' THEN 'note' ELSE 'message' END, words FROM message WHERE conversation_id = $1 ORDER BY at DESC LIMIT $2`,
		db.Args[any](r.ID, indexedMessages), func(rows *sql.Rows) error {
			var t said
			err := rows.Scan(&t.where, &t.words)
			texts = append(texts, t)
			return err
		}); err != nil {
		return false, err
	}
	if err := tx.Query(`SELECT 'handle', i.handle FROM participant p JOIN identity i ON i.contact_id = p.contact_id WHERE p.conversation_id = $1 LIMIT 50`,
		db.Args(r.ID), func(rows *sql.Rows) error {
			var t said
			err := rows.Scan(&t.where, &t.words)
			texts = append(texts, t)
			return err
		}); err != nil {
		return false, err
	}
	for _, ph := range s.phrases {
		want := strings.Join(text.Terms(ph), " ")
		if !slices.ContainsFunc(texts, func(t said) bool {
			return strings.Contains(strings.ToLower(t.words), ph) || strings.Contains(strings.Join(text.Terms(t.words), " "), want) && strings.Contains(fold(t.words), fold(ph))
		}) {
			return false, nil
		}
	}
	for _, w := range s.words {
		for _, t := range texts {
			if around, ok := snippet(t.words, w); ok {
				r.Why = append(r.Why, Why{t.where, around})
				break
			}
		}
	}
	return true, nil
}

func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// snippet cuts the words around the first place where w stands.
func snippet(s, w string) (string, bool) {
	low := strings.ToLower(s)
	i := strings.Index(low, strings.ToLower(w))
	if i < 0 || len(low) != len(s) {
		terms := text.Terms(w)
		if len(terms) == 0 || !slices.Contains(text.Terms(s), terms[0]) {
			return "", false
		}
		i = 0
	}
	from, to := max(0, i-40), min(len(s), i+len(w)+60)
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	for to < len(s) && !utf8.RuneStart(s[to]) {
		to++
	}
	out := strings.Join(strings.Fields(s[from:to]), " ")
	if from > 0 {
		out = "…" + out
	}
	if to < len(s) {
		out += "…"
	}
	return out, true
}

// indexedMessages is how much of a conversation is searched: its newest messages.
const indexedMessages = 400
