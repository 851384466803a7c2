package main

import "strings"

// book is what made-up people of a language say. Sentences have places to fill: {thing}, {place}, {order}, {day}.
type book struct {
	lang                        string
	hello, day, reason          string
	first, last, things, places []string
	openers, questions, nudges  []string
	answers, holding, thanks    []string
}

func english() book {
	return book{
		lang: "en", hello: "Hi", day: "January 2", reason: "We cannot do this, and told you why.",
		first: strings.Fields("Ada Alan Amy Arlo Bea Ben Carl Cora Dana Dean Edie Ella Ewan Fay Finn Gail Gus Hope Hugh Ida Iris Jack Jade Joel June Kai Kim Lena Leo Lily Luke Mae Max Mia Nell Noah Olive Otis Pearl Quinn Rhys Rosa Ruth Sam Sean Tess Theo Uma Vera Wes Zoe"),
		last:  strings.Fields("Abbot Alder Barlow Beck Bolton Brook Carver Chase Colby Crane Dale Drake Eaton Farrow Fenn Frost Garner Grange Hale Hardy Hobbs Holt Ivers Jessop Keane Kirk Lacey Lowe Marsh Mercer Moss Nash North Oakes Orton Peake Pike Quill Reeve Rook Shaw Stone Tate Thorne Upton Vale Ward Webb Winter Yates"),
		things: []string{
			"parcel", "rain jacket", "tent", "camping stove", "gift card", "invoice", "refund", "loyalty card", "hiking boots", "rucksack", "head torch", "sleeping bag", "oat biscuits",
			"coffee subscription", "water filter", "return label", "order", "kayak", "trail map", "thermos", "climbing rope", "voucher", "app", "password", "membership", "newsletter", "bike trailer", "fleece",
		},
		places: strings.Fields("Aldby Barrowford Caldry Dunmere Eastwick Fallowdale Greyport Harrowby Inchmoor Kelbrook Larkhill Mossgate Netherby Oxmere Penwick Quayside Ravenby Stonecross Thornley Westmarsh"),
		openers: []string{
			"I ordered a {thing} on {day} and nothing has come yet.", "My {thing} from your shop in {place} broke on the second day.", "Order {order} has been on its way since {day}.",
			"Your shop in {place} sent me away with my {thing}.", "I was charged twice for order {order}.", "The {thing} in the picture is not the {thing} that I got.",
			"I have been waiting on the phone for an hour about my {thing}.", "Since the update on {day} the app forgets my {thing}.", "I love the {thing}, but it leaks.", "Third message about order {order} now.",
		},
		questions: []string{
			"Where is my {thing}?", "When will you send it to {place}?", "Why was I charged twice?", "Can I get my money back?", "How do I return the {thing}?", "Who decides about this?",
			"Is the shop in {place} open on Sunday?", "Will there be more of the {thing} before winter?", "What happens to my {thing} now?", "Could you please change the address to {place}?",
			"Does the guarantee still hold for the {thing}?", "Why does nobody answer?",
		},
		nudges: []string{"Still nothing.", "I am still waiting for an answer.", "The number is {order}, by the way.", "It was the shop in {place}.", "Another day gone.", "I have written to you by mail as well, on {day}."},
		answers: []string{
			"your {thing} left our store in {place} today and is with you the day after tomorrow.", "we have paid the money back for order {order}; your bank shows it within three days.", "the guarantee holds for two years, so please bring the {thing} to {place} and we change it on the spot.",
			"this was our mistake. A new {thing} is on its way under number {order}.", "the shop in {place} is open from nine to eight, on Sunday too.", "we have changed the address to {place}; the carrier tries again on Monday.",
		},
		holding: []string{"thank you for the number. I am asking the store in {place} and write again today.", "I have your {thing} in front of me and am finding out.", "the carrier was asked about {order}; I come back to you tonight."},
		thanks:  []string{"Thank you!", "Great, thanks a lot.", "Perfect, thank you so much.", "Thanks, that was quick."},
	}
}

func german() book {
	return book{
		lang: "de", hello: "Hallo", day: "2.1.", reason: "Das geht nicht, und wir haben gesagt, warum.",
		first: strings.Fields("Anke Arne Beate Bernd Birte Bodo Carla Claas Dirk Doris Elke Emil Enno Falk Frauke Frieda Gerd Gesa Hanne Heiko Helga Ilse Imke Ina Jens Jutta Kai Karin Katja Klaas Lars Lotte Maike Malte Marten Nele Nils Oda Olaf Paula Rainer Silke Sönke Svea Tamme Thea Uwe Volker Wiebke Yara"),
		last:  strings.Fields("Ahlers Albers Behnke Böttcher Bruns Carstens Dierks Ebeling Ehlers Fehling Fröse Gerken Göbel Hansen Harms Hinrichs Ihde Jacobs Jürgens Kahle Kröger Lampe Lüders Maaß Meinert Nagel Niemann Oelkers Petersen Quade Rathje Reimers Sasse Schüler Steffens Tiedemann Ubben Vogt Wendt Wulf Zander"),
		things: []string{
			"Paket", "Zelt", "Haferkeks-Abo", "Kaffee-Abo", "Kajak", "Kletterseil", "Kundenkonto", "Stirnlampen-Set", "Fleece", "Regencape", "Kochgeschirr", "Rücksendeetikett",
			"Handtuch", "Klapprad", "Moskitonetz", "Taschenmesser", "Verbandszeug", "Fernglas", "Paddel", "Kochbuch",
		},
		places: strings.Fields("Altwiek Bredenhude Dornsiel Ellerfeld Fehrbeck Grünstedt Hakenmoor Ihlow Jersbruch Kaltenbüttel Lohwisch Mühlrade Norderholm Osterbrook Poggendorf Rehwinkel Sielhausen Tannrode Wendmark Zollhafen"),
		openers: []string{
			"Ich habe am {day} ein {thing} bestellt und bis heute ist nichts da.", "Mein {thing} aus dem Laden in {place} war am zweiten Tag kaputt.", "Die Bestellung {order} ist seit dem {day} unterwegs.",
			"In {place} hat man mich mit meinem {thing} weggeschickt.", "Die Bestellung {order} wurde zweimal abgebucht.", "Das {thing} auf dem Bild ist nicht das {thing}, das kam.",
			"Seit einer Stunde hänge ich wegen meinem {thing} in der Warteschleife.", "Seit dem {day} vergisst die App mein {thing}.", "Das ist jetzt die dritte Nachricht zu {order}.",
		},
		questions: []string{
			"Wo ist mein {thing}?", "Wann kommt das nach {place}?", "Warum wurde zweimal abgebucht?", "Bekomme ich mein Geld zurück?", "Wie schicke ich das {thing} zurück?", "Wer entscheidet das bei euch?",
			"Hat der Laden in {place} am Sonntag offen?", "Gibt es das {thing} vor dem Winter noch einmal?", "Könnt ihr die Adresse auf {place} ändern?", "Gilt die Garantie noch für das {thing}?", "Warum antwortet niemand?",
		},
		nudges: []string{"Immer noch nichts.", "Ich warte noch auf eine Antwort.", "Die Nummer ist übrigens {order}.", "Es war der Laden in {place}.", "Wieder ein Tag vorbei.", "Am {day} habe ich auch eine Mail geschrieben."},
		answers: []string{
			"dein {thing} hat unser Lager in {place} heute verlassen und ist übermorgen bei dir.", "das Geld für {order} ist zurück; die Bank zeigt es in drei Tagen.", "die Garantie gilt zwei Jahre: bring das {thing} nach {place}, dort tauschen wir es sofort.",
			"das war unser Fehler. Ein neues {thing} ist unter {order} unterwegs.", "der Laden in {place} hat von neun bis acht offen, am Sonntag auch.", "die Adresse ist auf {place} geändert; der Bote kommt am Montag wieder.",
		},
		holding: []string{"danke für die Nummer. Ich frage im Lager in {place} nach und melde mich heute noch.", "ich habe dein {thing} vor mir und kläre das.", "der Bote ist zu {order} gefragt; ich schreibe heute Abend wieder."},
		thanks:  []string{"Danke!", "Super, vielen Dank.", "Perfekt, danke schön.", "Danke, das ging schnell."},
	}
}
