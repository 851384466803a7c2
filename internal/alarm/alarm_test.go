package alarm_test

import (
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"answerable/internal/alarm"
	"answerable/internal/db"
	"answerable/internal/db/dbtest"
)

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.UnixMicro(c.at.Load()) }

func open(t *testing.T, address string) (*db.DB, *clock) {
	t.Helper()
	c := &clock{}
	c.at.Store(1_000_000)
	return dbtest.Open(t, address, db.Options{Clock: c.now}), c
}

func set(t *testing.T, d *db.DB, a ...alarm.Alarm) {
	t.Helper()
	if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
		for _, a := range a {
			if err := alarm.Set(tx, a); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestEachAlarmRingsOnceAlsoWithSeveralNodes(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		d, c := open(t, address)
		const n = 500
		for i := range n {
			set(t, d, alarm.Alarm{Kind: "k", Subject: strconv.Itoa(i), Due: int64(2_000_000 + i)})
		}
		var rung sync.Map
		var twice atomic.Int64
		table := alarm.Table{"k": func(_ *db.Tx, a alarm.Alarm) error {
			if _, was := rung.LoadOrStore(a.Subject, true); was {
				twice.Add(1)
			}
			return nil
		}}
		if rang, next, err := alarm.Fire(t.Context(), d, slog.New(slog.DiscardHandler), table); rang != 0 || next != 2_000_000 || err != nil {
			t.Fatalf("too early: %d, %d, %v", rang, next, err)
		}
		c.at.Store(3_000_000)
		var wg sync.WaitGroup
		var total atomic.Int64
		for range 4 {
			wg.Go(func() {
				for {
					rang, _, err := alarm.Fire(t.Context(), d, slog.New(slog.DiscardHandler), table)
					if err != nil {
						t.Error(err)
						return
					}
					if rang == 0 {
						return
					}
					total.Add(int64(rang))
				}
			})
		}
		wg.Wait()
		for { // skipped rows of a rolled-back fire, if any
			if rang, _, err := alarm.Fire(t.Context(), d, slog.New(slog.DiscardHandler), table); err != nil || rang == 0 {
				break
			}
		}
		if twice.Load() != 0 || total.Load() < n {
			t.Errorf("%d rang twice, %d rang in all", twice.Load(), total.Load())
		}
	})
}

func TestABadAlarmStopsNoOtherAndRingsAgain(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		d, c := open(t, address)
		set(t, d, alarm.Alarm{Kind: "k", Subject: "a", Due: 2}, alarm.Alarm{Kind: "k", Subject: "bad", Due: 3}, alarm.Alarm{Kind: "k", Subject: "z", Due: 4}, alarm.Alarm{Kind: "unheard of", Subject: "x", Due: 5})
		rung := map[string]int{}
		broken := true
		table := alarm.Table{"k": func(tx *db.Tx, a alarm.Alarm) error {
			if a.Subject == "bad" && broken {
				return errors.New("not today")
			}
			tx.After(func() { rung[a.Subject]++ })
			return nil
		}}
		fire := func() {
			if _, _, err := alarm.Fire(t.Context(), d, slog.New(slog.DiscardHandler), table); err != nil {
				t.Fatal(err)
			}
		}
		fire()
		fire()
		if rung["a"] != 1 || rung["z"] != 1 || rung["bad"] != 0 {
			t.Errorf("rung %v", rung)
		}
		broken = false
		c.at.Add(time.Hour.Microseconds())
		fire()
		fire()
		if rung["bad"] != 1 || rung["a"] != 1 {
			t.Errorf("later: %v", rung)
		}
		var tries int64
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT tries FROM alarm WHERE kind = 'unheard of'`, nil, &tries)
			return err
		}); err != nil || tries == 0 {
			t.Errorf("an alarm of an unknown kind is not kept: %d tries, %v", tries, err)
		}
	})
}

func TestClearedAlarmDoesNotRing(t *testing.T) {
	t.Parallel()
	dbtest.EachAddress(t, func(t *testing.T, address string) {
		d, _ := open(t, address)
		set(t, d, alarm.Alarm{Kind: "k", Subject: "a", Due: 2})
		if err := d.Write(t.Context(), db.Desk, func(tx *db.Tx) error {
			was, err := alarm.Clear(tx, "k", "a")
			if !was {
				t.Error("it was there")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if rang, _, err := alarm.Fire(t.Context(), d, slog.New(slog.DiscardHandler), nil); rang != 0 || err != nil {
			t.Errorf("%d rang, %v", rang, err)
		}
	})
}
