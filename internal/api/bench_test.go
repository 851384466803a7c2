package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/directory"
)

// cpu is what this process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTokenCheck measures GET /me whole, and its work alone: the same reading, without the gate, the token, the router and
// JSON. What is between them may cost 0.2 ms of CPU; the ratio to that limit is reported as of-limit.
func BenchmarkTokenCheck(b *testing.B) {
	const limit = 200 * time.Microsecond
	for name, address := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			w := newDesk(b, dbtest.Open(b, address(b), db.Options{}))
			req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, base+"/me", nil)
			req.Header.Set("Authorization", "Bearer "+w.tokens[agent])
			whole := func() {
				rec := httptest.NewRecorder()
				if w.api.ServeHTTP(rec, req); rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
			var me directory.Person
			w.Read(func(tx *db.Tx) (err error) {
				me, err = directory.Get(tx, w.Mara.ID)
				return err
			})
			ctx := context.WithValue(b.Context(), callerKey{}, caller{actor: me.Actor()})
			work := func() {
				if _, err := w.api.me(ctx, nil); err != nil {
					b.Fatal(err)
				}
			}
			whole()
			w.api.errands.Wait()
			var with, alone time.Duration
			n := 0
			for b.Loop() { // in turns, so that a busy machine weighs on both
				a := cpu(b)
				for range 50 {
					work()
				}
				m := cpu(b)
				for range 50 {
					whole()
				}
				with, alone, n = with+cpu(b)-m, alone+m-a, n+50
			}
			extra := (with - alone) / time.Duration(n)
			b.ReportMetric(float64(with.Nanoseconds())/float64(n), "cpu-ns/request")
			b.ReportMetric(float64(alone.Nanoseconds())/float64(n), "cpu-ns/work")
			b.ReportMetric(float64(extra.Nanoseconds()), "cpu-ns/check")
			b.ReportMetric(float64(extra)/float64(limit), "of-limit")
		})
	}
}
