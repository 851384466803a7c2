package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"answerable/internal/alarm"
	"answerable/internal/auth"
	"answerable/internal/channel"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/fault"
	"answerable/internal/record"
)

// What the doctor says of troubles that a story cannot make from outside.
func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		h := newHouse(t, address)
		h.must("", "migrate")
		h.must("", "brand", "add", "--slug", "tarn")
		h.must("correct horse battery", "user", "add", "--email", "ada@tarn.example", "--name", "Ada Voss", "--role", "admin", "--password-stdin")
		h.must(`{}`, "account", "add", "--brand", "tarn", "--channel", "signed", "--config", "-")
		d := dbtest.Open(t, address, db.Options{})
		write := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), db.Desk, fn); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := record.SealOnce(t.Context(), d, 0); err != nil {
			t.Fatal(err)
		}
		other, err := net.Listen("tcp", "127.0.0.1:0") // somebody who answers nothing
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		go func() {
			for {
				c, err := other.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
			}
		}()
		h.env["ANSWERABLE_LISTEN"] = other.Addr().String()
		for _, f := range []struct {
			name, path string
			mode       os.FileMode
		}{{"folder", "", 0o755}, {"key", "installation.key", 0o644}} {
			if err := os.Chmod(filepath.Join(h.env["ANSWERABLE_DATA"], f.path), f.mode); err != nil {
				t.Fatal(f.name, err)
			}
		}
		write(func(tx *db.Tx) error {
			all, err := account.All(tx, auth.TheHouse())
			if err != nil {
				return err
			}
			a := all[0]
			if err := account.Tell(tx, a.ID, account.Forbidden, "the token was revoked", nil); err != nil {
				return err
			}
			if err := account.Refuse(tx, a.ID); err != nil {
				return err
			}
			if _, err := arrival.Keep(tx, a.Brand, a.ID, []channel.Arrival{{Raw: channel.Raw{Key: "k", Body: []byte("{")}, Cause: fault.New(fault.Invalid, "this is no JSON")}}); err != nil {
				return err
			}
			return alarm.Set(tx, alarm.Alarm{Kind: "reply.release", Subject: "x", Brand: string(a.Brand), Due: tx.Now() - 3*lateAfter})
		})
		// Somebody changes the past.
		write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE record SET kind = 'brand.removed' WHERE seq = 1`)
			return err
		})

		code, out, _ := h.run("", "doctor")
		if code != 1 {
			t.Errorf("exit %d, want 1", code)
		}
		for _, want := range []string{
			"WRONG  folder     everybody on this machine may look into", "WRONG  key        others may read", "WRONG  port       another program listens on",
			"the keys of signed signed (", "no longer work: the token was revoked", "refused 1 deliveries with a wrong signature", "WRONG  arrivals   1 arrival could not be read",
			"note   alarms     1 alarm should have rung", "WRONG  chain      entry 1 (",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("the doctor does not say %q:\n%s", want, out)
			}
		}
	})
}
