package square

import (
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// stamp is the only form of a date all clients read: a fraction must be there, and nine digits of it are too many.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// base is the address of the square as the client knows it.
func base(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// allowed says whether a Host header names this square. Others are refused, or a page elsewhere could point its own name at us.
func (s *Square) allowed(host string) bool {
	if s.hosts["*"] {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return s.hosts[strings.ToLower(name)]
}

// local says whether the host of a mention is ours. reqHost is how the client called us, "" when it was Go code; a mention
// without a port matches any.
func (s *Square) local(host, reqHost string) bool {
	if host == "" || strings.EqualFold(host, reqHost) {
		return true
	}
	_, port, err := net.SplitHostPort(host)
	_, reqPort, reqErr := net.SplitHostPort(reqHost)
	if err == nil && reqErr == nil && port != reqPort {
		return false // another server of this machine
	}
	return !s.hosts["*"] && s.allowed(host)
}

type accountJSON struct {
	ID             ID     `json:"id"`
	Username       string `json:"username"`
	Acct           string `json:"acct"` // the bare name: clients compare it with what was typed
	DisplayName    string `json:"display_name"`
	Locked         bool   `json:"locked"`
	Bot            bool   `json:"bot"`
	Discoverable   bool   `json:"discoverable"`
	Group          bool   `json:"group"`
	CreatedAt      string `json:"created_at"`
	Note           string `json:"note"`
	URL            string `json:"url"`
	URI            string `json:"uri"`
	Avatar         string `json:"avatar"`
	AvatarStatic   string `json:"avatar_static"`
	Header         string `json:"header"`
	HeaderStatic   string `json:"header_static"`
	FollowersCount int    `json:"followers_count"`
	FollowingCount int    `json:"following_count"`
	StatusesCount  int    `json:"statuses_count"`
	LastStatusAt   any    `json:"last_status_at"`
	Emojis         []any  `json:"emojis"`
	Fields         []any  `json:"fields"`
	Source         any    `json:"source,omitempty"` // only of oneself
}

func (s *Square) accountJSON(a *account, base string) accountJSON {
	out := accountJSON{
		ID: a.ID, Username: a.Name, Acct: a.Name, DisplayName: a.display(), Bot: a.Bot, Discoverable: true, CreatedAt: stamp(a.At),
		Note: content(a.Note, base, func(span) (string, bool) { return "", false }), URL: base + "/@" + a.Name, URI: base + "/users/" + a.Name,
		Avatar: base + "/static/person.svg", AvatarStatic: base + "/static/person.svg", Header: base + "/static/header.svg",
		HeaderStatic: base + "/static/header.svg", FollowersCount: len(a.followers), FollowingCount: len(a.following),
		StatusesCount: len(a.posts), Emojis: []any{}, Fields: []any{},
	}
	if n := len(a.posts); n > 0 {
		out.LastStatusAt = a.posts[n-1].At.Format(time.DateOnly)
	}
	return out
}

type mentionJSON struct {
	ID       ID     `json:"id"`
	Username string `json:"username"`
	Acct     string `json:"acct"`
	URL      string `json:"url"`
}

type tagJSON struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type attachmentJSON struct {
	ID          ID      `json:"id"`
	Type        string  `json:"type"`
	URL         string  `json:"url"`
	PreviewURL  string  `json:"preview_url"`
	RemoteURL   *string `json:"remote_url"`
	TextURL     *string `json:"text_url"`
	Meta        any     `json:"meta"`
	Description *string `json:"description"`
	Blurhash    *string `json:"blurhash"`
}

// statusJSON has no scheduled_at at all: its mere presence breaks toot.
type statusJSON struct {
	ID                 ID               `json:"id"`
	CreatedAt          string           `json:"created_at"`
	EditedAt           *string          `json:"edited_at"`
	InReplyToID        *ID              `json:"in_reply_to_id"`
	InReplyToAccountID *ID              `json:"in_reply_to_account_id"`
	Sensitive          bool             `json:"sensitive"`
	SpoilerText        string           `json:"spoiler_text"`
	Visibility         string           `json:"visibility"`
	Language           *string          `json:"language"`
	URI                string           `json:"uri"`
	URL                string           `json:"url"`
	RepliesCount       int              `json:"replies_count"`
	ReblogsCount       int              `json:"reblogs_count"`
	FavouritesCount    int              `json:"favourites_count"`
	Favourited         bool             `json:"favourited"`
	Reblogged          bool             `json:"reblogged"`
	Muted              bool             `json:"muted"`
	Bookmarked         bool             `json:"bookmarked"`
	Pinned             bool             `json:"pinned"`
	Content            string           `json:"content"`
	Text               *string          `json:"text,omitempty"` // only of a deleted one
	Reblog             *statusJSON      `json:"reblog"`
	Account            accountJSON      `json:"account"`
	Media              []attachmentJSON `json:"media_attachments"`
	Mentions           []mentionJSON    `json:"mentions"`
	Tags               []tagJSON        `json:"tags"`
	Emojis             []any            `json:"emojis"`
	Filtered           []any            `json:"filtered"`
	Card               *string          `json:"card"`
	Poll               *string          `json:"poll"`
}

type editJSON struct {
	Content     string           `json:"content"`
	SpoilerText string           `json:"spoiler_text"`
	Sensitive   bool             `json:"sensitive"`
	CreatedAt   string           `json:"created_at"`
	Account     accountJSON      `json:"account"`
	Media       []attachmentJSON `json:"media_attachments"`
	Emojis      []any            `json:"emojis"`
}

// content is a text of st as HTML. Who counts as mentioned was decided when it was written.
func (s *Square) content(st *status, text, base string) string {
	return content(text, base, func(sp span) (string, bool) {
		a := s.names[strings.ToLower(sp.name)]
		if a == nil || !s.local(sp.host, "") || !slices.Contains(st.audience, a.ID) {
			return "", false
		}
		return a.Name, true
	})
}

func (s *Square) statusJSON(st *status, viewer *account, base string) statusJSON {
	by := s.accounts[st.Author]
	out := statusJSON{
		ID: st.ID, CreatedAt: stamp(st.At), Sensitive: st.Sensitive, SpoilerText: st.Spoiler, Visibility: st.Visibility,
		URI: base + "/users/" + by.Name + "/statuses/" + st.ID.String(), URL: base + "/@" + by.Name + "/" + st.ID.String(),
		RepliesCount: st.answers(), ReblogsCount: len(st.boosts), FavouritesCount: len(st.favourites), Pinned: st.pinned,
		Content: s.content(st, st.Text, base), Account: s.accountJSON(by, base), Media: s.mediaJSON(st.Media, base),
		Mentions: []mentionJSON{}, Tags: []tagJSON{}, Emojis: []any{}, Filtered: []any{},
	}
	if !st.Edited.IsZero() {
		out.EditedAt = new(stamp(st.Edited))
	}
	if st.ReplyTo != 0 {
		out.InReplyToID, out.InReplyToAccountID = new(st.ReplyTo), new(st.ReplyToBy)
	}
	if st.Lang != "" {
		out.Language = new(st.Lang)
	}
	if viewer != nil {
		_, out.Reblogged = st.boosts[viewer.ID]
		out.Favourited, out.Muted, out.Bookmarked = st.favourites[viewer.ID], st.mutes[viewer.ID], st.bookmarks[viewer.ID]
	}
	for _, id := range st.Mentions {
		m := s.accounts[id]
		out.Mentions = append(out.Mentions, mentionJSON{ID: m.ID, Username: m.Name, Acct: m.Name, URL: base + "/@" + m.Name})
	}
	for _, t := range st.Tags {
		out.Tags = append(out.Tags, tagJSON{Name: t, URL: base + "/tags/" + t})
	}
	if of := s.statuses[st.Reblog]; of != nil {
		inner := s.statusJSON(of, viewer, base)
		out.Reblog, out.Content, out.Media, out.Mentions, out.Tags = &inner, inner.Content, inner.Media, inner.Mentions, inner.Tags
		out.SpoilerText, out.Sensitive = inner.SpoilerText, inner.Sensitive
		out.Reblogged = inner.Reblogged
	}
	return out
}

func (s *Square) statusesJSON(list []*status, viewer *account, base string) []statusJSON {
	out := make([]statusJSON, len(list))
	for i, st := range list {
		out[i] = s.statusJSON(st, viewer, base)
	}
	return out
}

func (s *Square) mediaJSON(ids []ID, base string) []attachmentJSON {
	out := []attachmentJSON{}
	for _, id := range ids {
		if m := s.media[id]; m != nil {
			out = append(out, m.json(base))
		}
	}
	return out
}

func (m *file) json(base string) attachmentJSON {
	url := base + "/media/" + m.Key + "/" + m.ID.String() + mediaTypes[m.Type]
	kind, _, _ := strings.Cut(m.Type, "/")
	out := attachmentJSON{ID: m.ID, Type: kind, URL: url, PreviewURL: url, Meta: map[string]any{}}
	if m.Wide > 0 && m.High > 0 {
		size := map[string]any{"width": m.Wide, "height": m.High, "aspect": float64(m.Wide) / float64(m.High)}
		out.Meta = map[string]any{"original": size, "small": size}
	}
	if m.Alt != "" {
		out.Description = new(m.Alt)
	}
	return out
}

type noticeJSON struct {
	ID        ID          `json:"id"`
	Type      string      `json:"type"`
	CreatedAt string      `json:"created_at"`
	Account   accountJSON `json:"account"`
	Status    *statusJSON `json:"status,omitempty"`
}

func (s *Square) noticeJSON(n *notice, base string) noticeJSON {
	out := noticeJSON{ID: n.ID, Type: n.Type, CreatedAt: stamp(n.At), Account: s.accountJSON(s.accounts[n.From], base)}
	if st := s.statuses[n.Status]; st != nil {
		out.Status = new(s.statusJSON(st, s.accounts[n.To], base))
	}
	return out
}

// talk is a private conversation as one of its people sees it.
type talk struct {
	id     ID
	last   *status
	others []ID
	unread bool
}

func (t talk) order() ID { return t.last.ID }

type conversationJSON struct {
	ID         ID            `json:"id"`
	Unread     bool          `json:"unread"`
	Accounts   []accountJSON `json:"accounts"`
	LastStatus statusJSON    `json:"last_status"`
}

func (s *Square) conversationJSON(t talk, viewer *account, base string) conversationJSON {
	out := conversationJSON{ID: t.id, Unread: t.unread, Accounts: []accountJSON{}, LastStatus: s.statusJSON(t.last, viewer, base)}
	for _, id := range t.others {
		out.Accounts = append(out.Accounts, s.accountJSON(s.accounts[id], base))
	}
	return out
}

// instanceV1 is what clients read first. urls must be there; version must be three numbers and new enough for edits.
func (s *Square) instanceV1(c *call) (any, error) {
	return map[string]any{
		"uri": c.r.Host, "title": s.opt.Title, "short_description": "A small public network", "description": "A small public network",
		"email": "nobody@" + c.r.Host, "version": version3, "urls": map[string]any{"streaming_api": streaming(c.base)},
		"stats":     map[string]any{"user_count": len(s.accounts), "status_count": len(s.timeline), "domain_count": 0},
		"thumbnail": c.base + "/static/header.svg", "languages": []string{"en"}, "registrations": !s.opt.NoSignup,
		"approval_required": false, "invites_enabled": false, "configuration": s.configuration(c.base), "contact_account": nil, "rules": []any{},
	}, nil
}

func (s *Square) instanceV2(c *call) (any, error) {
	return map[string]any{
		"domain": c.r.Host, "title": s.opt.Title, "version": version3, "source_url": "", "description": "A small public network",
		"usage":     map[string]any{"users": map[string]any{"active_month": len(s.accounts)}},
		"thumbnail": map[string]any{"url": c.base + "/static/header.svg"}, "languages": []string{"en"}, "configuration": s.configuration(c.base),
		"registrations": map[string]any{"enabled": !s.opt.NoSignup, "approval_required": false, "message": nil},
		"contact":       map[string]any{"email": "", "account": nil}, "rules": []any{},
	}, nil
}

const version3 = "4.2.0 (compatible; square 0.1)"

func (s *Square) configuration(base string) map[string]any {
	types := make([]string, 0, len(mediaTypes))
	for t := range mediaTypes {
		types = append(types, t)
	}
	slices.Sort(types)
	return map[string]any{
		"urls":     map[string]any{"streaming": streaming(base)},
		"accounts": map[string]any{"max_featured_tags": 0},
		"statuses": map[string]any{"max_characters": s.opt.MaxChars, "max_media_attachments": maxMedia, "characters_reserved_per_url": charsPerURL},
		"media_attachments": map[string]any{
			"supported_mime_types": types, "image_size_limit": s.opt.MaxUploadBytes, "video_size_limit": s.opt.MaxUploadBytes, "description_limit": maxDescription,
		},
		"polls":       map[string]any{"max_options": 0, "max_characters_per_option": 0, "min_expiration": 0, "max_expiration": 0},
		"translation": map[string]any{"enabled": false},
	}
}

// streaming is the base for streams: ws for http and wss for https. Clients hang for ever on a wss address of a plain server.
func streaming(base string) string { return "ws" + strings.TrimPrefix(base, "http") }

// stem is the name of a file without its extension.
func stem(p string) string { return strings.TrimSuffix(path.Base(p), path.Ext(p)) }
