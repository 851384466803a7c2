package text

// phraseBooks holds the phrases by language; "" is the book of languages it has no words for. Words are written as folded and
// without apostrophes. Written once, here, and only read.
var phraseBooks = map[string]*phraseBook{
	"":   newBook(func(*phraseBook) {}),
	"en": newBook(english),
	"de": newBook(german),
	"es": newBook(spanish),
	"fr": newBook(french),
	"it": newBook(italian),
	"pt": newBook(portuguese),
	"nl": newBook(dutch),
	"pl": newBook(polish),
}

func newBook(fill func(*phraseBook)) *phraseBook {
	b := &phraseBook{
		first:   map[string][]phrase{},
		joiners: set("@ # ok okay hi hello hey hallo hola bonjour ciao"),
		nudges:  set("hello hallo hey ok okay right no yes anyone"),
		conj:    set("and but so or und aber oder y pero o et mais ou e ma en maar of i ale lub mas"),
		ors:     set("or oder o ou of lub czy"),
		self:    set("i id ill we wed ich wir yo je j io eu ik ja"),
		knows:   set("know wonder wondering tell ask wissen fragen saber preguntar decir dire savoir sapere chiedere dizer perguntar weten vragen wiedziec zapytac"),
		ifs:     set(""), polite: set(""), leaders: set(""), info: set(""), who: set(""), charge: set(""),
	}
	fill(b)
	return b
}

func english(b *phraseBook) {
	b.joiners = set(`and but so or also then now plus because cuz cos coz cause ok okay hi hello hey yo well um umm hmm oh ah yes yeah no nah
		just like dear guys pls please thanks thank thx sorry still yep actually seriously question questions morning good`)
	b.ifs = set("if when since because as after once")
	b.polite = set("please pls plz plss just kindly also at least maybe possibly guys actually then again now asap")
	b.nudges = set("hello hallo hey hi ok okay right no yes yeah anyone anybody huh hmm lol eh really you there so and")
	b.leaders = set(`can could would will may might you u ya yall someone anyone somebody anybody one of i the team any way is there it
		possible to be able let help me us need want`)
	b.info = set("tell confirm explain clarify advise say know inform shed elaborate deny verify")
	b.who = set("who whom whos name names")
	b.charge = set(`charge responsible contact speak talk manager managers supervisor ceo cfo coo boss head owner owns runs chief
		director president mail email call write complain complaint complaints reach turn report`)
	b.add(Question, `
		+~why is|are|am|do|does|did|was|were|would|wont|cant|isnt|arent|dont|doesnt|didnt|havent|hasnt|has|have|should|must|cannot
		+why
		+~how do|does|did|can|could i|we|you|u|they|it|this|that|the|my|your
		+how do|does|did|can|could|would|should|is|are|was|were|will|long|much|many|come|often|soon|far|about|to|old|big|late
		+~what do|should|can|could i|we
		+~what is|are|was|does|do|did|will|would|happens|happened|time|about going|happening|the|your|my|this|that|you|it|i
		+what is|are|was|were|does|do|did|can|could|should|would|will|time|happened|happens|about|kind|else|exactly|day|date|number
		+~whats|whens|wheres|hows|whys going|happening|up|the|your|my|this|that|with|wrong
		+whats|whens|wheres|hows|whys
		+~where is|are|do|does|did|can|could|will|was|should the|my|your|our|i|we|it|is|this|that
		+where is|are|do|does|did|can|could|will|was|were|should|has|have
		+~when will|do|does|did|can|could|are|is|should the|my|your|our|we|you|it|i|this|that|they|there|u
		+when will|do|does|did|is|are|can|could|would|should
		+when we|you change|get|expect|release
		+which|whose one|of|do|does|should|would|version|number|model
		+~who|whom is|are|was your|the|my
		+who|whom|whos is|are|was|do|does|did|can|could|should|would|will|in|handles|runs|owns|to
		+whos in|your|the|responsible
		+~is|are|was there|this|that|it any|way|a|an|some|normal|possible|true|supposed
		+is|are|was|were|isnt|arent|wasnt there|this|that|it|the|my|your|our|you|u|they|we|he|she|these|those|any|anyone|ur|yall|his|her|their
		+am i
		+~do|does|did you|u|yall|ya guys? have|know|offer|accept|take|sell|do|deliver|ship|think|need|want|plan|still|ever|even|provide|support|not
		+do|dont i|you|u|we|they|yall|ya|these|those|any
		+does|did|doesnt|didnt it|this|that|the|my|your|our|you|u|anyone|anybody|i|we|they|he|she|ur
		+has|have|had|hasnt|havent anyone|anybody|my|your|you|u|there|it|this|they|we|the i|ever|been|got|seen|not|there|any|order|you|flight
		+have|havent you|u|i|we|they|yall
		+can|could|may|should|shall|cant|shouldnt i|we|my|it|this|the|he|she|they
		+will|would|wont|wouldnt i|we|my|it|this|the|there|they|he|she|your|any|these
		+~can|could|may i|we please|just|still|get|use|have|change|cancel|order|pay|check|return|buy|do|bring|add|upgrade|downgrade|speak
		+any idea|ideas|update|updates|news|word|eta|chance|reason|recommendations|suggestions|advice|thoughts|clue|info|information|solution|response|plans
		+~any idea|ideas|clue|news|word how|why|what|when|where|if|on
		+~id|would|i like|love|want|need to know|understand|find
		+~like|want|need|love to know
		+~wondering|curious if|when|why|whether|how|what|where|who|about|as
		+~wanted to know|ask|check
		+~let|tell me|us know? if|when|what|how|why|where|whether|who|which
		+tell me|us
		+~care to explain
		+~please|pls|plz|kindly explain|clarify|confirm|advise|tell|inform|suggest
		+explain
		+~can|could|would|will|may someone|anyone|somebody|anybody please? tell|explain|confirm|advise|say|clarify
		!not sure|certain if|why|how|what|where|when|whether
		+no idea why|how|what|where|when
		~trying to figure|find|understand out? how|why|what|where|when
	`)
	b.add(Who, `
		+~who is|are|was in charge|responsible
		+~who is|are your|the ceo|manager|boss|owner|director|head|supervisor|president|chief|md|leader|lead
		+~whos your|the|in ceo|manager|boss|owner|director|head|supervisor|charge|chief|md|leader|lead
		+~who|whom do|can|should|could|would|must|may|to i|we|you|contact|speak|talk|call|email|write need|have|speak|talk|contact|call|email|to|write|complain|ask|go|turn|tweet|message|see
		+~who|whom to contact|call|ask|email|speak|talk|write
		+~who do|can|should|could i|we
		+~name of your|the manager|ceo|boss|supervisor|director|person|head
		+~is there a|an email|phone|contact|mail|telephone address|number
		+~whats the|your|a email|phone|contact|mail|telephone address|number
		+~what is the|your|a email|phone|contact|mail|telephone address|number
		+~can|could you|u please? give|provide|send|tell me|us? with? a|an|the|your email|phone|contact address|number
		+~want|need|like your|the ceo|managers|manager|ceos|supervisors|supervisor|boss|name name?
	`)
	b.add(Request, `
		+~can|could|would|will|cant|couldnt|wont|wouldnt you|u|ya|yall|someone|anyone|somebody|anybody|one
		+~would|do|you|u mind
		+~are you|u able to
		+~please|pls|plz|plss|plzz|pleease|pleaseee|kindly please|just|also? help|fix|contact|call|dm|send|give|refund|cancel|stop|respond|reply|answer|look|check|do|make|bring|add|let|sort|change|remove|resolve|assist|provide|reset|update|return|allow|release|consider|deliver|follow|email|hurry|unlock|restore|delete|try|ask|take|put|work|investigate|pay|rectify|arrange|escalate|dont|come|broadcast|promote|heelpp|helpp|share|show|have|see|read|use|start|turn|tweet|keep|improve|include|address
		+~help|helpp|helppp|heelp|heelpp me|us|please|pls|plz
		help|helpp|helppp|heelp|heelpp|helpppp|sos
		+~need|needs|want|require your|some|help|assistance|support|the|a|any help|assistance|support
		+~need|want help|assistance|support
		+any help|assistance
		+~i|we|id|ill really|still|just|would|also? need|want|expect|demand|require|like to be|speak|talk|cancel|return|complain|see compensated|reimbursed|refunded|to|with|someone|my|the|this|about|action|it|a
		+~i|we|just? really|still|just? want|demand|expect|need a|my|full|the full|money|refund|replacement|compensation|answer|response|reply|call|real refund|back|answer|from
		+~i|we|just? want|demand|expect|need a|my refund|replacement|money|call|answer|response
		+imma|gonna need|want a|my|some
		+~looking for you to
		+~is there any|a? way|chance you|u|someone|yall
		+any|is|possible way|chance|it you|u|i|we|possible to|can|could|you|of
		+any|~any chance|way you|u|someone
		+~is it possible to comp|refund|send|cancel|give
		!refund|reimburse|compensate my|me|us|the|it|our
		!give|get me|us a|my|the|back|refund|money|some|your
		!get back to me|us
		!get my|our app|account|order|money|refund|service|internet|package|up
		!fix|sort it|this|that|your|ur|the|my|yourselves|out
		!send|call|answer|contact|dm|email|text|unblock|release|refund me|us|my|back
		!stop|quit charging|sending|deducting|spamming|calling|emailing|it|this|lying|the|taking|making
		!cancel|remove|delete|reset|unlock|restore|change|return my|this|the|our|it
		!add|bring|turn back|a|an|more|the|it|us
		!explain|respond|reply|answer to? me|us|my|your
		!do|say something|better
		!hire|train|pay|improve|update|upgrade better|your|more|customer|people|some
		!maybe add|try|hire|consider
		!do not|dont advise|charge|tell|send|call
		+you|u|yall really|also|maybe? should|need|must really? consider|to|have|add|make|offer|bring add|bring|make|consider|a|an|fix|the|adding
		+really? should|need|needs to? consider|add|bring a|adding|back
		+~id|would|i|we really? appreciate|like if|it if|you
		+~go ahead and
		!let me|us speak|talk|in|know|get|have|be
		care to help|assist
		+~someone|somebody|anyone|yall|you please|pls|plz|needs to? help|fix|respond|answer|call|contact
		+how about you
		+~if yall|you|u dont get
	`)
	b.add(Rhetorical, `
		+seriously|really|srsly|wtf|wth
		~are you|u|yall guys? kidding|serious|joking|fucking|stupid|insane|mad|crazy|blind|deaf|dumb|retarded|drunk|high|sleeping|shitting
		what the|in hell|heck|fuck|f|actual|world|fck|fuk|devil|the
		~do you|u|yall guys? even
		~does|do anyone|anybody|they|you|u|yall even|actually care
		is|are|has|does|did|anyone|anybody|was anyone|anybody|any|everyone|someone|nobody else
		anyone|anybody else
		~how is|are|can|could|does|it|come that|this|it|you|they even? ethical|ok|okay|acceptable|fair|legal|possible|allowed|right|justified|normal
		how is|was it legal|possible|ok|okay|acceptable|that|even|allowed
		~whats|what the|is|even the? point
		what is? point
		how hard|difficult is|can|could it|that
		who cares|does|knows
		how dare
		~is this|that|it a|some|your|what|how joke|kind|idea|sort|you|service|scam
		just? how many times
		how many|much more? times
		what kind|sort|type of
		why bother|even
		why you|u|yall gotta|always|so|do|hate|suck|lying
		why are|r you|u|yall|they|all so|such|always|all|like|lying
		why not
		how about a|some
		when will|did|do you|they|u|@|it|this|yall learn|ever|get|stop|even|care
		what is|are|was|were|r|do wrong|you with|thinking|doing|u|people|even
		whats wrong with you|u|this|these|yall
		want|wanna to? join|know|see|hear|win
		you|u ok|okay|good|alright|serious|kidding
		~remember when|that
		guess what|who
		isnt|aint it|that|this
		who|whos|whose feeling|excited|ready|else|wants|doesnt|needs|wouldnt|in|up hungry|confident|for|excited|ready|love|wants|here|it|a|this|the|today
		oh|so now? youre|you
		~no one|body seems|cares
		+is|was that|this too? much|it|hard to? ask
		since when
		how so|nice|cool|cute|great|fun|funny|about
		~trying to help
		is this|it a trick|joke|prank
		whose dumb|stupid|bright|great
		~trying|want|going|just to kill|screw|rob|scam|rip|screw me|us|people|customers
		how am|was i supposed
		do|did you|u|yall guys? not? care|hate|want
		ready|excited|ever|need|lost|looking|thinking|feeling|got|planning|missed|forgot for|to|wonder|a|the|power|some|your
	`)
}

func german(b *phraseBook) {
	b.joiners = set("und aber oder also dann jetzt denn weil hallo hi hey moin servus ok okay ja nein na bitte danke liebes liebe lieber guten tag morgen abend so auch sorry mal")
	b.ifs = set("wenn falls da weil seit nachdem")
	b.polite = set("bitte mal doch eventuell vielleicht auch gerne noch einfach denn jetzt endlich kurz")
	b.nudges = set("hallo hey ok okay ja nein oder ne jemand")
	b.leaders = set("konnen konnten konnt konntet kannst konntest wurden wurdet wurdest sie ihr du man jemand mir uns")
	b.info = set("sagen mitteilen erklaren bestatigen verraten informieren erlautern")
	b.who = set("wer wen wem wie name namen an")
	b.charge = set("verantwortlich zustandig geschaftsfuhrer geschaftsfuhrung chef chefin leiter leiterin vorgesetzter vorgesetzten ansprechpartner wenden kontaktieren sprechen leitet beschweren vorstand ceo manager")
	b.add(Question, `
		+warum|wieso|weshalb|wann|wo|woher|wohin|wieviel|wofur|womit|worauf|woran
		+~warum|wieso|weshalb|wann|wo ist|sind|wird|werden|kann|geht|gibt|kommt|habt|haben|funktioniert|bekomme|finde|kriege|muss
		+wie lange|viel|viele|oft|kann|konnen|lange|geht|komme|kommt|bekomme|mache|ist|sind|wird|teuer|hoch|weit|soll|sieht|funktioniert|schaut|heisst|war|muss
		+~wie lange|viel|viele|kann|komme|bekomme ich|man|wir|dauert|noch|kostet
		+was ist|sind|kostet|soll|kann|muss|mache|machen|passiert|war|heisst|bedeutet|konnen|tun|gibt
		+welche|welcher|welches|welchen|wer|wen|wem
		+kann|konnte|darf|muss|soll|sollte|wird|werde|bekomme|komme|habe ich|man|es|das|mein|meine|jemand|wir|der|die
		+~kann|darf|muss|soll ich|man|wir bitte|auch|noch|trotzdem|dann|hier|meine|mein
		+ist|sind|war das|es|der|die|mein|meine|euer|eure|ihr|ihre|da|bei|dort|jemand|heute|hier
		+~gibt es|s|das
		+gibts
		+hat|haben|habt|hast jemand|ihr|sie|du|der|die|das
		+geht|klappt|funktioniert das|es|die|der
		+stimmt es|das
		+~mochte|wurde|will|wollte gerne|gern|nur|mal? wissen|fragen
		+~wusste gern|gerne
		+~frage mich|ob
		+irgendeine|irgendwelche|gibt idee|neuigkeiten|infos|ideen
	`)
	b.add(Who, `
		+~wer ist bei|hier|denn|dafur|eigentlich? euch|ihnen|dafur|hier? verantwortlich|zustandig|chef|geschaftsfuhrer
		+~wer ist ihr|euer|der|die chef|geschaftsfuhrer|leiter|vorgesetzter|geschaftsfuhrerin|chefin|leiterin|vorstand
		+~an wen kann|muss|soll|darf|wende
		+~wie heisst ihr|euer|der|die geschaftsfuhrer|chef|vorgesetzter|leiter|chefin
		+~mit wem kann|muss|soll
	`)
	b.add(Request, `
		+~konnen|konnten|konnt|konntet|kannst|konntest|wurden|wurdet|wurdest sie|ihr|du|jemand
		+~kann|konnte mir|jemand|mal mal|jemand|bitte|mir|einer
		+~bitte um|helft|hilf|helfen|ruft|rufen|meldet|melden|schickt|schicken|sendet|senden|gebt|geben|andert|andern|repariert|prufen|pruft|kummert|storniert|stornieren|loschen|loscht|erstatten|macht|antworten|antwortet|um|behebt|beheben|lasst|lassen|schaut|schauen|kontaktieren
		+helft|hilf|hilfe|helfen mir|uns|sie|bitte
		hilfe
		+~brauche|benotige|brauchen dringend|eure|ihre|bitte|noch? hilfe|unterstutzung
		+~ich will|mochte|mochten|verlange|fordere mein|meine|mit|einen|eine|das geld|erstattung|ruckerstattung|jemandem|vorgesetzten|stornieren|kundigen|sprechen|ersatz
		+~mochte|wurde|will gerne|gern|den|meinen|meine? vertrag|bestellung|konto|abo? kundigen|stornieren|umtauschen|zuruckgeben
		+meldet|melden euch|sie
		+schickt|gebt|ruft|sagt mir|mich|uns
	`)
	b.add(Rhetorical, `
		+echt|ernsthaft|wirklich|hallo
		~euer|das ihr|euer? ernst
		~wollt|willst|wollen ihr|du|sie mich|uns eigentlich? verarschen|veraschen
		was soll das|der
		wie kann|konnt man|ihr nur|so
		geht|ist es|das noch eigentlich?
		geht s|es noch
		noch jemand
	`)
}

func spanish(b *phraseBook) {
	b.joiners = set("y pero o entonces ahora porque hola buenas buenos dias tardes noches ok si no pues oye oigan gracias favor por bueno disculpa disculpen")
	b.ifs = set("si cuando como desde")
	b.polite = set("por favor porfa porfavor me nos usted ustedes alguien solo tambien")
	b.nudges = set("hola ok si no eh alguien")
	b.leaders = set("puede pueden podria podrian podeis puedes podrias me nos usted ustedes alguien")
	b.info = set("decir decirme decirnos confirmar confirmarme explicar explicarme informar informarme indicar indicarme aclarar dicen dices")
	b.who = set("quien quienes nombre")
	b.charge = set("responsable encargado cargo director directora jefe jefa gerente ceo supervisor dirigir contactar hablar dirigirme contacto presidente dueno manda")
	b.add(Question, `
		+por que
		+~porque|por no|que me|no|puedo|funciona|llega|sale han|contestan|responden|puedo|funciona|llega
		+cuando|donde|adonde es|sera|llega|llegara|esta|estan|puedo|van|va|podre|hay|se|abre|abren|sale|vuelve|puede|me|tienen
		+como puedo|hago|se|puede|es|va|podemos|estan|esta|hacer|funciona|contacto|cancelo|recupero
		+que hago|puedo|pasa|paso|es|significa|debo|hora|dia|tengo|tal|precio|ocurre
		+cual|cuales es|son|seria
		+cuanto|cuanta|cuantos|cuantas
		+puedo|podemos|podria|debo|hay|tienen|tenes|teneis|existe|sabes|saben|es|esta|estan|se algun|alguna|posible|cambiar|cancelar|devolver|pagar|usar|puede|pagar|reservar|saber|que|normal
		+~quiero|quisiera|queria|quería|gustaria saber|preguntar|consultar
		+~alguna|algun novedad|idea|noticia|solucion|respuesta
	`)
	b.add(Who, `
		+~quien es el|la|su? responsable|encargado|director|jefe|gerente|ceo|encargada|directora|presidente
		+~quien esta a|al cargo|mando
		+~con quien puedo|hablo|tengo|debo
		+~a quien puedo|debo|tengo|me
	`)
	b.add(Request, `
		+~puede|pueden|podria|podrian|podeis|puedes|podrias|podriais usted|ustedes|alguien|por|me|nos|ayudarme|ayudar|ayudarnos|solucionar|solucionarlo|revisar|enviarme|enviar|devolverme|cambiar|cancelar|llamarme|hacer|decirme|confirmar|darme|contactarme|explicarme|informarme|indicarme
		+~por favor ayuda|ayudenme|ayudame|necesito|arreglen|solucionen|respondan|contesten|devuelvan|llamen|envien|revisen|contacten
		+ayuda|ayudenme|ayudame|ayudadme
		+~necesito ayuda|que|hablar|mi|un|una|cancelar
		+~quiero|exijo|quisiera|solicito mi|que|hablar|cancelar|un|una|el|la dinero|reembolso|devuelvan|con|devolucion
		+devuelvanme|arreglen|solucionen|respondan|contesten|llamenme
	`)
	b.add(Rhetorical, `
		+en serio
		+de verdad
		es una|esto broma
		hasta cuando
		que se|les creen|pasa
		~me estan tomando
	`)
}

func french(b *phraseBook) {
	b.joiners = set("et mais ou donc alors car parce que bonjour bonsoir salut hello ok oui non merci svp bon euh dites")
	b.ifs = set("si quand comme depuis")
	b.polite = set("svp stp sil vous te plait s il me nous le la les merci de bien")
	b.nudges = set("bonjour allo hello ok oui non quelqu un")
	b.leaders = set("pouvez pourriez peux peut pourrais vous tu on quelqu un me nous m")
	b.info = set("dire confirmer expliquer indiquer preciser informer renseigner savoir")
	b.who = set("qui nom quel")
	b.charge = set("responsable charge directeur directrice patron pdg chef adresser contacter parler dirige superieur manager joindre")
	b.add(Question, `
		+pourquoi|combien|comment
		+~pourquoi|comment est|puis|je|faire|on|mon|ma|vous|le|la|se
		+quand|ou est|sont|puis|pourra|sera|aurai|allez|vais|en|va
		+quel|quelle|quels|quelles est|sont
		+~est|qu ce|est que|ce
		+que faire|dois|puis|se
		+quoi faire
		+puis|dois|peut|pouvons je|on|nous
		+avez|etes|allez|savez|y|a vous|a|t
		+~y a t il
		+~je|j voudrais|aimerais|souhaite|souhaiterais|veux savoir
		+~aimerais|voudrais savoir|comprendre
		+~savoir si|quand|pourquoi|comment|ou|quel|quelle
		+~des|une nouvelles|idee|solution|info|infos|reponse
	`)
	b.add(Who, `
		+~qui est le|la|votre|en|responsable? responsable|directeur|pdg|patron|charge|chef|directrice
		+~a qui dois|puis|peut|m
		+~qui dois|puis|peut|faut|contacter je|on|il
	`)
	b.add(Request, `
		+~pouvez|pourriez|peux|pourrais|peut vous|tu|on|quelqu
		+~merci de me|nous|bien|faire|votre|repondre|rembourser|regler|corriger|vous|m
		+~aidez moi|nous
		+aide|aidez|besoin
		+~besoin d|de aide|assistance
		+~svp|stp aidez|repondez|remboursez|faites|contactez|reglez
		+~je veux|exige|souhaite|voudrais|demande un|une|mon|etre|parler|annuler|le|que remboursement|rembourse|remboursee|a|annuler|reponse
		+remboursez|rendez|rappelez|repondez|contactez|faites moi|nous|quelque
		+~veuillez
	`)
	b.add(Rhetorical, `
		+serieusement|serieux|vraiment
		c est une|quoi blague|ce
		vous vous? foutez|moquez
		~se moquer|foutre du|de
		jusqu a quand
	`)
}

func italian(b *phraseBook) {
	b.joiners = set("e ma o quindi allora ora perche ciao salve buongiorno buonasera ok si no grazie scusate scusa")
	b.ifs = set("se quando siccome dopo")
	b.polite = set("per favore cortesia mi ci anche solo gentilmente")
	b.nudges = set("ciao salve ok si no pronto qualcuno")
	b.leaders = set("potete puoi puo potreste potrebbe potresti qualcuno mi ci voi")
	b.info = set("dire dirmi dirci confermare confermarmi spiegare spiegarmi sapere informare indicarmi indicare")
	b.who = set("chi nome")
	b.charge = set("responsabile capo direttore direttrice ceo titolare amministratore rivolgermi contattare parlare contatto dirige")
	b.add(Question, `
		+perche non|la|il|mi|e|ho|mai|avete|devo
		+~perche non mi|funziona|rispondete|posso|arriva
		+come posso|faccio|si|mai|funziona|devo|contatto
		+quando arriva|arrivera|posso|sara|e|torna|potro|aprite|apre
		+dove posso|e|trovo|sono|si
		+cosa devo|posso|faccio|succede|significa|e
		+che cosa|ore|devo|succede
		+quanto|quanti|quante|quale|quali
		+posso|possiamo|avete|esiste|c|e|devo|sapete e|possibile|un|una|avere|cambiare|pagare|usare|dei|delle|normale|dirmi|modo
		+~vorrei|volevo|voglio sapere|chiedere|capire
		+~qualche|nessuna novita|notizia|idea|aggiornamento
	`)
	b.add(Who, `
		+~chi e il|la|vostro|responsabile? responsabile|capo|direttore|ceo|titolare
		+~a chi posso|devo|mi
		+~con chi posso|devo
	`)
	b.add(Request, `
		+~potete|puoi|puo|potreste|potrebbe|potresti per|mi|aiutarmi|qualcuno|aiutarci|risolvere|controllare|inviarmi|mandarmi|rimborsarmi|dirmi|darmi|contattarmi|confermare|spiegarmi|fare
		+~per favore|cortesia aiutatemi|aiuto|rispondete|risolvete|rimborsatemi|contattatemi
		+aiuto|aiutatemi|aiutateci
		+~ho|abbiamo bisogno di|che
		+~voglio|esigo|vorrei|chiedo un|il|parlare|annullare|essere|una rimborso|con|rimborsato|rimborsata|mio
		+rispondete|risolvete|rimborsatemi|contattatemi
	`)
	b.add(Rhetorical, `
		+davvero|sul|ma serio?
		e uno|questo scherzo
		mi state prendendo
		ma vi pare
	`)
}

func portuguese(b *phraseBook) {
	b.joiners = set("e mas ou entao agora porque ola oi bom boa dia tarde noite ok sim nao obrigado obrigada gente pessoal")
	b.ifs = set("se quando como desde")
	b.polite = set("por favor pf pfv me nos tambem so gentileza")
	b.nudges = set("ola oi ok sim nao alguem")
	b.leaders = set("podem pode podes poderia poderiam voces voce alguem me nos vcs vc")
	b.info = set("dizer confirmar explicar informar esclarecer falar indicar")
	b.who = set("quem nome")
	b.charge = set("responsavel encarregado diretor chefe gerente ceo presidente falar contatar contactar dirigir dono supervisor reclamar")
	b.add(Question, `
		+por que|quanto
		+porque|pq nao|o|a|que|voces|meu|minha|ainda|esta
		+~por que nao|o|a|voces|meu|minha
		+quando chega|vai|vao|sera|posso|volta|e|abre|abrem|vem
		+onde posso|esta|fica|e|encontro|estao
		+como faco|posso|funciona|e|fazer|que|cancelo|resolvo|eu
		+o que aconteceu|faco|devo|e|significa|posso|houve|esta|fazer
		+qual|quais|quanto|quantos|quantas
		+posso|podemos|tem|ha|existe|voces|vcs|sera como|alguma|algum|trocar|cancelar|pagar|usar|tem|aceitam|que|vao|entregam|previsao
		+~gostaria|queria|quero de? saber|perguntar
		+~alguma|algum novidade|previsao|ideia|resposta|noticia|solucao
	`)
	b.add(Who, `
		+~quem e o|a responsavel|diretor|gerente|chefe|ceo|presidente
		+~com quem posso|falo|eu|devo
		+~a quem posso|devo
	`)
	b.add(Request, `
		+~podem|pode|podes|poderia|poderiam por|me|nos|ajudar|resolver|verificar|enviar|alguem|confirmar|dizer|cancelar|devolver|ligar|informar|explicar
		+~por favor ajuda|ajudem|me|resolvam|respondam|preciso|devolvam|entrem|verifiquem
		+ajuda|ajudem|socorro me?
		+~preciso de|que|falar|do|da ajuda|voces|com|um|meu|uma
		+~quero|exijo|solicito meu|falar|cancelar|um|uma|o|que dinheiro|reembolso|com|estorno|devolvam
		+resolvam|respondam|devolvam|arrumem
		+me ajudem|ajuda|ajude|respondam|liguem
	`)
	b.add(Rhetorical, `
		+serio
		+a serio
		e brincadeira|piada
		ate quando
		voces|vcs estao de
	`)
}

func dutch(b *phraseBook) {
	b.joiners = set("en maar of dus dan nu want omdat hallo hoi hey dag goedemorgen goedemiddag goedenavond ok oke ja nee bedankt beste")
	b.ifs = set("als wanneer sinds omdat")
	b.polite = set("aub alstublieft alsjeblieft svp even misschien ook graag mij me ons")
	b.nudges = set("hallo hoi ok oke ja nee iemand")
	b.leaders = set("kunnen kunt kan zou zouden jullie u je iemand mij me ons")
	b.info = set("vertellen zeggen bevestigen uitleggen laten weten aangeven informeren")
	b.who = set("wie naam")
	b.charge = set("verantwoordelijk directeur baas leiding manager ceo contact contacteren spreken wenden leidinggevende chef terecht")
	b.add(Question, `
		+waarom|waneer|wanneer|hoeveel|waarvoor|waarmee
		+waar is|zijn|kan|blijft|vind|moet
		+~waarom|wanneer|waar is|kan|krijg|werkt|komt|blijft|gaat|wordt|zijn|duurt
		+hoe lang|kan|moet|krijg|kom|laat|werkt|gaat|veel|zit|is|weet|zeg
		+~hoe kan|lang|krijg ik|duurt|het
		+wat is|zijn|kost|moet|kan|gebeurt|betekent|gaat|was|doe|te
		+welke|welk|wie
		+kan|mag|moet|krijg|kunnen|heb|is|zijn|werkt|komt|klopt|hebben|heeft ik|het|er|dit|dat|we|jullie|mijn|iemand
		+~is|zijn er een|al|nog|iets|een|problemen|storing
		+~wil|zou|wilde graag|even? weten|vragen
		+~vraag me|mij af
		+~enig|enige idee|nieuws|update
	`)
	b.add(Who, `
		+~wie is er|hier|jullie|de|verantwoordelijk? verantwoordelijk|directeur|baas|manager|ceo
		+~bij wie kan|moet
		+~met wie kan|moet
	`)
	b.add(Request, `
		+~kunnen|kunt|kan|zouden|zou|willen|wilt jullie|u|je|iemand
		+~graag hulp|reactie|een|antwoord|contact|oplossen|terugbetalen|mijn
		+~help|helpt mij|me|ons|aub
		help|hulp
		+~ik wil|eis mijn|een|graag|iemand|dat geld|terug|terugbetaling|annuleren|opzeggen|spreken|jullie
		+~heb hulp nodig
		+~aub|alstublieft|alsjeblieft help|los|stuur|bel|reageer|oplossen
		+stuur|geef|bel|los mij|me|het|dit
	`)
	b.add(Rhetorical, `
		+echt|serieus|meen waar?
		is dit een
		hoe dan
	`)
}

func polish(b *phraseBook) {
	b.joiners = set("i a ale albo lub wiec teraz bo czesc witam dzien dobry ok tak nie dzieki hej halo")
	b.ifs = set("jesli jezeli gdy kiedy skoro")
	b.polite = set("prosze prosba mi nam moze tez tylko")
	b.nudges = set("halo hej ok tak nie ktos")
	b.leaders = set("mozecie moze moglibyscie panstwo ktos mi nam moglby czy")
	b.info = set("powiedziec potwierdzic wyjasnic poinformowac podac")
	b.who = set("kto kim nazwisko")
	b.charge = set("odpowiedzialny odpowiada dyrektor szef prezes kierownik skontaktowac rozmawiac kierowniczka dyrektorem")
	b.add(Question, `
		+czy|dlaczego|kiedy|gdzie|ile|czemu|skad
		+~dlaczego|kiedy|gdzie|ile jest|nie|bedzie|moge|sa|kosztuje|trwa|moja|moj
		+~czy jest|moge|mozna|sa|ktos|mozecie|to
		+jak moge|mozna|dlugo|to|sie|zrobic|dziala
		+co z|mam|to|sie|jest|robic
		+jaki|jaka|jakie|ktory|ktora
		+~chcialbym|chcialabym|chce wiedziec|zapytac|dowiedziec
	`)
	b.add(Who, `
		+~kto jest|u|za odpowiedzialny|szefem|prezesem|dyrektorem|to|was
		+~z kim moge|mam|mozna
		+~do kogo moge|mam|sie
	`)
	b.add(Request, `
		+~mozecie|moglibyscie|moze|moglby mi|ktos|panstwo|pomoc|sprawdzic|prosze
		+~prosze o|pomozcie|zwrocic|odpowiedzcie|sprawdzic|naprawcie|skontaktowac|mi|oddac
		+pomocy|pomozcie
		+~potrzebuje pomocy
		+~chce|zadam zwrotu|rozmawiac|anulowac|reklamowac|odzyskac
	`)
	b.add(Rhetorical, `
		+serio|powaznie
		czy to|wy zart|sobie|jaja|kpina
		ile jeszcze razy
	`)
}
