package square

import (
	"maps"
	"slices"
	"strings"

	"answerable/internal/fault"
)

func (n *notice) id() ID { return n.ID }

func (s *Square) notifications(c *call) (any, error) {
	w := c.in.window(40, 80)
	types, not, from := c.in.list("types"), c.in.list("exclude_types"), parseID(c.in.get("account_id"))
	out, older := page(c.me.inbox, (*notice).id, w, func(n *notice) bool {
		return (len(types) == 0 || slices.Contains(types, n.Type)) && !slices.Contains(not, n.Type) && (from == 0 || from == n.From)
	})
	link(c, out, (*notice).id, older, w, "types[]", "exclude_types[]", "account_id")
	list := make([]noticeJSON, len(out))
	for i, n := range out {
		list[i] = s.noticeJSON(n, c.base)
	}
	return list, nil
}

func (s *Square) notification(c *call) (any, error) {
	i, ok := at(c.me.inbox, parseID(c.r.PathValue("id")), (*notice).id)
	if !ok {
		return nil, errMissing
	}
	return s.noticeJSON(c.me.inbox[i], c.base), nil
}

func (s *Square) dismissNotification(c *call) (any, error) {
	id := parseID(c.r.PathValue("id"))
	if _, ok := at(c.me.inbox, id, (*notice).id); !ok {
		return nil, errMissing
	}
	return struct{}{}, s.mark(mark{Verb: dismiss, By: c.me.ID, On: id}, false)
}

func (s *Square) clearNotifications(c *call) (any, error) {
	return struct{}{}, s.mark(mark{Verb: dismiss, By: c.me.ID}, len(c.me.inbox) == 0)
}

// The policy of notifications: the square hides nothing from anybody.
func (s *Square) notificationPolicy(*call) (any, error) {
	return map[string]any{
		"for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept", "for_private_mentions": "accept",
		"for_limited_accounts": "accept", "summary": map[string]any{"pending_requests_count": 0, "pending_notifications_count": 0},
	}, nil
}

// Accounts and who follows whom.

type credentialSource struct {
	Privacy   string `json:"privacy"`
	Sensitive bool   `json:"sensitive"`
	Language  string `json:"language"`
	Note      string `json:"note"`
	Fields    []any  `json:"fields"`
	Requests  int    `json:"follow_requests_count"`
}

func (s *Square) me(c *call) (any, error) {
	out := s.accountJSON(c.me, c.base)
	out.Source = credentialSource{Privacy: public, Note: c.me.Note, Fields: []any{}}
	return out, nil
}

func (s *Square) updateMe(c *call) (any, error) {
	next := *c.me
	if c.in.has("display_name") {
		next.Display = clip(clean(c.in.get("display_name")), maxDisplay)
	}
	if c.in.has("note") {
		next.Note = clip(clean(c.in.get("note")), maxNote)
	}
	if c.in.has("bot") {
		next.Bot = c.in.truth("bot")
	}
	if err := s.change(entry{Kind: kindAccount, Account: &next}); err != nil {
		return nil, err
	}
	return s.me(c)
}

func (s *Square) getAccount(c *call) (any, error) {
	a, err := c.account()
	if err != nil {
		return nil, err
	}
	return s.accountJSON(a, c.base), nil
}

func (s *Square) lookupAccount(c *call) (any, error) {
	name, host, _ := strings.Cut(strings.TrimPrefix(c.in.get("acct"), "@"), "@")
	a := s.names[strings.ToLower(name)]
	if a == nil || !s.local(host, c.r.Host) {
		return nil, errMissing
	}
	return s.accountJSON(a, c.base), nil
}

type relationJSON struct {
	ID             ID       `json:"id"`
	Following      bool     `json:"following"`
	ShowingReblogs bool     `json:"showing_reblogs"`
	Notifying      bool     `json:"notifying"`
	Languages      []string `json:"languages"`
	FollowedBy     bool     `json:"followed_by"`
	Blocking       bool     `json:"blocking"`
	BlockedBy      bool     `json:"blocked_by"`
	Muting         bool     `json:"muting"`
	MutingNotes    bool     `json:"muting_notifications"`
	Requested      bool     `json:"requested"`
	DomainBlocking bool     `json:"domain_blocking"`
	Endorsed       bool     `json:"endorsed"`
	Note           string   `json:"note"`
}

func relation(me, other *account) relationJSON {
	f := me.following[other.ID]
	return relationJSON{ID: other.ID, Following: f, ShowingReblogs: f, FollowedBy: me.followers[other.ID], Languages: []string{}}
}

func (s *Square) relationships(c *call) (any, error) {
	out := []relationJSON{}
	for _, raw := range clipList(c.in.list("id"), 80) {
		if a := s.accounts[parseID(raw)]; a != nil {
			out = append(out, relation(c.me, a))
		}
	}
	return out, nil
}

func (s *Square) follow(off bool) action {
	return func(c *call) (any, error) {
		a, err := c.account()
		if err != nil {
			return nil, err
		}
		if a == c.me {
			return nil, fault.New(fault.Forbidden, "You cannot follow yourself")
		}
		done := c.me.following[a.ID] != off
		var notices []*notice
		if !off && !done {
			notices = append(notices, s.notice(a.ID, "follow", c.me.ID, 0))
		}
		if err := s.mark(mark{Verb: follow, By: c.me.ID, On: a.ID, Off: off}, done, notices...); err != nil {
			return nil, err
		}
		return relation(c.me, a), nil
	}
}

func (s *Square) followers(c *call) (any, error) {
	return s.crowd(c, func(a *account) map[ID]bool { return a.followers })
}

func (s *Square) following(c *call) (any, error) {
	return s.crowd(c, func(a *account) map[ID]bool { return a.following })
}

func (s *Square) crowd(c *call, of func(*account) map[ID]bool) (any, error) {
	a, err := c.account()
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(of(a)))
	w := c.in.window(40, 80)
	self := func(id ID) ID { return id }
	out, older := page(ids, self, w, func(ID) bool { return true })
	link(c, out, self, older, w)
	return s.people(out, c), nil
}
