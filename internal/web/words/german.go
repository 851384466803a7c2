package words

import (
	"strconv"
)

var german = &Words{
	Tag: "de", Dir: "ltr",
	Time: Time{
		Now: "einem Moment", Today: "Heute", Yesterday: "Gestern",
		Sec: "# s", Min: "# Min.", Hour: "# Std.", HourMin: "# Std. ## Min.", Day: "# Tag", Days: "# Tagen",
		months: [12]string{
			"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
		},
		day: func(d int, month string, year int) string {
			if year == 0 {
				return strconv.Itoa(d) + ". " + month
			}
			return strconv.Itoa(d) + ". " + month + " " + strconv.Itoa(year)
		},
	},
	Rail: Rail{
		Home: "Answerable, Anfang", Desk: "Schreibtisch", Settings: "Einstellungen", SignOut: "Abmelden", Theme: "Hell oder dunkel", Menu: "Hauptmenü",
		Skip: "Zum Hauptteil springen", Main: "Hauptteil", Presence: "Anwesenheit ändern", Here: "da", Away: "kurz weg", Off: "nicht im Dienst",
		Brand: "Marke", Me: "Ich",
	},
	List: List{
		Title: "Schreibtisch", Search: "Suchen", SearchHint: "Name, Konto, Wörter, owner:me, is:open", Clear: "Suche leeren", Views: "Ansichten",
		Conversations: "Gespräche", Show: "Zeigen", More: "Mehr zeigen", Loading: "Die Liste wird gelesen", Question: "Frage",
		Private: "privat", Public: "öffentlich", Both: "öffentlich und privat", Owner: "zuständig", Unowned: "ohne Zuständige", Waiting: "wartet seit", Owed: "Antwort offen",
		Answered: "beantwortet", Snoozed: "zurückgestellt", Resolved: "abgeschlossen", Archived: "Archiv", WeWrote: "sie sind dran", NoQuestion: "Keine Frage darin gefunden",
		Uncertain: "Versand ungewiss", Failed: "Versand gescheitert", Gone: "nicht mehr hier",
		Mine: "Meine", All: "Alle", ViewUnowned: "Ohne Zuständige", ViewOpen: "Offen", ViewWaiting: "Sie sind dran", ViewArchived: "Archiv", ViewUncertain: "Ungewisse Sendungen",
		ViewDept: "Bei Abteilungen", ViewPromises: "Zusagen fällig", ViewBreaking: "Bald zu spät",
		EmptyMine:    "Hier steht ein Gespräch, solange Sie zuständig sind und etwas darin offen ist. Gerade keines.",
		EmptyUnowned: "Hier steht ein Gespräch, solange niemand zuständig ist. Jedes hat jemanden.",
		EmptyAll:     "Hier steht jedes offene Gespräch dieser Marke. Noch gibt es keines.",
		EmptySearch:  "Nichts enthält diese Wörter. Weniger Wörter, ein Name, ein Konto oder ein Stück der Frage helfen oft.",
		EmptyOther:   "In dieser Ansicht steht gerade nichts. Neues kommt von selbst herein.",
		BrokenList:   "Die Liste ließ sich nicht lesen. Was offen war, ist noch offen.", Again: "Noch einmal lesen", Longest: "Längstes Warten zuerst", Latest: "Neuestes zuerst",
		New: func(n int, since string) string { return strconv.Itoa(n) + " neu seit " + since },
		MoreAsks: func(n int) string {
			if n == 1 {
				return "1 weitere"
			}
			return strconv.Itoa(n) + " weitere"
		},
		Why: func(where string) string { return "gefunden in " + where },
	},
	Record: Record{
		House:    "der Schreibtisch",
		Owner:    func(by, to string) string { return "Jetzt zuständig: " + to + ", gesetzt von: " + by },
		Released: func(by, _ string) string { return "Jetzt niemand zuständig, gesetzt von: " + by },
		Resolved: func(by, o string) string { return "Abgeschlossen von: " + by + ", " + o },
		Reopened: func(by, _ string) string { return "Wieder geöffnet von: " + by },
		Severity: func(by, s string) string { return "Schwere " + s + ", gesetzt von: " + by },
		Tagged:   func(by, t string) string { return "Schlagwort " + t + ", gesetzt von: " + by },
		Untagged: func(by, t string) string { return "Schlagwort " + t + " entfernt von: " + by },
	},
	Talk: Talk{
		Back: "Zurück zur Liste", Owns: "ist zuständig", OwnIt: "Übernehmen", Release: "Abgeben", Nobody: "Niemand ist zuständig", Note: "Notiz",
		Close: "Abschließen", CloseOwed: "Abschließen: eine Frage ist noch offen", Reopen: "Wieder öffnen", Context: "Umfeld", Tools: "Mit diesem Gespräch",
		Timeline: "Gespräch, Ältestes zuerst", Yesterday: "Gestern",
		PublicOn:    func(c string) string { return "öffentlich auf " + c },
		PrivateOn:   func(c string) string { return "privat, " + c },
		Accountable: func(n string) string { return n + " steht dafür ein, bis jemand übernimmt" },
		WaitingFor:  func(s string) string { return "wartet seit " + s },
		Ended:       func(o string) string { return "Ausgang: " + o },
		Hands: func(n int) string {
			if n == 1 {
				return "1 Hand"
			}
			return strconv.Itoa(n) + " Hände"
		},
		OwnerTag: "zuständig", CoverTag: "Vertretung", Outside: "außerhalb beantwortet", NoteHead: "Notiz, nur für uns", Edited: "bearbeitet",
		Gone: "Von der Verfasserin oder dem Verfasser gelöscht.", GoneWhy: "Der Wortlaut ist verdeckt; was wir zugesagt haben, bleibt.", Automatic: "automatisch", Thanks: "hat sich bedankt",
		Attachment: "Anhang", EarlierHidden: "Zeigen, was davor war",
		Parts:    func(n int) string { return "in " + strconv.Itoa(n) + " Teilen" },
		Undoable: "geht gleich hinaus", Queued: "wartet auf den Versand", Sending: "geht gerade hinaus", Sent: "gesendet", FailedSend: "nicht gesendet",
		Uncertain: "Nicht bekannt, ob es angekommen ist.", UncertainWhy: "Die Verbindung brach ab, während es hinausging. Erst nachsehen, dann noch einmal senden.",
		Look: "Nachsehen", ItIsThere: "Es ist da", SendAgain: "Noch einmal senden", Copy: "Wortlaut kopieren", Original: "vor der Bearbeitung", Severity: "Schwere",
		Status: "Stand", Newest: "Zum Neuesten", Nothing: "Noch wurde nichts gesagt.", Onlooker: "mitlesend", LookExternal: "öffnet den Kanal",
		Empty: "Kein Gespräch ist offen", EmptyHint: "Links eines auswählen.",
	},
	Ask: Ask{
		Title: "Ihre Fragen", None: "In ihren Worten wurde keine Frage gefunden.", End: "Erledigen", Answered: "Beantwortet", AnsweredBy: "Beantwortet in",
		ByDepartment: "Von einer Abteilung beantwortet", ByCommunity: "Von der Gemeinschaft beantwortet", Declined: "Abgelehnt, der Grund wurde genannt",
		NotAQuestion: "Keine Frage", Reopen: "Wieder öffnen", Reason: "Grund", Save: "Sichern", Add: "Frage hinzufügen",
		AddHint: "Die Wörter in einer Nachricht markieren oder hier so abschreiben, wie sie dort stehen.", AddFrom: "In der Nachricht von", AddWords: "Ihre Worte", AddSave: "Hinzufügen",
		DraftAnswers: "diese Antwort beantwortet sie", ThisAnswers: "Meine Antwort beantwortet Frage", DeclinedTold: "Was gesagt wurde", Department: "Abteilung",
		Nobody: "offen", InReply: "Antwort", Open: "offen",
		Count:  func(o, a int) string { return strconv.Itoa(o) + " von " + strconv.Itoa(a) + " offen" },
		Label:  func(n int) string { return "Frage " + strconv.Itoa(n) },
		At:     func(s string) string { return "beantwortet " + s },
		ByDept: func(s string) string { return "beantwortet von " + s },
	},
	Write: Write{
		Label: "Antwort", Where: "Wohin das geht", Public: "Öffentlich", Private: "Privat", Note: "Notiz", PublicReply: "Öffentliche Antwort",
		PrivateReply: "Private Antwort", NoteTo: "nur wir sehen das", SendPublic: "Öffentlich senden", SendPrivate: "Privat senden", KeepNote: "Notiz behalten",
		PublicTo: func(c, as, _ string) string { return "auf " + c + als(as) + "; alle können sie lesen" },
		PrivateTo: func(c, as, to string) string {
			return "auf " + c + als(as) + "; " + to + " und wir können sie lesen"
		},
		Signs: "unterschrieben", Owner: "zuständig", Cover: "in Vertretung", Length: "Länge: ", Kept: "Entwurf gesichert", Keeping: "Entwurf wird gesichert", NotKept: "Entwurf noch nicht gesichert",
		TooLong: "zu lang um", Placeholder: "In eigenen Worten antworten", PlaceholderNote: "An die Kolleginnen und Kollegen", Closed: "nimmt gerade nichts an",
		Of:      func(n, l int) string { return strconv.Itoa(n) + " von " + strconv.Itoa(l) },
		Parts:   func(n int) string { return "geht in " + strconv.Itoa(n) + " Teilen hinaus" },
		UndoBar: "Ihre Antwort geht hinaus in", UndoDo: "Zurückholen", UndoHint: "Noch hat sie niemand gesehen.", Undone: "Zurückgeholt. Der Text steht wieder im Entwurf.",
		Left: "Ihre Antwort ist unterwegs.", LeftNow: "unterwegs", TooLate: "Sie war schon hinaus. Auf dem Kanal lässt sie sich noch löschen.",
		Stale: "Seit Sie angefangen haben, kam etwas herein.", StaleWhy: "Ihr Text steht im Entwurf. Erst das Neue lesen, dann senden.", StaleSend: "Trotzdem so senden",
		SendOff: "Noch nichts geschrieben",
	},
	Close: Close{
		Title: "Dieses Gespräch abschließen", Hint: "Noch einmal e nimmt alles so an", How: "Wie es ausging", Do: "So abschließen", Cancel: "Noch nicht",
		Why: "Warum, in ein, zwei Worten", None: "Keine Frage ist offen.", OwedTitle: "Es fehlt noch",
		Answered: "beantwortet", Department: "von einer Abteilung beantwortet", Community: "von der Gemeinschaft beantwortet", Told: "abgelehnt, der Grund wurde genannt",
		SaidTwice: "dasselbe wie eine andere Frage", Rhetorical: "eigentlich keine Frage", Bait: "Köder, braucht keine Antwort", WentQuiet: "sie haben sich nicht mehr gemeldet",
		Not: "offen lassen", DeclinedWhy: "Warum abgelehnt wurde",
		AnsweredIn: func(when, who string) string { return "beantwortet von " + who + ", " + when },
		Suggested:  func(why string) string { return "Vorschlag: " + why },
		Owed: func(n int) string {
			if n == 1 {
				return "1 Frage ist noch offen. Sagen, wie sie ausging, und noch einmal drücken."
			}
			return strconv.Itoa(n) + " Fragen sind noch offen. Bei jeder sagen, wie sie ausging, und noch einmal drücken."
		},
	},
	Beside: Beside{
		Title: "Umfeld", Close: "Umfeld schließen", Identities: "Wo wir sie kennen", Earlier: "Davor", NoEarlier: "Zum ersten Mal hier.",
		Participants: "Auch in diesem Faden", Same: "Vielleicht dieselbe Person", SameHint: "Zusammenlegen lässt sich rückgängig machen.", Merge: "Es ist dieselbe Person", NotSame: "Jemand anderes",
		Merged: "Zusammengelegt mit", Split: "Rückgängig", Evidence: "weil", Principal: "fragt hier", Threads: "Wo darüber gesprochen wird", Tags: "Schlagwörter", Details: "Dieses Gespräch",
		Opened: "begonnen", Channel: "Kanal", Follows: "folgt auf", Since: "bekannt seit", Unknown: "Kein Kontakt: wir schrieben zuerst, und niemand antwortete.",
		Asked: func(n int) string {
			if n == 1 {
				return "1 Frage"
			}
			return strconv.Itoa(n) + " Fragen"
		},
	},
	Keys: Keys{
		Title: "Tasten", Hint: "Beim Schreiben tun sie nichts. Für jede gibt es auch einen Knopf.", On: "Einzelne Tasten wirken", Change: "Ändern", Press: "Taste drücken",
		Reset: "Wie zu Anfang", Close: "Schließen", Taken: "Diese Taste ist vergeben", All: "alle Tasten", Go: "gehe zu",
		Move: "bewegen", Next: "nächstes Gespräch", Prev: "voriges Gespräch", Open: "öffnen", Reply: "antworten", Note: "Notiz", Own: "übernehmen", End: "abschließen; noch einmal: annehmen",
		Undo: "zurückholen", Search: "suchen", List: "diese Liste", Desk: "Schreibtisch", Send: "senden", Unowned: "ohne Zuständige", Accept: "annehmen", Leave: "Text verlassen",
	},
	Entry: Entry{
		Title: "Anmelden", Lead: "Der Schreibtisch derer, die antworten.", Email: "E-Mail", Password: "Passwort", SignIn: "Anmelden",
		Wrong: "E-Mail und Passwort gehören nicht zusammen. Nichts ist gesperrt; bitte noch einmal.", TooOften: "Zu viele Versuche von hier. Eine Minute warten, dann noch einmal.",
		Out: "Abgemeldet.", FirstTitle: "Noch ist niemand hier", FirstLead: "Die erste Person dieses Hauses anlegen. Sie kann Kanäle verbinden und die anderen einladen.",
		Name: "Ihr Name", NameHint: "So lesen ihn Kundinnen und Kunden unter den Antworten.", PasswordHint: "Mindestens 10 Zeichen. Ein Satz ist gut.",
		BrandName: "Ihre Marke", BrandHint: "Der Name, unter dem man sie kennt.", ZoneIs: "Zeitzone", Create: "Erste Verwaltung anlegen",
		Short: "Zu kurz: mindestens 10 Zeichen.", NeedName: "Der Name fehlt.", NeedEmail: "Das ist keine E-Mail-Adresse.", NeedBrand: "Der Name der Marke fehlt.",
		Done: "Fertig. Jetzt anmelden.", Promise: "Alles bleibt auf diesem Rechner. Nichts geht an irgendwen.", Show: "Zeigen",
		Forgot: "Vergessen? Die Verwaltung kann ein neues setzen.", Expired: "Die Sitzung ist zu Ende. Bitte neu anmelden; Entwürfe sind gesichert.",
	},
	Set: Settings{
		Title: "Einstellungen", Accounts: "Kanäle", AccountsLead: "Wo man diese Marke erreicht.", NoAccounts: "Kein Kanal ist verbunden",
		NoAccountsDo: "Den ersten verbindet der Betrieb auf der Kommandozeile:", People: "Personen", PeopleLead: "Wer antwortet und was sie dürfen.",
		Account: "Konto", Channel: "Kanal", Health: "Zustand", Name: "Name", Role: "Rolle", Presence: "Anwesenheit", Email: "E-Mail", Last: "Zuletzt gehört",
		Ok: "läuft", Trouble: "gestört", Off: "ausgeschaltet", Never: "nie", How: "Was zu tun ist", AllBrands: "alle Marken", Brands: "Marken",
	},
	Calm: Calm{
		Done: "Niemand wartet auf Sie", DoneLead: "Alles, wofür Sie zuständig sind, ist beantwortet. Neues kommt von selbst herein, ohne Neuladen.",
		Choose: "Ein Gespräch auswählen", ChooseLead: "Das oberste wartet am längsten.",
		Welcome: "Das ist der Schreibtisch", WelcomeLead: "Hier steht jede öffentliche Frage, bis ein Mensch sie beantwortet hat. Ein Kanal wird verbunden, und die erste kommt von selbst.",
		WelcomeDo: "Zu den Kanälen", Unowned: "Ohne Zuständige",
		ToUnowned: func(n int) string {
			if n == 1 {
				return "1 Gespräch hat niemanden"
			}
			return strconv.Itoa(n) + " Gespräche haben niemanden"
		},
	},
	Error: Error{
		NotFound: "Hier ist nichts", NotFoundLead: "Die Seite ist umgezogen, die Adresse hat einen Tippfehler, oder sie gehört zu einer anderen Marke.",
		Forbidden: "Das ist nicht für Sie", ForbiddenLead: "Ihre Rolle reicht nicht so weit. Die Verwaltung der Marke kann das ändern.",
		Broken: "Bei uns ist etwas zerbrochen", BrokenLead: "Es lag nicht an Ihnen, und es ist festgehalten.",
		Conflict: "Jemand war schneller", ConflictLead: "Es hat sich geändert, während Sie darauf sahen.",
		Invalid: "Das ließ sich nicht lesen", Limited: "Bitte etwas langsamer", LimitedLead: "Zu viele Versuche in kurzer Zeit.",
		Kept: "Ihr Entwurf ist gesichert, so wie Sie ihn tippten.", KeptNothing: "Nichts wurde geändert.", ToDesk: "Zum Schreibtisch", Again: "Noch einmal", SignIn: "Anmelden",
		Number: "Nummer", Offline: "Keine Verbindung", OfflineLead: "Weiterschreiben geht; der Entwurf bleibt hier und wird gesichert, sobald die Verbindung da ist.", Back: "Zurück",
		Expired: "Die Sitzung ist zu Ende", ExpiredLead: "Neu anmelden, und es geht weiter, wo Sie waren.", TooLarge: "Das ist zu viel auf einmal",
		TooLargeLead: "Die Grenze steht da, damit ein Formular nicht das Haus füllt.", Happened: "Was geschah", What: "Was gesichert ist", Do: "Was zu tun ist",
	},
	Name: Names{
		Outcomes: map[string]string{
			"answered": "beantwortet", "fixed": "behoben", "declined": "abgelehnt", "no_reply_needed": "keine Antwort nötig", "withdrawn": "zurückgezogen",
			"went_quiet": "nicht mehr gemeldet", "spam": "Spam", "abuse": "Beschimpfung", "duplicate": "doppelt", "passed_to_complaint": "an Beschwerde übergeben",
		},
		Statuses:   map[string]string{"open": "offen", "waiting": "sie sind dran", "snoozed": "zurückgestellt", "resolved": "abgeschlossen", "archived": "Archiv"},
		Severities: map[string]string{"low": "Gering", "normal": "Normal", "high": "Hoch", "top": "Höchste"},
		Roles: map[string]string{
			"agent": "Agentin oder Agent", "lead": "Leitung", "expert": "Fachperson", "approver": "Freigabe", "executive": "Geschäftsleitung", "admin": "Verwaltung", "auditor": "Prüfung",
		},
		Channels: channels("Formular", "Telefon", "E-Mail", "Forum", "Signierte Tür"),
	},
}

func als(handle string) string {
	if handle == "" {
		return ""
	}
	return " als " + handle
}
