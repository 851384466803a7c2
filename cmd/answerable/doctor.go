package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"answerable/internal/alarm"
	"answerable/internal/app"
	"answerable/internal/auth"
	"answerable/internal/config"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/arrival"
	"answerable/internal/desk/brand"
	"answerable/internal/desk/delivery"
	"answerable/internal/desk/directory"
	"answerable/internal/fault"
	"answerable/internal/lease"
	"answerable/internal/record"
	"answerable/internal/secret"
)

type doctorCmd struct {
	Deep bool `help:"Verify the whole record, however long it is."`
	JSON bool `name:"json" help:"Print one line of JSON."`
}

// finding is what one look found: ok, a note that needs no hurry, or something wrong with what to do about it.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, note, wrong
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// examination is one round of the doctor. It changes nothing.
type examination struct {
	w       *world
	c       config.Config
	d       *db.DB
	serving bool // some process serves from this database now
	report  struct {
		OK       bool   `json:"ok"`
		Version  string `json:"version"`
		Go       string `json:"go"`
		Database string `json:"database,omitempty"`
		Schema   struct {
			Have  int64 `json:"have"`
			Needs int64 `json:"needs"`
		} `json:"schema"`
		Checks []finding `json:"checks"`
	}
}

// What is too much.
const (
	lateAfter      = int64(60 * 1e6) // microseconds
	quickVerify    = 200_000         // entries of the record that are verified without --deep
	mostCounted    = 1000
	leastSpace     = 1 << 30 // bytes
	mostSkew       = 2 * time.Second
	doctorPatience = 15 * time.Second
)

// Run looks at everything and ends with 1 when something is wrong.
func (dc doctorCmd) Run(w *world) error {
	e := &examination{w: w}
	e.report.Version, e.report.Go = app.Version(), runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH
	e.ok("program", "answerable %s, %s", e.report.Version, e.report.Go)
	if err := e.all(dc.Deep); err != nil {
		e.wrong("doctor", "", "the doctor could not go on: %s", err)
	}
	e.report.OK = !slices.ContainsFunc(e.report.Checks, func(f finding) bool { return f.State == "wrong" })
	if err := e.tell(dc.JSON); err != nil {
		return err
	}
	if !e.report.OK {
		return exit(1)
	}
	return nil
}

func (e *examination) tell(asJSON bool) error {
	if asJSON {
		return json.NewEncoder(e.w.out).Encode(e.report)
	}
	marks := map[string]string{"ok": "ok   ", "note": "note ", "wrong": "WRONG"}
	for _, f := range e.report.Checks {
		fmt.Fprintf(e.w.out, "%s  %-10s %s\n", marks[f.State], f.Check, f.Says)
		if f.Do != "" {
			fmt.Fprintf(e.w.out, "                  → %s\n", f.Do)
		}
	}
	return nil
}

func (e *examination) add(state, check, do, format string, args ...any) {
	e.report.Checks = append(e.report.Checks, finding{check, state, fmt.Sprintf(format, args...), do})
}

func (e *examination) ok(check, format string, args ...any) { e.add("ok", check, "", format, args...) }

func (e *examination) note(check, do, format string, args ...any) {
	e.add("note", check, do, format, args...)
}

func (e *examination) wrong(check, do, format string, args ...any) {
	e.add("wrong", check, do, format, args...)
}

// late is wrong while somebody serves, and only worth a note while nobody does.
func (e *examination) late(check, do, format string, args ...any) {
	if e.serving {
		e.wrong(check, do, format, args...)
		return
	}
	e.note(check, "start answerable serve", format, args...)
}

func (e *examination) all(deep bool) (err error) {
	if e.c, err = e.w.load(); err != nil {
		e.wrong("config", "mend the setting, in the file or the environment", "%s", words(err))
		return nil
	}
	e.ok("config", "%s", e.c)
	e.folder()
	e.port()
	ctx, cancel := context.WithTimeout(e.w.ctx, doctorPatience)
	defer cancel()
	if file, ok := strings.CutPrefix(e.c.Database, "sqlite:"); ok {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			e.wrong("database", "run answerable migrate, or answerable serve, which makes it", "there is no database %s yet", file)
			return nil
		}
	}
	if e.d, err = db.Open(ctx, e.c.Database, db.Options{}); err != nil {
		e.wrong("database", "start the database server, or mend ANSWERABLE_DATABASE", "%s", words(err))
		return nil
	}
	defer closed(e.d, &err)
	e.report.Database = e.d.Dialect()
	if err := e.d.Suitable(ctx); err != nil {
		e.wrong("database", "make another database; what is in this one can be carried over with pg_dump --data-only", "%s", words(err))
		return nil
	}
	e.ok("database", "%s answers", e.d.Dialect())
	ready, err := e.schema(ctx)
	if err != nil || !ready {
		return err
	}
	if err := e.d.Read(ctx, e.house); err != nil {
		return err
	}
	return e.chain(deep)
}

func words(err error) string {
	if fault.Is(err, fault.Internal) {
		return err.Error() // the doctor speaks to who runs it
	}
	return fault.Safe(err)
}

// folder looks at the data folder: who may read it, the key, and how much space is left.
func (e *examination) folder() {
	dir := e.c.Data
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.note("folder", "", "%s is not there yet; it is made when it is needed", dir)
		return
	case err != nil:
		e.wrong("folder", "give it to the user that answerable runs as", "%s cannot be looked at: %s", dir, err)
		return
	case !st.IsDir():
		e.wrong("folder", "name another folder in ANSWERABLE_DATA", "%s is no folder", dir)
		return
	case syscall.Access(dir, 0o2) != nil:
		e.wrong("folder", "give it to the user that answerable runs as", "%s cannot be written to", dir)
	case st.Mode().Perm()&0o007 != 0:
		e.wrong("folder", "chmod o-rwx "+dir, "everybody on this machine may look into %s, which holds a key", dir)
	default:
		e.ok("folder", "%s is ours", dir)
	}
	e.key(dir)
	var fsys syscall.Statfs_t
	if err := syscall.Statfs(dir, &fsys); err == nil {
		if left := fsys.Bavail * uint64(fsys.Bsize); left < leastSpace { //nolint:gosec // a block size is not negative
			e.wrong("space", "make room, or move the folder", "only %d MiB are left where %s is", left>>20, dir)
		} else {
			e.ok("space", "%d GiB are left", left>>30)
		}
	}
}

func (e *examination) key(dir string) {
	file := filepath.Join(dir, "installation.key")
	st, err := os.Stat(file)
	switch {
	case e.c.Key != "":
		if _, err := secret.Open(dir, e.c.Key); err != nil {
			e.wrong("key", "make one with: openssl rand -base64 32", "%s", words(err))
			return
		}
		e.ok("key", "the installation's key is given in the configuration")
	case errors.Is(err, fs.ErrNotExist):
		e.note("key", "", "%s is not there yet; it is made with the first account", file)
	case err != nil:
		e.wrong("key", "give it to the user that answerable runs as", "%s cannot be looked at: %s", file, err)
	case st.Mode().Perm()&0o077 != 0:
		e.wrong("key", "chmod 600 "+file, "others may read %s, which opens the accounts' secrets", file)
	default:
		if _, err := secret.Open(dir, ""); err != nil {
			e.wrong("key", "put the key back from the backup", "%s", words(err))
			return
		}
		e.ok("key", "the installation's key is kept in %s", file)
	}
}

// port looks whether we could listen, or do.
func (e *examination) port() {
	l, err := (&net.ListenConfig{}).Listen(e.w.ctx, "tcp", e.c.Listen)
	if err == nil {
		_ = l.Close()
		e.note("port", "", "%s is free: no desk is served there now", e.c.Listen)
		return
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		e.wrong("port", "choose another address in ANSWERABLE_LISTEN", "cannot listen on %s: %s", e.c.Listen, err)
		return
	}
	host, port, _ := net.SplitHostPort(e.c.Listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(e.w.ctx, 2*time.Second)
	defer cancel()
	if !healthy(ctx, "http://"+net.JoinHostPort(host, port)+"/healthz") {
		e.wrong("port", "end that program, or choose another address in ANSWERABLE_LISTEN", "another program listens on %s", e.c.Listen)
		return
	}
	e.ok("port", "a desk is served on %s", e.c.Listen)
}

func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var said struct {
		Status string `json:"status"`
	}
	return json.NewDecoder(io.LimitReader(res.Body, 1<<10)).Decode(&said) == nil && said.Status == "ok"
}

// schema compares what the database has with what this program needs.
func (e *examination) schema(ctx context.Context) (ready bool, err error) {
	have, needs, err := e.d.Version(ctx)
	if err != nil {
		return false, err
	}
	e.report.Schema.Have, e.report.Schema.Needs = have, needs
	switch {
	case have < needs:
		e.wrong("schema", "run answerable migrate", "the database has schema %d and this program needs %d", have, needs)
	case have > needs:
		e.wrong("schema", "start the newer program", "the database has schema %d and this program knows only %d", have, needs)
	default:
		e.ok("schema", "%d, as this program needs it", have)
	}
	return have == needs, nil
}

// house looks at what is stored, all in one moment.
func (e *examination) house(tx *db.Tx) error {
	for _, look := range []func(*db.Tx) error{e.served, e.skew, e.people, e.brands, e.accounts, e.arrivals, e.deliveries, e.alarms, e.lag} {
		if err := look(tx); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) served(tx *db.Tx) error {
	held, err := lease.All(tx)
	if err != nil {
		return err
	}
	holders := map[string]bool{}
	for _, h := range held {
		holders[h.Holder] = true
	}
	e.serving = len(holders) > 0
	if e.d.Single() {
		if e.serving, err = app.Serving(e.c.Data); err != nil {
			return err
		}
	}
	switch {
	case !e.serving:
		e.note("serving", "", "no process serves from this database now")
	case e.d.Single():
		e.ok("serving", "a process serves from this folder and holds its lock")
	default:
		e.ok("serving", "%d processes hold %d leases", len(holders), len(held))
	}
	return nil
}

func (e *examination) skew(tx *db.Tx) error {
	if e.d.Single() {
		return nil // its clock is this machine's
	}
	before := time.Now()
	theirs, err := tx.ClockMicros()
	if err != nil {
		return err
	}
	after := time.Now()
	middle := before.Add(after.Sub(before) / 2)
	if off := middle.Sub(time.UnixMicro(theirs)).Round(time.Millisecond); off.Abs() > mostSkew+after.Sub(before) {
		e.wrong("clock", "let both machines follow the same time (chrony, systemd-timesyncd)", "this machine's clock and the database's are %s apart", off.Abs())
	} else {
		e.ok("clock", "this machine's clock and the database's agree (%s)", off.Abs())
	}
	return nil
}

func (e *examination) people(tx *db.Tx) error {
	all, err := directory.All(tx)
	if err != nil {
		return err
	}
	admins, able := 0, 0
	for _, p := range all {
		if p.Role != auth.Admin {
			continue
		}
		admins++
		hash, err := auth.Password(tx, string(p.ID))
		if err != nil {
			return err
		}
		if hash != "" {
			able++
		}
	}
	const add = "answerable user add --email … --name … --role admin --password-stdin"
	switch {
	case len(all) == 0:
		e.wrong("people", "open the desk in a browser, which makes the first admin, or: "+add, "nobody works here yet")
	case admins == 0:
		e.wrong("people", add, "there is no admin")
	case able == 0:
		e.wrong("people", "answerable user password --email … --password-stdin", "no admin can sign in: none has a password")
	default:
		e.ok("people", "%d, %d of them admins", len(all), admins)
	}
	return nil
}

func (e *examination) brands(tx *db.Tx) error {
	all, err := brand.All(tx, auth.TheHouse())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		e.wrong("brands", "answerable brand add --slug … --name … --zone …", "there is no brand")
		return nil
	}
	good := true
	for _, b := range all {
		p, ok, err := directory.Accountable(tx, b.ID)
		if err != nil {
			return err
		}
		const add = "answerable user add --role lead --brand "
		switch {
		case !ok:
			e.wrong("brands", add+b.Slug+" --email … --name …", "nobody answers for what has no owner at %s: it has no lead and no admin", b.Slug)
		case p.Role != auth.Lead:
			e.note("brands", add+b.Slug+" --email … --name …", "%s has no lead; an admin answers for what has no owner", b.Slug)
		default:
			continue
		}
		good = false
	}
	if good {
		e.ok("brands", "%d, each with a lead", len(all))
	}
	return nil
}

func (e *examination) accounts(tx *db.Tx) error {
	all, err := account.All(tx, auth.TheHouse())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		e.note("accounts", "answerable account add --brand … --channel … --config FILE", "no account is connected")
		return nil
	}
	var box *secret.Box
	if _, err := os.Stat(filepath.Join(e.c.Data, "installation.key")); err == nil || e.c.Key != "" {
		box, _ = secret.Open(e.c.Data, e.c.Key) // what is wrong with it was said
	}
	good, locked := 0, 0
	for _, a := range all {
		name := a.Channel + " " + a.Handle + " (" + string(a.ID) + ")"
		if len(a.Sealed) > 0 && a.Health != account.Off && !e.opens(box, a) {
			locked++
		}
		switch a.Health {
		case account.Forbidden:
			e.wrong("accounts", "connect it again with other keys, on the settings page or by PATCH /api/v1/accounts/"+string(a.ID), "the keys of %s no longer work: %s", name, a.Trouble)
		case account.Trouble:
			e.wrong("accounts", "look at its server and its settings; we keep trying", "%s is in trouble: %s", name, a.Trouble)
		case account.Limited:
			e.note("accounts", "", "%s: the network asks us to wait: %s", name, a.Trouble)
		case account.New:
			e.note("accounts", "", "%s was not spoken to yet", name)
		case account.OK, account.Off:
			good++
		}
		if a.Refused > 0 {
			e.note("accounts", "compare the secret on both sides", "%s refused %d deliveries with a wrong signature", name, a.Refused)
		}
	}
	if locked > 0 {
		e.wrong("key", "put the installation's key back from the backup, or connect these accounts again", "the secrets of %s do not open with this installation's key", many(int64(locked), "account", "accounts"))
	}
	if good == len(all) {
		e.ok("accounts", "%d, all well", good)
	}
	return nil
}

func (e *examination) opens(box *secret.Box, a account.Account) bool {
	if box == nil {
		return false
	}
	_, err := box.Open(a.Sealed, account.Place(a.ID))
	return err == nil
}

func (e *examination) arrivals(tx *db.Tx) error {
	n, err := arrival.Counts(tx, mostCounted)
	if err != nil {
		return err
	}
	if n[arrival.Unreadable] > 0 {
		e.wrong("arrivals", "look at them in the settings; after a fix they can be read again", "%s could not be read", many(n[arrival.Unreadable], "arrival", "arrivals"))
	}
	if n[arrival.Unknown] > 0 {
		e.note("arrivals", "look at them in the settings", "%s of a kind we do not know", many(n[arrival.Unknown], "arrival", "arrivals"))
	}
	if len(n) == 0 {
		e.ok("arrivals", "all that came could be read")
	}
	return nil
}

// many is a count that stops at mostCounted.
func many(n int64, one, more string) string {
	switch {
	case n >= mostCounted:
		return fmt.Sprintf("%d %s or more", n, more)
	case n == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func (e *examination) deliveries(tx *db.Tx) error {
	good := true
	for _, s := range []delivery.State{delivery.Uncertain, delivery.Failed} {
		list, _, err := delivery.In(tx, auth.TheHouse(), s, mostCounted)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			continue
		}
		good = false
		n := many(int64(len(list)), "reply", "replies")
		if s == delivery.Uncertain {
			e.wrong("deliveries", "a person looks on the network and says at the message whether it arrived; GET /api/v1/deliveries?state=uncertain lists them", "%s may or may not have arrived", n)
		} else {
			e.note("deliveries", "they are marked in their conversations; GET /api/v1/deliveries?state=failed lists them", "%s did not leave", n)
		}
	}
	if good {
		e.ok("deliveries", "none is uncertain or failed")
	}
	return nil
}

func (e *examination) alarms(tx *db.Tx) error {
	list, err := alarm.Overdue(tx, tx.Now()-lateAfter, mostCounted)
	if err != nil {
		return err
	}
	late := int64(0)
	failing := map[string]int64{}
	why := map[string]string{}
	for _, a := range list {
		if a.Tries == 0 {
			late++
			continue
		}
		failing[a.Kind]++
		why[a.Kind] = a.Error
	}
	for kind, n := range failing {
		e.wrong("alarms", "the log says more; they ring again by themselves", "%s %q fail when they ring: %s", many(n, "alarm", "alarms"), kind, why[kind])
	}
	if late > 0 {
		e.late("alarms", "look into the log of what serves", "%s should have rung over a minute ago", many(late, "alarm", "alarms"))
	}
	if len(list) == 0 {
		e.ok("alarms", "none is late")
	}
	return nil
}

func (e *examination) lag(tx *db.Tx) error {
	b, err := record.Lag(tx)
	if err != nil {
		return err
	}
	good := true
	if b.Waiting > 0 && tx.Now()-b.Since > lateAfter {
		good = false
		e.late("record", "look into the log of what serves", "%s for a place in the record, the oldest since %s", many(b.Waiting, "entry waits", "entries wait"), moment(b.Since))
	}
	for name, n := range b.Followers {
		if n > quickVerify/100 {
			good = false
			e.late("record", "let it catch up; after an import that takes a while", "%q has still to read %d entries of the record", name, n)
		}
	}
	if good {
		e.ok("record", "sealed up to %d, and read", b.Sealed)
	}
	return nil
}

// chain verifies the record, when it is short or when asked to.
func (e *examination) chain(deep bool) error {
	return e.d.Read(e.w.ctx, func(tx *db.Tx) error {
		b, err := record.Lag(tx)
		if err != nil {
			return err
		}
		if b.Sealed > quickVerify && !deep {
			e.note("chain", "answerable doctor --deep", "the record is long (%d entries) and was not verified", b.Sealed)
			return nil
		}
		n, err := record.Verify(tx)
		if err != nil {
			e.wrong("chain", "somebody changed the record behind our back: compare with a backup", "%s", words(err))
			return nil
		}
		e.ok("chain", "%d entries of the record hold", n)
		return nil
	})
}
