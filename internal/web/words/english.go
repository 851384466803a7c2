package words

import (
	"strconv"
)

var english = &Words{
	Tag: "en", Dir: "ltr",
	Time: Time{
		Now: "a moment", Today: "Today", Yesterday: "Yesterday",
		Sec: "# s", Min: "# min", Hour: "# h", HourMin: "# h ## min", Day: "# day", Days: "# days",
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		day: func(d int, month string, year int) string {
			if year == 0 {
				return strconv.Itoa(d) + " " + month
			}
			return strconv.Itoa(d) + " " + month + " " + strconv.Itoa(year)
		},
	},
	Rail: Rail{
		Home: "Answerable, home", Desk: "Desk", Settings: "Settings", SignOut: "Sign out", Theme: "Light or dark", Menu: "Main",
		Skip: "Skip to the main part", Main: "Main part", Presence: "Change presence", Here: "here", Away: "away", Off: "off shift",
		Brand: "Brand", Me: "Me",
	},
	List: List{
		Title: "Desk", Search: "Search", SearchHint: "Name, handle, words, owner:me, is:open", Clear: "Clear the search", Views: "Views",
		Conversations: "Conversations", Show: "Show", More: "Show more", Loading: "Reading the list", Question: "Question",
		Private: "private", Public: "public", Both: "public and private", Owner: "owner", Unowned: "unowned", Waiting: "waiting", Owed: "answer owed",
		Answered: "answered", Snoozed: "snoozed", Resolved: "resolved", Archived: "archived", WeWrote: "their turn", NoQuestion: "No question found in it",
		Uncertain: "send uncertain", Failed: "send failed", Gone: "left this view",
		Mine: "Mine", All: "All", ViewUnowned: "Unowned", ViewOpen: "Open", ViewWaiting: "Their turn", ViewArchived: "Archived", ViewUncertain: "Uncertain sends",
		ViewDept: "Waiting on a dept.", ViewPromises: "Promises due", ViewBreaking: "Breaking soon",
		EmptyMine:    "A conversation stands here while you own it and something in it is open. None is.",
		EmptyUnowned: "A conversation stands here while nobody owns it. Every one has an owner.",
		EmptyAll:     "Every open conversation of this brand stands here. There is none yet.",
		EmptySearch:  "Nothing holds these words. Try fewer, or a name, a handle, a part of a question.",
		EmptyOther:   "Nothing stands in this view now. New work comes in by itself.",
		BrokenList:   "The list could not be read. What you had open is still open.", Again: "Read it again", Longest: "Longest wait first", Latest: "Latest first",
		New: func(n int, since string) string { return strconv.Itoa(n) + " new since " + since },
		MoreAsks: func(n int) string {
			if n == 1 {
				return "1 more"
			}
			return strconv.Itoa(n) + " more"
		},
		Why: func(where string) string { return "found in " + where },
	},
	Record: Record{
		House:    "the desk",
		Owner:    func(by, to string) string { return to + " owns this now, set by " + by },
		Released: func(by, _ string) string { return "Nobody owns this now, set by " + by },
		Resolved: func(by, o string) string { return "Ended by " + by + ": " + o },
		Reopened: func(by, _ string) string { return "Opened again by " + by },
		Severity: func(by, s string) string { return "Severity " + s + ", set by " + by },
		Tagged:   func(by, t string) string { return "Tag " + t + ", set by " + by },
		Untagged: func(by, t string) string { return "Tag " + t + " taken off by " + by },
	},
	Talk: Talk{
		Back: "Back to the list", Owns: "owns this", OwnIt: "Own it", Release: "Let it go", Nobody: "Nobody owns this", Note: "Note",
		Close: "End it", CloseOwed: "End it: a question is still open", Reopen: "Reopen", Context: "Context", Tools: "Act on this conversation",
		Timeline: "Conversation, oldest first", Yesterday: "Yesterday",
		PublicOn:    func(c string) string { return "public on " + c },
		PrivateOn:   func(c string) string { return "private, " + c },
		Accountable: func(n string) string { return n + " answers for it until somebody does" },
		WaitingFor:  func(s string) string { return "waiting " + s },
		Ended:       func(o string) string { return "Ended: " + o },
		Hands: func(n int) string {
			if n == 1 {
				return "1 hand"
			}
			return strconv.Itoa(n) + " hands"
		},
		OwnerTag: "owner", CoverTag: "cover", Outside: "answered outside the desk", NoteHead: "Note, only we see this", Edited: "edited",
		Gone: "Deleted by its author.", GoneWhy: "The words are masked; what we promised stays.", Automatic: "automatic", Thanks: "said thanks",
		Attachment: "Attachment", EarlierHidden: "Show what came before",
		Parts:    func(n int) string { return "in " + strconv.Itoa(n) + " parts" },
		Undoable: "goes out in a moment", Queued: "waiting to go out", Sending: "going out", Sent: "sent", FailedSend: "not sent",
		Uncertain: "Not known whether it arrived.", UncertainWhy: "The line broke while it was going out. Look before you send it again.",
		Look: "Look", ItIsThere: "It is there", SendAgain: "Send again", Copy: "Copy the words", Original: "before the edit", Severity: "Severity",
		Status: "Status", Newest: "To the newest", Nothing: "Nothing was said yet.", Onlooker: "onlooker", LookExternal: "opens the channel",
		Empty: "No conversation is open", EmptyHint: "Choose one on the left.",
	},
	Ask: Ask{
		Title: "Their questions", None: "No question was found in their words.", End: "Settle", Answered: "Answered", AnsweredBy: "Answered in",
		ByDepartment: "Answered by a department", ByCommunity: "Answered by the community", Declined: "Declined, they were told why",
		NotAQuestion: "Not a question", Reopen: "Open again", Reason: "Reason", Save: "Save", Add: "Add a question",
		AddHint: "Mark the words in a message, or write them here as they stand there.", AddFrom: "In the message of", AddWords: "Their words", AddSave: "Add it",
		DraftAnswers: "this reply answers it", ThisAnswers: "My reply answers question", DeclinedTold: "What they were told", Department: "Department",
		Nobody: "open", InReply: "reply", Open: "open",
		Count:  func(o, a int) string { return strconv.Itoa(o) + " of " + strconv.Itoa(a) + " open" },
		Label:  func(n int) string { return "Question " + strconv.Itoa(n) },
		At:     func(s string) string { return "answered " + s },
		ByDept: func(s string) string { return "answered by " + s },
	},
	Write: Write{
		Label: "Reply", Where: "Where this goes", Public: "Public", Private: "Private", Note: "Note", PublicReply: "Public reply",
		PrivateReply: "Private reply", NoteTo: "only we see this", SendPublic: "Send in public", SendPrivate: "Send privately", KeepNote: "Keep the note",
		PublicTo: func(c, as, _ string) string { return "on " + c + as3(as) + "; anyone can read it" },
		PrivateTo: func(c, as, to string) string {
			return "on " + c + as3(as) + "; " + to + " and we can read it"
		},
		Signs: "signed", Owner: "owner", Cover: "for the owner", Length: "Length: ", Kept: "draft kept", Keeping: "keeping the draft", NotKept: "draft not kept yet",
		TooLong: "too long by", Placeholder: "Write to them in your own words", PlaceholderNote: "Write to your colleagues", Closed: "cannot be written to now",
		Of:      func(n, l int) string { return strconv.Itoa(n) + " of " + strconv.Itoa(l) },
		Parts:   func(n int) string { return "goes out in " + strconv.Itoa(n) + " parts" },
		UndoBar: "Your reply goes out in", UndoDo: "Undo", UndoHint: "Nobody has seen it yet.", Undone: "Taken back. Your words are in the draft again.",
		Left: "Your reply is on its way.", LeftNow: "on its way", TooLate: "It had already left. You can still delete it on the channel.",
		Stale: "Something came in since you began.", StaleWhy: "Your words are kept in the draft. Read what is new, then send.", StaleSend: "Send it as it is",
		SendOff: "Nothing written yet",
	},
	Close: Close{
		Title: "End this conversation", Hint: "Press e again to accept all of it", How: "How it ended", Do: "End it so", Cancel: "Not yet",
		Why: "Why, in a word or two", None: "No question is open.", OwedTitle: "It still owes",
		Answered: "answered", Department: "answered by a department", Community: "answered by the community", Told: "declined, they were told",
		SaidTwice: "the same as another question", Rhetorical: "not really a question", Bait: "bait, needs no answer", WentQuiet: "they went quiet",
		Not: "leave it open", DeclinedWhy: "Why it was declined",
		AnsweredIn: func(when, who string) string { return "answered by " + who + ", " + when },
		Suggested:  func(why string) string { return "suggested: " + why },
		Owed: func(n int) string {
			if n == 1 {
				return "1 question is still open. Say how it ended and press again."
			}
			return strconv.Itoa(n) + " questions are still open. Say how each ended and press again."
		},
	},
	Beside: Beside{
		Title: "Context", Close: "Close the context", Identities: "Where we know them", Earlier: "Before this", NoEarlier: "The first time they write to us.",
		Participants: "Also in this thread", Same: "Perhaps the same person", SameHint: "Joining can be undone.", Merge: "It is the same person", NotSame: "Somebody else",
		Merged: "Joined with", Split: "Undo", Evidence: "because", Principal: "asks here", Threads: "Where it is told", Tags: "Tags", Details: "This conversation",
		Opened: "opened", Channel: "Channel", Follows: "follows", Since: "known since", Unknown: "No contact: we wrote first and nobody answered.",
		Asked: func(n int) string {
			if n == 1 {
				return "1 question"
			}
			return strconv.Itoa(n) + " questions"
		},
	},
	Keys: Keys{
		Title: "Keys", Hint: "Keys do nothing while you write. Each has a button too.", On: "Single keys work", Change: "Change", Press: "Press a key",
		Reset: "As they were", Close: "Close", Taken: "That key is taken", All: "all keys", Go: "go to",
		Move: "move", Next: "next conversation", Prev: "previous conversation", Open: "open it", Reply: "reply", Note: "note", Own: "own it", End: "end it; again: accept",
		Undo: "undo", Search: "search", List: "this list", Desk: "the desk", Send: "send", Unowned: "unowned", Accept: "accept", Leave: "leave the text",
	},
	Entry: Entry{
		Title: "Sign in", Lead: "The desk of the people who answer.", Email: "E-mail", Password: "Password", SignIn: "Sign in",
		Wrong: "E-mail and password do not belong together. Nothing is locked; try again.", TooOften: "Too many tries from here. Wait a minute, then try again.",
		Out: "You are signed out.", FirstTitle: "Nobody is here yet", FirstLead: "Make the first person of this house. They may connect channels and invite the others.",
		Name: "Your name", NameHint: "As customers will read it under your replies.", PasswordHint: "At least 10 characters. A sentence is fine.",
		BrandName: "Your brand", BrandHint: "Its name, as customers know it.", ZoneIs: "Time zone", Create: "Make the first admin",
		Short: "Too short: at least 10 characters.", NeedName: "Your name is missing.", NeedEmail: "That is no e-mail address.", NeedBrand: "The brand's name is missing.",
		Done: "Done. Sign in to begin.", Promise: "Everything stays on this machine. Nothing is sent to anyone.", Show: "Show it",
		Forgot: "Forgotten? An admin can set a new one.", Expired: "Your session ended. Sign in again; your drafts are kept.",
	},
	Set: Settings{
		Title: "Settings", Accounts: "Channels", AccountsLead: "Where customers reach this brand.", NoAccounts: "No channel is connected",
		NoAccountsDo: "An operator connects the first one on the command line:", People: "People", PeopleLead: "Who answers, and what they may do.",
		Account: "Account", Channel: "Channel", Health: "Health", Name: "Name", Role: "Role", Presence: "Presence", Email: "E-mail", Last: "Last heard",
		Ok: "works", Trouble: "in trouble", Off: "switched off", Never: "never", How: "What to do", AllBrands: "all brands", Brands: "Brands",
	},
	Calm: Calm{
		Done: "Nobody is waiting for you", DoneLead: "All that you own is answered. New work comes in by itself; you need not reload.",
		Choose: "Choose a conversation", ChooseLead: "The one at the top has waited longest.",
		Welcome: "This is the desk", WelcomeLead: "Every public question stands here until a person has answered it. Connect a channel and the first one comes in by itself.",
		WelcomeDo: "See the channels", Unowned: "Unowned",
		ToUnowned: func(n int) string {
			if n == 1 {
				return "1 conversation has no owner"
			}
			return strconv.Itoa(n) + " conversations have no owner"
		},
	},
	Error: Error{
		NotFound: "There is nothing here", NotFoundLead: "The page was moved, or the address has a slip in it, or it belongs to a brand you do not work for.",
		Forbidden: "This is not yours to see", ForbiddenLead: "Your role does not reach here. An admin of the brand can change that.",
		Broken: "Something broke on our side", BrokenLead: "It was not you, and it has been written down.",
		Conflict: "Somebody was quicker", ConflictLead: "It changed while you were looking at it.",
		Invalid: "That could not be read", Limited: "A little slower, please", LimitedLead: "Too many tries from here in a short time.",
		Kept: "Your draft is kept as you typed it.", KeptNothing: "Nothing was changed.", ToDesk: "To the desk", Again: "Try again", SignIn: "Sign in",
		Number: "Number", Offline: "No connection", OfflineLead: "You can go on writing; the draft is kept here and sent when the line is back.", Back: "Back",
		Expired: "Your session ended", ExpiredLead: "Sign in again and you are back where you were.", TooLarge: "That is too much at once",
		TooLargeLead: "The limit is there so that one form cannot fill the house.", Happened: "What happened", What: "What was kept", Do: "What to do",
	},
	Name: Names{
		Outcomes: map[string]string{
			"answered": "answered", "fixed": "fixed", "declined": "declined", "no_reply_needed": "no reply needed", "withdrawn": "withdrawn by them",
			"went_quiet": "went quiet", "spam": "spam", "abuse": "abuse", "duplicate": "duplicate", "passed_to_complaint": "passed to complaint",
		},
		Statuses:   map[string]string{"open": "open", "waiting": "their turn", "snoozed": "snoozed", "resolved": "resolved", "archived": "archived"},
		Severities: map[string]string{"low": "Low", "normal": "Normal", "high": "High", "top": "Top"},
		Roles: map[string]string{
			"agent": "agent", "lead": "lead", "expert": "expert", "approver": "approver", "executive": "executive", "admin": "admin", "auditor": "auditor",
		},
		Channels: channels("Web form", "Phone", "E-mail", "Forum", "Signed door"),
	},
}

// as3 is " as @handle", or nothing when the account has no handle.
func as3(handle string) string {
	if handle == "" {
		return ""
	}
	return " as " + handle
}

func channels(form, phone, mail, forum, signed string) map[string]string {
	return map[string]string{
		"mastodon": "Mastodon", "bluesky": "Bluesky", "email": mail, "webform": form, "phone": phone, "facebook": "Facebook", "instagram": "Instagram",
		"messenger": "Messenger", "whatsapp": "WhatsApp", "telegram": "Telegram", "x": "X", "twitter": "Twitter", "discourse": forum, "signed": signed,
	}
}
