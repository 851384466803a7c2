package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const base = "/api/v1"

func (f *face) all(a huma.API) {
	add(f, a, "GET /me", http.StatusOK, "me", "Who this token speaks for", f.me)

	add(f, a, "GET /conversations", http.StatusOK, "listConversations", "A page of a view, or of a search", f.list)
	add(f, a, "GET /conversations/{id}", http.StatusOK, "showConversation", "One conversation with all that belongs to it", f.conversation)
	add(f, a, "PATCH /conversations/{id}", http.StatusOK, "setSeverity", "Set its severity", f.severity)
	add(f, a, "POST /conversations/{id}/resolve", http.StatusOK, "resolve", "End it with an outcome; refused while it owes something", f.resolve)
	add(f, a, "POST /conversations/{id}/reopen", http.StatusOK, "reopen", "Open it again", f.reopen)
	add(f, a, "POST /conversations/{id}/owner", http.StatusOK, "setOwner", "Make somebody its owner, or nobody", f.owner)
	add(f, a, "POST /conversations/{id}/notes", http.StatusCreated, "addNote", "Say something among us", f.note)
	add(f, a, "PUT /conversations/{id}/tags/{tag}", http.StatusOK, "tag", "Put a tag on it", f.tag)
	add(f, a, "DELETE /conversations/{id}/tags/{tag}", http.StatusOK, "untag", "Take a tag off", f.untag)

	add(f, a, "POST /conversations/{id}/replies", http.StatusAccepted, "reply", "Answer the customer", f.reply)
	add(f, a, "DELETE /conversations/{id}/messages/{mid}", http.StatusNoContent, "undoReplyOfConversation", "Take a reply back before it leaves", f.undoOf)
	add(f, a, "DELETE /messages/{id}", http.StatusNoContent, "undoReply", "Take a reply back before it leaves", f.undo)
	add(f, a, "GET /deliveries", http.StatusOK, "listDeliveries", "What is on its way out; without a state what a person must look at", f.deliveries)
	add(f, a, "POST /conversations/{id}/messages/{mid}/delivery", http.StatusOK, "decideDeliveryOfConversation", "Decide an uncertain delivery, or send a failed one again", f.decideOf)
	add(f, a, "POST /messages/{id}/delivery", http.StatusOK, "decideDelivery", "Decide an uncertain delivery, or send a failed one again", f.decide)
	add(f, a, "GET /attachments/{id}", http.StatusOK, "attachment", "The file itself", f.attachment)

	add(f, a, "POST /questions", http.StatusCreated, "addQuestion", "Mark words of a customer's message as a question", f.ask)
	add(f, a, "PATCH /questions/{id}", http.StatusOK, "settleQuestion", "End a question, or open it again", f.settle)

	add(f, a, "GET /contacts/{id}", http.StatusOK, "showContact", "One contact with identities and merges", f.contact)
	add(f, a, "POST /contacts/{id}/merge", http.StatusOK, "mergeContact", "Say that this contact is another one, with evidence", f.merge)
	add(f, a, "DELETE /contacts/{id}/merge", http.StatusOK, "partContact", "Take a merge back", f.part)

	add(f, a, "GET /people", http.StatusOK, "listPeople", "The people of the house", f.people)
	add(f, a, "PUT /people/{id}/presence", http.StatusOK, "setPresence", "Say whether somebody takes work", f.presence)
	add(f, a, "GET /tokens", http.StatusOK, "listTokens", "Tokens, never their secrets", f.tokens)
	add(f, a, "POST /tokens", http.StatusCreated, "issueToken", "Make a token; its secret is in this answer only", f.issue)
	add(f, a, "DELETE /tokens/{id}", http.StatusNoContent, "revokeToken", "End a token", f.revoke)

	add(f, a, "GET /brands", http.StatusOK, "listBrands", "The brands this token may enter", f.brands)
	add(f, a, "POST /brands", http.StatusCreated, "addBrand", "Add a brand", f.addBrand)
	add(f, a, "GET /accounts", http.StatusOK, "listAccounts", "Connected accounts and how they are", f.accounts)
	add(f, a, "GET /accounts/{id}", http.StatusOK, "showAccount", "One account", f.account)
	add(f, a, "POST /accounts", http.StatusCreated, "connectAccount", "Connect an account; its settings are tried first", f.connect)
	add(f, a, "PATCH /accounts/{id}", http.StatusOK, "changeAccount", "Give an account another name or other settings, or switch it on or off", f.changeAccount)
	add(f, a, "GET /arrivals", http.StatusOK, "listArrivals", "What reached a door and could not be read, is unknown or waits", f.arrivals)
	add(f, a, "POST /arrivals/{id}/again", http.StatusOK, "readArrivalAgain", "Read it once more, after a fix", f.again)

	if f.Demo != nil {
		add(f, a, "POST /demo/clock", http.StatusOK, "advanceClock", "Move the demo's manual clock", f.advance)
	}
}

// add registers one route. What its handler returns as an error becomes a problem here and nowhere else.
func add[I, O any](f *face, a huma.API, pattern string, status int, name, says string, h func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(pattern, " ")
	op := huma.Operation{
		OperationID: name, Method: method, Path: base + path, Summary: says, DefaultStatus: status,
		Tags:     []string{strings.SplitN(path, "/", 3)[1]},
		Security: []map[string][]string{{"token": {}}},
		Responses: map[string]*huma.Response{"default": {Description: "What did not work, and why", Content: map[string]*huma.MediaType{
			(*problem)(nil).ContentType(""): {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "")},
		}}},
		BodyReadTimeout: -1, // the gate has read it; a deadline of huma's would cancel a handler that takes longer
		MaxBodyBytes:    mostBody + 1,
	}
	if method == http.MethodPost {
		most := mostKey
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &most},
			Description: "The same request under the same key is carried out once and answered the same, with Idempotency-Replayed: true. Kept for a day.",
		})
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		if err := plain(in); err != nil {
			return nil, f.problem(ctx, err)
		}
		out, err := h(ctx, in)
		if err != nil {
			return nil, f.problem(ctx, err)
		}
		return out, nil
	})
}

// document registers every route and returns the OpenAPI document that came of it.
func (f *face) document() []byte {
	c := huma.DefaultConfig("answerable", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // the gate serves the document; pages would bring foreign scripts
	c.CreateHooks = nil                                   // no $schema member in answers
	c.Transformers = []huma.Transformer{f.refused}
	c.Info.Description = "Every conversation has an owner, every question an answer. Tokens are made with `answerable token create` or on the settings page."
	c.Info.Extensions = map[string]any{"x-answerable-version": f.Version}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	if f.URL != "" {
		c.Servers = []*huma.Server{{URL: f.URL}}
	}
	a := humago.New(f.routes, c)
	f.all(a)
	tidy(c.Components.Schemas)
	b, err := json.MarshalIndent(a.OpenAPI(), "", "  ")
	if err != nil {
		panic(err) // the types of this package do not change at run time; the test of the document has seen them
	}
	return append(b, '\n')
}

// tidy puts right in the document what huma does not know: its own error is never sent, embedded types of ours are part of what embeds
// them, and an object may be null where its pointer may.
func tidy(all huma.Registry) {
	delete(all.Map(), "ErrorModel")
	delete(all.Map(), "ErrorDetail")
	for _, name := range slices.Sorted(maps.Keys(all.Map())) {
		t, s := all.TypeFromRef("#/components/schemas/"+name), all.Map()[name]
		for _, field := range reflect.VisibleFields(t) {
			if field.Anonymous {
				is := all.Schema(field.Type, false, "")
				maps.Copy(s.Properties, is.Properties)
				s.Required = append(s.Required, is.Required...)
			}
			key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if is := s.Properties[key]; field.Type.Kind() == reflect.Pointer && is != nil && is.Ref != "" && !strings.Contains(options, "omit") {
				s.Properties[key] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: is.Ref}, {Type: "null"}}, Description: field.Tag.Get("doc")}
			}
		}
	}
}
