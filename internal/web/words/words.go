// Package words is the one catalogue of everything a page says. A language is a value of type Words: a field for each sentence, so
// that a missing one does not compile into silence but fails a test, and a sentence with figures in it is a function of them.
// The customer's words are never in here, and never translated by it.
package words

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Words is one language.
type Words struct {
	// Tag is the language as HTML names it; Dir is "ltr" or "rtl".
	Tag, Dir string

	Time   Time
	Rail   Rail
	List   List
	Talk   Talk
	Record Record
	Ask    Ask
	Write  Write
	Close  Close
	Beside Beside
	Keys   Keys
	Entry  Entry
	Set    Settings
	Calm   Calm
	Error  Error
	Name   Names
}

// Time is how moments and spans are written.
type Time struct {
	Now, Today, Yesterday string
	// Min, Hour, Day are patterns with # for the figure: live.js uses them too.
	Min, Hour, HourMin, Day, Days, Sec string
	months                             [12]string
	day                                func(d int, month string, year int) string
}

// Rail is the leftmost column.
type Rail struct {
	Home, Desk, Settings, SignOut, Theme, Skip, Main string
	Presence, Here, Away, Off, Brand, Me, Menu       string
}

// List is the column of conversations.
type List struct {
	Title, Search, SearchHint, Clear, Views, Conversations, Show, More, Loading, Question, Private, Public, Both       string
	Owner, Unowned, Waiting, Owed, Answered, Snoozed, Resolved, Archived, WeWrote, NoQuestion, Uncertain, Failed, Gone string
	Mine, All, ViewUnowned, ViewOpen, ViewWaiting, ViewArchived, ViewUncertain, ViewDept, ViewPromises, ViewBreaking   string
	EmptyMine, EmptyUnowned, EmptyAll, EmptySearch, EmptyOther, BrokenList, Again, Longest, Latest                     string
	New                                                                                                                func(n int, since string) string
	MoreAsks                                                                                                           func(n int) string
	Why                                                                                                                func(where string) string
}

// Record is the quiet lines: what happened beside words.
type Record struct {
	Owner, Released, Resolved, Reopened, Severity, Tagged, Untagged func(who, what string) string
	House                                                           string
}

// Talk is the conversation.
type Talk struct {
	Back, Owns, OwnIt, Release, Nobody, Note, Close, CloseOwed, Reopen, Context, Tools, Timeline, Yesterday    string
	PublicOn, PrivateOn                                                                                        func(channel string) string
	Hands                                                                                                      func(n int) string
	Accountable                                                                                                func(name string) string
	WaitingFor                                                                                                 func(span string) string
	Ended                                                                                                      func(outcome string) string
	OwnerTag, CoverTag, Outside, NoteHead, Edited, Gone, GoneWhy, Automatic, Thanks, Attachment, EarlierHidden string
	Parts                                                                                                      func(n int) string
	Undoable, Queued, Sending, Sent, FailedSend, Uncertain, UncertainWhy, Look, ItIsThere, SendAgain, Copy     string
	Original, Severity, Status, Newest, Nothing, Onlooker, LookExternal                                        string
	Empty, EmptyHint                                                                                           string
}

// Ask is the checklist of questions.
type Ask struct {
	Title, None, End, Answered, AnsweredBy, ByDepartment, ByCommunity, Declined, NotAQuestion, Reopen, Reason, Save, Add, AddHint string
	AddFrom, AddWords, AddSave, DraftAnswers, ThisAnswers, DeclinedTold, Department, Nobody, InReply, Open                        string
	Count                                                                                                                         func(open, all int) string
	Label                                                                                                                         func(n int) string
	At                                                                                                                            func(when string) string
	ByDept                                                                                                                        func(name string) string
}

// Write is the composer and what follows sending.
type Write struct {
	Label, Where, Public, Private, Note, PublicReply, PrivateReply, NoteTo, SendPublic, SendPrivate, KeepNote string
	PublicTo, PrivateTo                                                                                       func(channel, as, to string) string
	Signs, Owner, Cover, Length, Kept, Keeping, NotKept, TooLong, Placeholder, PlaceholderNote, Closed        string
	Of                                                                                                        func(n, limit int) string
	Parts                                                                                                     func(n int) string
	UndoBar, UndoDo, UndoHint, Undone, Left, LeftNow, TooLate                                                 string
	Stale, StaleWhy, StaleSend, SendOff                                                                       string
}

// Close is the strip that ends a conversation.
type Close struct {
	Title, Hint, How, Do, Cancel, Why, None, OwedTitle string
	Answered, Department, Community, Told, SaidTwice   string
	Rhetorical, Bait, WentQuiet, Not, DeclinedWhy      string
	AnsweredIn                                         func(when, who string) string
	Suggested                                          func(why string) string
	Owed                                               func(n int) string
}

// Beside is the context column.
type Beside struct {
	Title, Close, Identities, Earlier, NoEarlier, Participants, Same, SameHint, Merge, NotSame, Merged, Split, Evidence, Principal string
	Threads, Tags, Details, Opened, Channel, Follows, Since, Unknown                                                               string
	Asked                                                                                                                          func(n int) string
}

// Keys is the list of keys.
type Keys struct {
	Title, Hint, On, Change, Press, Reset, Close, Taken, All, Go                                          string
	Next, Prev, Move, Open, Reply, Note, Own, End, Undo, Search, List, Desk, Send, Unowned, Accept, Leave string
}

// Entry is signing in and the very first page.
type Entry struct {
	Title, Lead, Email, Password, SignIn, Wrong, TooOften, Out                          string
	FirstTitle, FirstLead, Name, NameHint, PasswordHint, BrandName, BrandHint, ZoneIs   string
	Create, Short, NeedName, NeedEmail, NeedBrand, Done, Promise, Show, Forgot, Expired string
}

// Settings is the read-only page of accounts and people.
type Settings struct {
	Title, Accounts, AccountsLead, NoAccounts, NoAccountsDo, People, PeopleLead               string
	Account, Channel, Health, Name, Role, Presence, Email, Last, Ok, Trouble, Off, Never, How string
	AllBrands, Brands                                                                         string
}

// Calm is the page when nothing is open.
type Calm struct {
	Done, DoneLead, Choose, ChooseLead, Welcome, WelcomeLead, WelcomeDo, Unowned string
	ToUnowned                                                                    func(n int) string
}

// Error is what pages say when something went wrong: what happened, what was kept, what to do.
type Error struct {
	NotFound, NotFoundLead, Forbidden, ForbiddenLead, Broken, BrokenLead, Conflict, ConflictLead, Invalid, Limited, LimitedLead string
	Kept, KeptNothing, ToDesk, Again, SignIn, Number, Offline, OfflineLead, Back, Expired, ExpiredLead, TooLarge, TooLargeLead  string
	Happened, What, Do                                                                                                          string
}

// Names turns the fixed words of the house into words for people.
type Names struct {
	Outcomes   map[string]string
	Statuses   map[string]string
	Severities map[string]string
	Roles      map[string]string
	Channels   map[string]string
}

// Supported lists the languages, the first one for everybody else.
func Supported() []*Words { return []*Words{english, german} }

var matcher = language.NewMatcher([]language.Tag{language.English, language.German})

// Choose picks a language: what the person chose, else what the browser asks for, else English.
func Choose(chosen, acceptLanguage string) *Words {
	_, i := language.MatchStrings(matcher, chosen, acceptLanguage)
	return Supported()[i]
}

// Outcome names an outcome.
func (w *Words) Outcome(s string) string { return named(w.Name.Outcomes, s) }

// Status names a status.
func (w *Words) Status(s string) string { return named(w.Name.Statuses, s) }

// Severity names a severity.
func (w *Words) Severity(s string) string { return named(w.Name.Severities, s) }

// Role names a role.
func (w *Words) Role(s string) string { return named(w.Name.Roles, s) }

// Channel names a channel.
func (w *Words) Channel(s string) string { return named(w.Name.Channels, s) }

// PresenceOf names where somebody is.
func (w *Words) PresenceOf(s string) string {
	switch s {
	case "here":
		return w.Rail.Here
	case "away":
		return w.Rail.Away
	}
	return w.Rail.Off
}

// named falls back on the word itself: a channel nobody named yet is still better shown than hidden.
func named(m map[string]string, s string) string {
	if n, ok := m[s]; ok {
		return n
	}
	return strings.ReplaceAll(s, "_", " ")
}

// Span writes how long something took or has lasted, as one would say it: "now", "12 min", "1 h 10 min", "3 days".
func (w *Words) Span(d time.Duration) string {
	t := w.Time
	switch m := int(d / time.Minute); {
	case m < 1:
		return t.Now
	case m < 60:
		return fill(t.Min, m)
	case m < 4*60 && m%60 != 0:
		return fill(strings.Replace(t.HourMin, "##", strconv.Itoa(m%60), 1), m/60)
	case m < 48*60:
		return fill(t.Hour, m/60)
	default:
		return fill(t.Days, m/(24*60))
	}
}

func fill(pattern string, n int) string { return strings.Replace(pattern, "#", strconv.Itoa(n), 1) }

// Clock writes the time of day.
func (w *Words) Clock(at time.Time) string { return at.Format("15:04") }

// Day writes a date as a reader on that day would: today, yesterday, else the date, with its year when it is not this one.
func (w *Words) Day(at, now time.Time) string {
	y, m, d := at.Date()
	ny, nm, nd := now.Date()
	switch midnight := time.Date(ny, nm, nd, 0, 0, 0, 0, now.Location()); {
	case y == ny && m == nm && d == nd:
		return w.Time.Today
	case at.Before(midnight) && !at.Before(midnight.AddDate(0, 0, -1)):
		return w.Time.Yesterday
	case y == ny:
		y = 0
	}
	return w.Time.day(d, w.Time.months[m-1], y)
}

// Moment writes when something was: the time of day when it was today, else the date.
func (w *Words) Moment(at, now time.Time) string {
	if day := w.Day(at, now); day != w.Time.Today {
		return day + ", " + w.Clock(at)
	}
	return w.Clock(at)
}
