package intake_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/contact"
	"answerable/internal/desk/conversation"
	"answerable/internal/desk/draft"
	"answerable/internal/desk/question"
	"answerable/internal/desktest"
	"answerable/internal/fault"
	"answerable/internal/flow/intake"
	"answerable/internal/flow/reply"
	"answerable/internal/flow/resolve"
)

func TestFirstMessageMakesAConversationWithItsQuestions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		w.Here(w.Mara)
		got := w.Hears(w.Says("hanne", "", "Why do you still print these? And how do I make it stop?"))
		c := w.Conversation(got[0].Conversation)
		if c.Status != conversation.Open || c.OwedQuestions != 2 || c.Owner != w.Mara.ID || !c.Public || c.Asked != "Why do you still print these?" {
			t.Errorf("got %+v", c)
		}
		w.Read(func(tx *db.Tx) error {
			qs, err := question.Of(tx, c.ID)
			if len(qs) != 2 || qs[1].Quote != "And how do I make it stop?" && qs[1].Quote != "how do I make it stop?" {
				t.Errorf("questions %+v", qs)
			}
			return err
		})
	})
}

func TestKnownDeliveriesChangeNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		a := w.Arrivals(w.Says("hanne", "", "Where is my parcel?"))
		first := w.Files(a)
		again := w.Files(a)
		if !first.Kept[0].Fresh || again.Kept[0].Fresh || len(again.Received) != 0 || first.Kept[0].ID != again.Kept[0].ID {
			t.Errorf("first %+v, again %+v", first, again)
		}
		// The same message in another delivery.
		a[0].Raw.Key = "another delivery"
		twice := w.Files(a)
		if twice.Received[0].Fresh || twice.Received[0].Message != first.Received[0].Message {
			t.Errorf("filed twice: %+v", twice.Received)
		}
		if c := w.Conversation(first.Received[0].Conversation); c.OwedQuestions != 1 {
			t.Errorf("owes %d questions, want 1", c.OwedQuestions)
		}
	})
}

func TestRacingFirstMessagesMakeOneConversation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		root := w.Says("hanne", "", "Is this recalled?")
		batches := make([][]channel.Arrival, 12)
		for i := range batches {
			m := w.Says(fmt.Sprintf("p%d", i%3), root.ThreadKey, "Same here, is mine recalled too?")
			batches[i] = w.Arrivals(root, m)
		}
		var wg sync.WaitGroup
		for _, a := range batches {
			wg.Go(func() {
				for try := 0; ; try++ {
					err := d.Write(t.Context(), db.Intake, func(tx *db.Tx) error {
						_, err := intake.Do(tx, intake.Batch{Brand: w.Brand, Account: w.Account, Arrivals: a, Meaning: intake.Understand(a)})
						return err
					})
					if err == nil {
						return
					}
					if !fault.Is(err, fault.Conflict) || try > 20 {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		var conversations, messages, contacts int
		w.Read(func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message), (SELECT count(*) FROM contact)`, nil, &conversations, &messages, &contacts)
			return err
		})
		if conversations != 1 || messages != 13 || contacts != 4 {
			t.Errorf("%d conversations, %d messages, %d contacts; want 1, 13, 4", conversations, messages, contacts)
		}
	})
}

func TestThanksAndOnlookersMakeNoWork(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		w.Here(w.Mara)
		first := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0]
		c := first.Conversation
		end(w, c, conversation.Answered)

		w.Hears(w.Says("hanne", "m1", "Thanks a lot, Mara!"))
		if got := w.Conversation(c); got.Status != conversation.Resolved {
			t.Errorf("thanks reopened it: %s", got.Status)
		}
		w.Hears(w.Says("olga", "m1", "Nice answer, they did that for me as well."))
		if got := w.Conversation(c); got.Status != conversation.Resolved {
			t.Errorf("an onlooker reopened it: %s", got.Status)
		}
		w.Read(func(tx *db.Tx) error {
			p, err := conversation.Participants(tx, c)
			if len(p) != 2 || p[0].Role != "principal" || p[1].Role != "participant" {
				t.Errorf("participants %+v", p)
			}
			return err
		})
		r := w.Hears(w.Says("hanne", "m1", "It still has not come. When will it?"))[0]
		if got := w.Conversation(c); got.Status != conversation.Open || !r.Reopened || got.Owner != w.Mara.ID || got.Outcome != "" {
			t.Errorf("her question did not reopen it: %+v", got)
		}
	})
}

func TestLaterThanTheTermANewConversationFollows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		c := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0].Conversation
		end(w, c, conversation.Answered)
		w.Write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE conversation SET resolved_at = $2 WHERE id = $1`, c, tx.Now()-15*24*3600*1e6)
			return err
		})
		r := w.Hears(w.Says("hanne", "m1", "And where is the second parcel?"))[0]
		got := w.Conversation(r.Conversation)
		if r.Conversation == c || got.Follows != c || got.Status != conversation.Open || w.Conversation(c).Status != conversation.Resolved {
			t.Errorf("got %+v", got)
		}
	})
}

func TestReplyAnswersAndUndoTakesItBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		w.Here(w.Mara)
		r := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0]
		by := w.Mara.Actor()
		var q []question.Question
		w.Read(func(tx *db.Tx) (err error) { q, err = question.Of(tx, r.Conversation); return err })
		dr := draft.Draft{Conversation: r.Conversation, Words: "It comes on Friday.", Answers: []question.ID{q[0].ID}, Seen: r.Message}

		var sent reply.Sent
		w.Write(func(tx *db.Tx) (err error) { sent, err = reply.Send(tx, by, dr, 5e6); return err })
		if c := w.Conversation(r.Conversation); c.OwedQuestions != 1 || c.Hands != 0 {
			t.Errorf("settled before its release: %+v", c)
		}
		w.Write(func(tx *db.Tx) error { return reply.Undo(tx, by, sent.Message) })
		w.Read(func(tx *db.Tx) error {
			back, ok, err := draft.Of(tx, r.Conversation, w.Mara.ID)
			if !ok || back.Words != dr.Words || len(back.Answers) != 1 {
				t.Errorf("the draft did not come back: %+v", back)
			}
			return err
		})
		w.Write(func(tx *db.Tx) (err error) { sent, err = reply.Send(tx, by, dr, 0); return err })
		c := w.Conversation(r.Conversation)
		if c.OwedQuestions != 0 || c.Status != conversation.Waiting || c.Hands != 1 || c.WaitingSince != db.Never || c.Asked != "" {
			t.Errorf("after release: %+v", c)
		}
		err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error { return reply.Undo(tx, by, sent.Message) })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("undone after release: %v", err)
		}
	})
}

func TestStaleReplyIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		r := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0]
		newer := w.Hears(w.Says("hanne", "m1", "Forget it, it came."))[0]
		err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			_, err := reply.Send(tx, w.Mara.Actor(), draft.Draft{Conversation: r.Conversation, Words: "On Friday.", Seen: r.Message}, 0)
			return err
		})
		n, ok := fault.Cause[conversation.Newer](err)
		if !ok || n.Message != newer.Message {
			t.Errorf("got %v", err)
		}
	})
}

func TestResolveRefusesDebtsItemByItem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		owes := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0].Conversation
		free := w.Hears(w.Says("tomasz", "", "Your tents are a joy, bought the third one."))[0].Conversation
		var refused []resolve.Refusal
		w.Write(func(tx *db.Tx) (err error) {
			refused, err = resolve.Do(tx, w.Mara.Actor(), resolve.Item{Conversation: owes, Outcome: conversation.Answered}, resolve.Item{Conversation: free, Outcome: conversation.NoReplyNeeded})
			return err
		})
		if len(refused) != 1 || refused[0].Conversation != owes || len(refused[0].Questions) != 1 {
			t.Errorf("refused %+v", refused)
		}
		if c := w.Conversation(free); c.Status != conversation.Resolved || c.Outcome != conversation.NoReplyNeeded {
			t.Errorf("the other one: %+v", c)
		}
		// The database itself refuses, whatever the code does.
		err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE conversation SET status = 'resolved', outcome = 'answered' WHERE id = $1`, owes)
			return err
		})
		if err == nil {
			t.Error("the database let a conversation with a debt be resolved")
		}
	})
}

func TestSpamGoesToTheQuarantineAndBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		c := w.Hears(w.Says("buy", "", "Do you want cheap watches?"))[0].Conversation
		end(w, c, conversation.Spam)
		later := w.Conversation(w.Hears(w.Says("buy", "", "Last chance for watches?"))[0].Conversation)
		if !later.Quarantined || later.OwedQuestions != 0 {
			t.Errorf("not in the quarantine: %+v", later)
		}
		w.Write(func(tx *db.Tx) error { return resolve.Again(tx, w.Mara.Actor(), c, "a real customer") })
		after := w.Conversation(w.Hears(w.Says("buy", "", "So may I ask something?"))[0].Conversation)
		if after.Quarantined {
			t.Errorf("still in the quarantine: %+v", after)
		}
	})
}

func TestEditsAndDeletionsAreFollowed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		m := w.Says("hanne", "", "Where is my parcel? Is it lost?")
		r := w.Hears(m)[0]
		e := m
		e.Kind, e.Text = channel.Edit, "Is it lost? Who can tell me?"
		w.Hears(e)
		w.Read(func(tx *db.Tx) error {
			open, err := question.Owing(tx, r.Conversation)
			if len(open) != 2 || open[0].Quote != "Is it lost?" {
				t.Errorf("after the edit: %+v", open)
			}
			return err
		})
		if c := w.Conversation(r.Conversation); c.OwedQuestions != 2 || c.Asked != "Is it lost?" {
			t.Errorf("after the edit: %+v", c)
		}
		w.Read(func(tx *db.Tx) error {
			all, err := question.Of(tx, r.Conversation)
			if len(all) != 3 || all[0].Quote != "Where is my parcel?" || all[0].State != question.NotAQuestion {
				t.Errorf("what was asked before the edit: %+v", all)
			}
			return err
		})
		x := m
		x.Kind, x.Text = channel.Delete, ""
		w.Hears(x)
		w.Read(func(tx *db.Tx) error {
			msg, err := conversation.GetMessage(tx, r.Message)
			if !msg.Gone || msg.Words != "" {
				t.Errorf("after the deletion: %+v", msg)
			}
			return err
		})
	})
}

func TestWhatStoodThereBeforeOwesNothingUntilItIsSaidToUs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		root := w.Says("olga", "", "Does anybody know when they open?")
		root.Context = true
		r := w.Hears(root, w.Says("hanne", root.ThreadKey, "@tarn when do you open?"))
		c := w.Conversation(r[1].Conversation)
		w.Read(func(tx *db.Tx) error {
			p, err := conversation.Participants(tx, c.ID)
			if len(p) != 2 || p[0].Name != "@hanne" || p[0].Role != "principal" {
				t.Errorf("participants %+v", p)
			}
			return err
		})
		if c.OwedQuestions != 1 || r[0].Conversation != c.ID {
			t.Errorf("owes %d", c.OwedQuestions)
		}
		root.Context = false
		w.Hears(root)
		if c := w.Conversation(c.ID); c.OwedQuestions != 2 {
			t.Errorf("said to us, it owes %d", c.OwedQuestions)
		}
	})
}

func TestPublicAndPrivateWordsOfOneThreadAreToldApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		pub := w.Says("hanne", "", "Where is my parcel?")
		priv := w.Says("hanne", pub.ThreadKey, "My number is 999, does that help?")
		priv.Public = false
		got := w.Hears(pub, priv)
		late := w.Says("hanne", pub.ThreadKey, "And in private again?")
		late.Public = false
		got = append(got, w.Hears(late)...)
		if got[0].Conversation != got[1].Conversation || got[0].Thread == got[1].Thread || got[1].Thread != got[2].Thread {
			t.Errorf("%+v", got)
		}
		w.Read(func(tx *db.Tx) error {
			ts, err := conversation.Threads(tx, got[0].Conversation)
			if len(ts) != 2 || ts[0].RemoteKey != ts[1].RemoteKey || ts[0].Kind == ts[1].Kind {
				t.Errorf("%+v", ts)
			}
			return err
		})
	})
}

func TestWhatComesBeforeItsMessageIsNotLost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		gone, edited := w.Says("hanne", "", "Should this be gone?"), w.Says("olga", "", "Old words?")
		x, e := gone, edited
		x.Kind, x.Text = channel.Delete, ""
		e.Kind, e.Text = channel.Edit, "What are the new words?"
		w.Hears(x, e)
		got := w.Hears(gone, edited)
		w.Read(func(tx *db.Tx) error {
			m, err := conversation.GetMessage(tx, got[0].Message)
			if err != nil || !m.Gone || m.Words != "" {
				t.Errorf("deleted before it came: %+v, %v", m, err)
			}
			m, err = conversation.GetMessage(tx, got[1].Message)
			if err != nil || m.Words != e.Text || m.Version != 2 {
				t.Errorf("edited before it came: %+v, %v", m, err)
			}
			return nil
		})
		if a, b := w.Conversation(got[0].Conversation), w.Conversation(got[1].Conversation); a.OwedQuestions != 0 || a.WaitingSince != db.Never || b.OwedQuestions != 1 || b.Asked != e.Text {
			t.Errorf("%+v %+v", a, b)
		}
	})
}

func TestNothingIsPostedUnderADeletedPost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		m := w.Says("hanne", "", "Where is my parcel?")
		r := w.Hears(m)[0]
		m.Kind, m.Text = channel.Delete, ""
		w.Hears(m)
		for seen, want := range map[conversation.MessageID]fault.Kind{"": fault.Conflict, "nonsense": fault.Invalid} {
			err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
				_, err := reply.Send(tx, w.Mara.Actor(), draft.Draft{Conversation: r.Conversation, Words: "On Friday.", Seen: seen}, 0)
				return err
			})
			if !fault.Is(err, want) {
				t.Errorf("seen %q: %v", seen, err)
			}
		}
	})
}

func TestWhatComesDuringTheUndoWindowStaysInSight(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		r := w.Hears(w.Says("hanne", "", "Your tents are a joy."))[0]
		var sent reply.Sent
		w.Write(func(tx *db.Tx) (err error) {
			sent, err = reply.Send(tx, w.Mara.Actor(), draft.Draft{Conversation: r.Conversation, Words: "Glad to hear it."}, 5e6)
			return err
		})
		w.Hears(w.Says("hanne", "m1", "My address was wrong, I moved last week."))
		w.Write(func(tx *db.Tx) error { return reply.Release(tx, auth.TheHouse(), sent.Message) })
		if c := w.Conversation(r.Conversation); c.Status != conversation.Open || c.WaitingSince == db.Never {
			t.Errorf("her second message went out of sight: %+v", c)
		}
	})
}

func TestAMergedCustomerIsStillThePrincipal(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		a, b := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0], w.Hears(w.Says("hanne2", "", "Your tents are a joy."))[0]
		w.Write(func(tx *db.Tx) error { return contact.Join(tx, w.Mara.Actor(), a.Contact, b.Contact, "she said so") })
		end(w, a.Conversation, conversation.Declined)
		r := w.Hears(w.Says("hanne", "m1", "It is still broken and nothing came."))[0]
		if c := w.Conversation(a.Conversation); !r.Work || c.Status != conversation.Open {
			t.Errorf("taken for an onlooker: %+v", c)
		}
	})
}

func TestANewDebtBringsAConversationBackIntoSight(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		m := w.Says("hanne", "", "Your tents are a joy.")
		r := w.Hears(m)[0]
		w.Write(func(tx *db.Tx) error {
			_, err := reply.Send(tx, w.Mara.Actor(), draft.Draft{Conversation: r.Conversation, Words: "Glad to hear it."}, 0)
			return err
		})
		m.Kind, m.Text = channel.Edit, "Your tents are a joy. Where is mine?"
		w.Hears(m)
		if c := w.Conversation(r.Conversation); c.Status != conversation.Open || c.OwedQuestions != 1 || c.WaitingSince == db.Never {
			t.Errorf("%+v", c)
		}
	})
}

func TestTwoPeopleSettleOneQuestionOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		r := w.Hears(w.Says("hanne", "", "Where is my parcel? And who pays for it?"))[0]
		var qs []question.Question
		w.Read(func(tx *db.Tx) (err error) { qs, err = question.Of(tx, r.Conversation); return err })
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
					return question.Settle(tx, w.Mara.Actor(), question.End{Question: qs[0].ID, State: question.NotAQuestion})
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if c := w.Conversation(r.Conversation); c.OwedQuestions != 1 {
			t.Errorf("owes %d, and one is open", c.OwedQuestions)
		}
	})
}

func TestTheQuarantineIsASendersAndGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		c := w.Hears(w.Says("buy", "", "Where do you buy your watches?"))[0].Conversation
		end(w, c, conversation.Spam)
		olga := w.Hears(w.Says("olga", "m1", "When do you open on Sunday?"))[0]
		if got := w.Conversation(olga.Conversation); olga.Conversation == c || got.Quarantined || got.OwedQuestions != 1 || got.Follows != c {
			t.Errorf("an innocent question: %+v", got)
		}
		w.Write(func(tx *db.Tx) error { return resolve.Again(tx, w.Mara.Actor(), c, "a real customer") })
		if got := w.Conversation(c); got.Status != conversation.Open || got.OwedQuestions == 0 || got.WaitingSince == db.Never || got.Asked == "" {
			t.Errorf("given back: %+v", got)
		}
	})
}

func TestStrangeThreadsAndWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		self := w.Says("hanne", "", "Is this my own tail?")
		self.InReplyTo = self.ExternalID
		a, b := w.Says("olga", "", "Does a answer b?"), w.Says("piet", "", "Does b answer a?")
		a.InReplyTo, b.InReplyTo = b.ExternalID, a.ExternalID
		got := w.Hears(self, a, b)
		for _, r := range got {
			if c := w.Conversation(r.Conversation); c.OwedQuestions != 1 {
				t.Errorf("%+v", c)
			}
		}
		many := w.Says("bot", "", strings.Repeat("Where is it? ", 8000))
		r := w.Hears(many)[0]
		if c := w.Conversation(r.Conversation); c.OwedQuestions == 0 || c.OwedQuestions > 50 {
			t.Errorf("a hundred thousand letters of questions owe %d", c.OwedQuestions)
		}
		bidi := w.Says("eve", "", channel.Clean("When \u202eneho\u202c\x00 is it?"))
		if r := w.Hears(bidi)[0]; w.Conversation(r.Conversation).OwedQuestions != 1 {
			t.Error("a question between tricks was not found")
		}
	})
}

func TestWallBetweenBrands(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := desktest.New(t, d)
		c := w.Hears(w.Says("hanne", "", "Where is my parcel?"))[0].Conversation
		stranger := auth.Actor{Kind: auth.Person, ID: "x", Role: auth.Agent, Brands: []string{"another"}}
		err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			_, err := reply.Send(tx, stranger, draft.Draft{Conversation: c, Words: "Hello"}, 0)
			return err
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger got %v", err)
		}
	})
}

func end(w *desktest.World, c conversation.ID, o conversation.Outcome) {
	w.T.Helper()
	w.Write(func(tx *db.Tx) error {
		open, err := question.Owing(tx, c)
		if err != nil {
			return err
		}
		var ends []question.End
		for _, q := range open {
			ends = append(ends, question.End{Question: q.ID, State: question.Declined, Reason: "said so"})
		}
		refused, err := resolve.Do(tx, w.Mara.Actor(), resolve.Item{Conversation: c, Outcome: o, Ends: ends})
		if len(refused) > 0 {
			w.T.Errorf("refused: %v", refused[0])
		}
		return err
	})
}
