package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"

	"answerable/internal/db"
	"answerable/internal/fault"
	"answerable/internal/id"
)

// argon2id as RFC 9106, section 4, second recommended option, with 64 MiB halved and passes raised: a sign-in costs some 40 ms.
const (
	argonTime, argonMemory, argonThreads, argonLen = 4, 32 * 1024, 1, 32

	// MinPassword and MaxPassword bound a password in bytes.
	MinPassword, MaxPassword = 10, 256
)

// HashPassword makes the stored form of a password. It is slow on purpose: call it outside a transaction.
func HashPassword(password string) (string, error) {
	switch {
	case len(password) < MinPassword:
		return "", fault.New(fault.Invalid, "a password needs at least %d characters", MinPassword)
	case len(password) > MaxPassword:
		return "", fault.New(fault.Invalid, "a password has at most %d characters", MaxPassword)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	k := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonLen)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b.EncodeToString(salt), b.EncodeToString(k)), nil
}

// PasswordIs compares a password with a stored form. An empty stored form costs the same and is never right, so that nobody learns
// which addresses exist.
func PasswordIs(stored, password string) bool {
	var v, m, t, p int
	salt, want := make([]byte, 16), make([]byte, argonLen)
	ok := false
	if f := strings.Split(stored, "$"); len(f) == 6 {
		_, e1 := fmt.Sscanf(f[2], "v=%d", &v)
		_, e2 := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &m, &t, &p)
		s, e3 := base64.RawStdEncoding.DecodeString(f[4])
		w, e4 := base64.RawStdEncoding.DecodeString(f[5])
		if ok = e1 == nil && e2 == nil && e3 == nil && e4 == nil && v == argon2.Version && len(w) > 0; ok {
			salt, want = s, w
		}
	}
	if !ok {
		m, t, p = argonMemory, argonTime, argonThreads
	}
	got := argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), uint8(p), uint32(len(want))) //nolint:gosec // our own stored numbers
	return subtle.ConstantTimeCompare(got, want) == 1 && ok
}

// SetPassword keeps the stored form and ends every session of the person.
func SetPassword(tx *db.Tx, person, hash string) error {
	if _, err := tx.Exec(`INSERT INTO password (person_id, hash, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`, person, hash, tx.Now()); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM session WHERE person_id = $1`, person)
	return err
}

// Password returns the stored form; empty when the person has none.
func Password(tx *db.Tx, person string) (hash string, err error) {
	_, err = tx.Row(`SELECT hash FROM password WHERE person_id = $1`, db.Args(person), &hash)
	return hash, err
}

// secret makes 256 random bits in letters; only their SHA-256 is stored, which is enough because they cannot be guessed.
func secret(prefix string) (plain string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	plain = prefix + base64.RawURLEncoding.EncodeToString(b)
	return plain, hashOf(plain)
}

func hashOf(plain string) []byte {
	h := sha256.Sum256([]byte(plain))
	return h[:]
}

const (
	sessionPrefix = "as_"
	tokenPrefix   = "at_"

	// A session ends after SessionDays, or when it was not seen for SessionIdleDays.
	sessionTerm = 30 * 24 * 3600 * 1e6
	minute      = 60 * 1e6
)

// Session is one signed-in browser.
type Session struct {
	ID, Agent              string
	Person                 string
	Created, Seen, Expires int64
}

// Begin signs a person in and returns the cookie's secret.
func Begin(tx *db.Tx, person, agent string) (plain string, err error) {
	plain, hash := secret(sessionPrefix)
	if len(agent) > 200 {
		agent = strings.ToValidUTF8(agent[:200], "")
	}
	_, err = tx.Exec(`INSERT INTO session (hash, id, person_id, created_at, seen_at, expires_at, agent) VALUES ($1,$2,$3,$4,$4,$5,$6)`,
		hash, id.New(), person, tx.Now(), tx.Now()+sessionTerm, agent)
	return plain, err
}

// BySession finds the session of a cookie. stale says that it is more than a minute since it was last marked seen.
func BySession(tx *db.Tx, plain string) (s Session, stale bool, err error) {
	if !strings.HasPrefix(plain, sessionPrefix) {
		return s, false, unknown()
	}
	ok, err := tx.Row(`SELECT id, person_id, created_at, seen_at, expires_at, agent FROM session WHERE hash = $1 AND expires_at > $2`,
		db.Args[any](hashOf(plain), tx.Now()), &s.ID, &s.Person, &s.Created, &s.Seen, &s.Expires, &s.Agent)
	if err == nil && !ok {
		err = unknown()
	}
	return s, tx.Now()-s.Seen > minute, err
}

// Seen marks a session as used; call it at most once a minute.
func Seen(tx *db.Tx, sessionID string) error {
	_, err := tx.Exec(`UPDATE session SET seen_at = $2 WHERE id = $1`, sessionID, tx.Now())
	return err
}

// End signs out one session of a person; an empty id ends all.
func End(tx *db.Tx, person, sessionID string) error {
	_, err := tx.Exec(`DELETE FROM session WHERE person_id = $1 AND (id = $2 OR $2 = '')`, person, sessionID)
	return err
}

// Sessions lists a person's sessions, newest first.
func Sessions(tx *db.Tx, person string) (out []Session, err error) {
	err = tx.Query(`SELECT id, person_id, created_at, seen_at, expires_at, agent FROM session WHERE person_id = $1 AND expires_at > $2 ORDER BY created_at DESC`,
		db.Args[any](person, tx.Now()), func(r *sql.Rows) error {
			var s Session
			if err := r.Scan(&s.ID, &s.Person, &s.Created, &s.Seen, &s.Expires, &s.Agent); err != nil {
				return err
			}
			out = append(out, s)
			return nil
		})
	return out, err
}

// Issued is a token as it may be shown: never its secret.
type Issued struct {
	ID, Person, Name       string
	Scopes                 []Scope
	Created, Seen, Revoked int64
}

// Issue makes a token for a person. Its secret is shown once.
func Issue(tx *db.Tx, by Actor, person, name string, scopes []Scope) (plain string, t Issued, err error) {
	if by.ID != person || by.Kind == Token {
		if err := by.May(Manages, ""); err != nil {
			return "", t, err
		}
	}
	if len(scopes) == 0 {
		return "", t, fault.New(fault.Invalid, "a token needs at least one scope: read, write, send or admin")
	}
	words := make([]string, len(scopes))
	for i, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			return "", t, fault.New(fault.Invalid, "there is no scope %q; the scopes are read, write, send and admin", s)
		}
		words[i] = string(s)
	}
	plain, hash := secret(tokenPrefix)
	t = Issued{ID: id.New(), Person: person, Name: name, Scopes: scopes, Created: tx.Now()}
	_, err = tx.Exec(`INSERT INTO token (id, hash, person_id, name, scopes, created_at) VALUES ($1,$2,$3,$4,$5,$6)`,
		t.ID, hash, person, name, strings.Join(words, " "), tx.Now())
	return plain, t, err
}

// ByToken finds who a token speaks for. The hash is a fast one: the token itself is random.
func ByToken(tx *db.Tx, plain string) (t Issued, stale bool, err error) {
	if !strings.HasPrefix(plain, tokenPrefix) {
		return t, false, unknown()
	}
	var words string
	ok, err := tx.Row(`SELECT id, person_id, name, scopes, created_at, seen_at FROM token WHERE hash = $1 AND revoked_at = 0`,
		db.Args(hashOf(plain)), &t.ID, &t.Person, &t.Name, &words, &t.Created, &t.Seen)
	if err == nil && !ok {
		err = unknown()
	}
	t.Scopes = scopesOf(words)
	return t, tx.Now()-t.Seen > minute, err
}

// TokenSeen marks a token as used; call it at most once a minute.
func TokenSeen(tx *db.Tx, tokenID string) error {
	_, err := tx.Exec(`UPDATE token SET seen_at = $2 WHERE id = $1`, tokenID, tx.Now())
	return err
}

// Revoke ends a token.
func Revoke(tx *db.Tx, by Actor, tokenID string) error {
	var person string
	ok, err := tx.Row(`SELECT person_id FROM token WHERE id = $1`, db.Args(tokenID), &person)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "there is no such token")
	}
	if by.ID != person || by.Kind == Token {
		if err := by.May(Manages, ""); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, tokenID, tx.Now())
	return err
}

// Tokens lists a person's tokens, newest first; an empty person lists everybody's.
func Tokens(tx *db.Tx, person string) (out []Issued, err error) {
	err = tx.Query(`SELECT id, person_id, name, scopes, created_at, seen_at, revoked_at FROM token WHERE person_id = $1 OR $1 = '' ORDER BY created_at DESC LIMIT 500`,
		db.Args(person), func(r *sql.Rows) error {
			var t Issued
			var words string
			if err := r.Scan(&t.ID, &t.Person, &t.Name, &words, &t.Created, &t.Seen, &t.Revoked); err != nil {
				return err
			}
			t.Scopes = scopesOf(words)
			out = append(out, t)
			return nil
		})
	return out, err
}

// Sweep removes sessions that have ended and answers kept for repeated requests that are over a day old.
func Sweep(tx *db.Tx) error {
	if _, err := tx.Exec(`DELETE FROM session WHERE expires_at <= $1`, tx.Now()); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM answered_request WHERE at < $1`, tx.Now()-24*3600*1e6)
	return err
}

func scopesOf(words string) []Scope {
	f := strings.Fields(words)
	out := make([]Scope, len(f))
	for i, w := range f {
		out[i] = Scope(w)
	}
	return out
}

func unknown() error {
	return fault.New(fault.Unauthorized, "sign in first: this key is not known here")
}
