package web

import (
	"net/http"
	"slices"
	"strings"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/directory"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/fault"
	"answerable/internal/flow/assign"
	"answerable/internal/flow/reply"
	"answerable/internal/flow/resolve"
	"answerable/internal/id"
	"answerable/internal/web/desk"
)

// The ends that the close strip offers beside "answered:MESSAGE".
const (
	endOpen       = "open"
	endDepartment = "answered_by_department"
	endCommunity  = "answered_by_community"
	endDeclined   = "declined"
	endTwice      = "said_twice"
	endRhetorical = "rhetorical"
	endBait       = "bait"
	endQuiet      = "went_quiet"
)

// act carries out one act of a person: in a transaction, and back to where they pressed it.
func (s *server) act(w http.ResponseWriter, r *http.Request, v *visit, otherwise string, do func(tx *db.Tx) error) error {
	if err := s.DB.Write(r.Context(), db.Desk, do); err != nil {
		return s.refuse(w, r, v, err, otherwise)
	}
	return back(w, r, otherwise)
}

// written reads the composer.
func written(r *http.Request) (d draft.Draft, note bool) {
	d = draft.Draft{Conversation: conversation.ID(r.PathValue("id")), Words: strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), Seen: conversation.MessageID(r.PostFormValue("seen"))}
	for _, a := range r.PostForm["answers"] {
		d.Answers = append(d.Answers, question.ID(a))
	}
	thread, ok := strings.CutPrefix(r.PostFormValue("to"), "thread:")
	if ok {
		d.Thread = conversation.ThreadID(thread)
	}
	return d, !ok
}

func (s *server) reply(w http.ResponseWriter, r *http.Request, v *visit) error {
	d, note := written(r)
	here := "/desk/c/" + r.PathValue("id")
	if strings.TrimSpace(d.Words) == "" {
		return s.refuse(w, r, v, fault.New(fault.Invalid, "%s", v.w.Write.SendOff), here)
	}
	if note {
		return s.act(w, r, v, here, func(tx *db.Tx) error {
			if _, err := conversation.AddNote(tx, v.actor, d.Conversation, d.Words); err != nil {
				return err
			}
			return draft.Save(tx, v.actor, draft.Draft{Conversation: d.Conversation})
		})
	}
	send := d
	if r.PostFormValue("anyway") != "" { // they have read what came in and mean it
		send.Seen = ""
	}
	err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error {
		_, err := reply.Send(tx, v.actor, send, s.Undo.Microseconds())
		return err
	})
	if err == nil {
		return back(w, r, here)
	}
	// Whatever refused it, what they wrote is kept.
	if kept := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error { return draft.Save(tx, v.actor, d) }); kept != nil {
		s.Log.Warn("keep the draft of a refused reply", "err", kept)
	}
	if _, newer := fault.Cause[conversation.Newer](err); newer {
		return back(w, r, here) // the page itself says what happened: the draft is older than what came in
	}
	return s.refuse(w, r, v, err, here)
}

// draft keeps what is being typed; only script asks.
func (s *server) draft(w http.ResponseWriter, r *http.Request, v *visit) error {
	d, _ := written(r)
	if err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error { return draft.Save(tx, v.actor, d) }); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`{"kept":true}`)) // the browser may have gone
	return nil
}

func (s *server) undo(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) error {
		return reply.Undo(tx, v.actor, conversation.MessageID(r.PathValue("id")))
	})
	switch {
	case err == nil:
		s.say(w, desk.Notice{Kind: "kept", Text: v.w.Write.Undone, ID: id.New()})
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
		s.say(w, desk.Notice{Kind: "soon", Text: v.w.Write.TooLate, ID: id.New()})
	default:
		return err
	}
	return back(w, r, "/desk")
}

func (s *server) owner(w http.ResponseWriter, r *http.Request, v *visit) error {
	conv, to := conversation.ID(r.PathValue("id")), directory.PersonID(r.PostFormValue("to"))
	if to == "me" {
		to = v.person.ID
	}
	return s.act(w, r, v, "/desk/c/"+string(conv), func(tx *db.Tx) error { return assign.To(tx, v.actor, conv, to, "") })
}

func (s *server) reopen(w http.ResponseWriter, r *http.Request, v *visit) error {
	conv := conversation.ID(r.PathValue("id"))
	return s.act(w, r, v, "/desk/c/"+string(conv), func(tx *db.Tx) error { return resolve.Again(tx, v.actor, conv, "") })
}

func (s *server) resolve(w http.ResponseWriter, r *http.Request, v *visit) error {
	conv := conversation.ID(r.PathValue("id"))
	here := "/desk/c/" + string(conv)
	it := resolve.Item{Conversation: conv, Outcome: conversation.Outcome(r.PostFormValue("outcome"))}
	var refused []resolve.Refusal
	err := s.DB.Write(r.Context(), db.Desk, func(tx *db.Tx) (err error) {
		it.Ends = ends(r, v)
		if err := named(tx, conv, it.Ends); err != nil {
			return err
		}
		refused, err = resolve.Do(tx, v.actor, it)
		return err
	})
	if err == nil && len(refused) > 0 {
		if n := len(refused[0].Questions); n > 0 {
			s.say(w, desk.Notice{Kind: "soon", Text: v.w.Close.Owed(n), ID: id.New()})
			return lead(w, r, withClose(r.PostFormValue("back")), withClose(here))
		}
		err = refused[0].Why
	}
	if err != nil {
		return s.refuse(w, r, v, err, here)
	}
	s.say(w, desk.Notice{Kind: "kept", Text: v.w.Talk.Ended(v.w.Outcome(string(it.Outcome))) + ".", ID: id.New()})
	return back(w, r, here)
}

// withClose is the address of a conversation with its close strip open.
func withClose(to string) string {
	if strings.Contains(to, "?") {
		return to + "&close=1#strip"
	}
	return to + "?close=1#strip"
}

// ends reads how each question of the strip is to end.
func ends(r *http.Request, v *visit) []question.End {
	var out []question.End
	for key := range r.PostForm {
		q, ok := strings.CutPrefix(key, "end-")
		if !ok {
			continue
		}
		e := question.End{Question: question.ID(q), Reason: strings.TrimSpace(r.PostFormValue("reason-" + q))}
		end := r.PostFormValue(key)
		if by, ok := strings.CutPrefix(end, "answered:"); ok {
			e.State, e.By = question.Answered, conversation.MessageID(by)
			out = append(out, e)
			continue
		}
		reason := func(otherwise string) {
			if e.Reason == "" {
				e.Reason = otherwise
			}
		}
		switch end {
		case endDepartment:
			e.State = question.AnsweredByDepartment
		case endCommunity:
			e.State = question.AnsweredByCommunity
		case endDeclined:
			e.State = question.Declined
		case endQuiet:
			e.State = question.Declined
			reason(v.w.Close.WentQuiet)
		case endTwice:
			e.State = question.NotAQuestion
			reason(v.w.Close.SaidTwice)
		case endRhetorical:
			e.State = question.NotAQuestion
			reason(v.w.Close.Rhetorical)
		case endBait:
			e.State = question.NotAQuestion
			reason(v.w.Close.Bait)
		default:
			continue // left open
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b question.End) int { return strings.Compare(string(a.Question), string(b.Question)) })
	return out
}

// named fills in which reply of ours carried the answer of a department or of the community: the newest one.
func named(tx *db.Tx, conv conversation.ID, ends []question.End) error {
	if !slices.ContainsFunc(ends, func(e question.End) bool { return e.By == "" && carried(e.State) }) {
		return nil
	}
	ms, err := conversation.Timeline(tx, conv)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(ms) {
		if m.Side != conversation.Ours && m.Side != conversation.Outside || m.Gone || m.PartOf != "" {
			continue
		}
		for i := range ends {
			if ends[i].By == "" && carried(ends[i].State) {
				ends[i].By = m.ID
			}
		}
		return nil
	}
	return nil
}

func carried(s question.State) bool {
	return s == question.AnsweredByDepartment || s == question.AnsweredByCommunity
}

func (s *server) settle(w http.ResponseWriter, r *http.Request, v *visit) error {
	e := question.End{Question: question.ID(r.PathValue("id")), State: question.State(r.PostFormValue("state")), Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	if e.State == question.Answered || carried(e.State) {
		e.By = conversation.MessageID(r.PostFormValue("by"))
	}
	return s.act(w, r, v, "/desk", func(tx *db.Tx) error { return question.Settle(tx, v.actor, e) })
}

func (s *server) addQuestion(w http.ResponseWriter, r *http.Request, v *visit) error {
	msg, quote := conversation.MessageID(r.PostFormValue("message")), strings.TrimSpace(r.PostFormValue("quote"))
	return s.act(w, r, v, "/desk/c/"+r.PathValue("id"), func(tx *db.Tx) error {
		m, err := conversation.GetMessage(tx, msg)
		if err != nil {
			return err
		}
		if string(m.Conversation) != r.PathValue("id") {
			return fault.New(fault.NotFound, "no such message here")
		}
		start := strings.Index(m.Words, quote)
		if quote == "" || start < 0 {
			return fault.New(fault.Invalid, "%s", v.w.Ask.AddHint)
		}
		_, err = question.Add(tx, v.actor, msg, int64(start), int64(start+len(quote)))
		return err
	})
}

func (s *server) decide(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.act(w, r, v, "/desk", func(tx *db.Tx) error {
		return delivery.Decide(tx, v.actor, conversation.MessageID(r.PathValue("id")), r.PostFormValue("arrived") == "true", "")
	})
}

func (s *server) merge(w http.ResponseWriter, r *http.Request, v *visit) error {
	from, into := contact.ID(r.PathValue("id")), contact.ID(r.PostFormValue("into"))
	return s.act(w, r, v, "/desk", func(tx *db.Tx) error {
		if r.PostFormValue("same") == "no" {
			return contact.Refuse(tx, v.actor, from, into)
		}
		return contact.Join(tx, v.actor, from, into, r.PostFormValue("evidence"))
	})
}

func (s *server) split(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.act(w, r, v, "/desk", func(tx *db.Tx) error { return contact.Part(tx, v.actor, contact.ID(r.PathValue("id"))) })
}

func (s *server) presence(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.act(w, r, v, "/desk", func(tx *db.Tx) error {
		return assign.Returned(tx, v.actor, v.person.ID, directory.State(r.PostFormValue("state")))
	})
}

// brand puts another brand before a person. The conversation they had open belongs to the old one, so they begin at the list.
func (s *server) brand(w http.ResponseWriter, r *http.Request, v *visit) error {
	to := r.PostFormValue("brand")
	if err := v.actor.May(auth.Read, to); err != nil {
		return err
	}
	s.cookie(w, brandCookie, to, sessionAge, false)
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}
