package web

import (
	"net/http"

	"answerable/internal/web/assets"
	"answerable/internal/web/look"
)

// routes is every address of this face, on one screen.
func (s *server) routes() http.Handler {
	m := http.NewServeMux()

	m.Handle("GET "+assets.Prefix, s.set)
	m.HandleFunc("GET /{$}", s.open(s.home))
	m.HandleFunc("GET /first", s.open(s.firstPage))
	m.HandleFunc("POST /first", s.open(s.first))
	m.HandleFunc("GET /sign-in", s.open(s.signInPage))
	m.HandleFunc("POST /sign-in", s.open(s.signIn))
	m.HandleFunc("POST /sign-out", s.open(s.signOut))

	m.HandleFunc("GET /desk", s.in(s.desk))
	m.HandleFunc("GET /desk/stream", s.in(s.stream))
	m.HandleFunc("GET /desk/c/{id}", s.in(s.conversation))
	m.HandleFunc("POST /desk/c/{id}/replies", s.in(s.reply))
	m.HandleFunc("POST /desk/c/{id}/draft", s.in(s.draft))
	m.HandleFunc("POST /desk/c/{id}/owner", s.in(s.owner))
	m.HandleFunc("POST /desk/c/{id}/resolve", s.in(s.resolve))
	m.HandleFunc("POST /desk/c/{id}/reopen", s.in(s.reopen))
	m.HandleFunc("POST /desk/c/{id}/questions", s.in(s.addQuestion))
	m.HandleFunc("POST /desk/questions/{id}", s.in(s.settle))
	m.HandleFunc("POST /desk/messages/{id}/undo", s.in(s.undo))
	m.HandleFunc("POST /desk/messages/{id}/delivery", s.in(s.decide))
	m.HandleFunc("POST /desk/contacts/{id}/merge", s.in(s.merge))
	m.HandleFunc("POST /desk/contacts/{id}/split", s.in(s.split))
	m.HandleFunc("GET /desk/files/{conversation}/{id}", s.in(s.file))

	m.HandleFunc("GET /settings", s.in(s.settings))
	m.HandleFunc("POST /me/presence", s.in(s.presence))
	m.HandleFunc("POST /me/brand", s.in(s.brand))
	m.HandleFunc("POST /me/theme", s.open(s.theme))

	m.HandleFunc("/", s.open(nowhere))
	return m
}

// harden sets what every answer of this face carries.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", look.Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}
