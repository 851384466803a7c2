package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"answerable/internal/app"
	"answerable/internal/demo"
	"answerable/internal/fault"
	"answerable/internal/square"
)

type demoCmd struct {
	Listen      string `help:"Where to serve the desk; another free port is taken when the default one is busy." placeholder:"HOST:PORT"`
	Data        string `help:"Keep everything in this folder, to go on later. Default: a temporary one." type:"path"`
	JSON        bool   `name:"json" help:"Print one line of JSON when ready."`
	NoCustomers bool   `help:"Nobody writes by themselves."`
	Seed        uint64 `help:"Shuffles who writes when."`
	Clock       string `help:"real, or manual: the desk's time stands still until POST /api/v1/demo/clock moves it." enum:"real,manual" default:"real"`
}

const demoPort = "127.0.0.1:7700"

// Run serves a square with made-up customers and a desk that is connected to it by the ordinary adapter.
func (d demoCmd) Run(w *world) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	if d.Data == "" {
		if d.Data, err = os.MkdirTemp("", "answerable-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(d.Data) }()
	}
	c.Data = d.Data
	if w.env("ANSWERABLE_DATABASE") == "" {
		c.Database = "sqlite:" + filepath.Join(d.Data, "desk.db")
		c.DatabaseListen = c.Database
	}
	c.AllowPrivate = append(c.AllowPrivate, "127.0.0.0/8", "::1/128") // its square is on this machine
	desk, err := listen(w.ctx, d.Listen)
	if err != nil {
		return err
	}
	c.URL = "http://" + desk.Addr().String()
	log := w.log("warn")
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return err
	}

	sq, err := square.New(square.Options{Store: filepath.Join(d.Data, "square.jsonl"), Title: "The square", Brand: demo.Handle, AnyApp: true, Log: log})
	if err != nil {
		return err
	}
	defer sq.Close()
	net1, err := remembered(w.ctx, filepath.Join(d.Data, "square.port"))
	if err != nil {
		return err
	}
	squareURL := "http://" + net1.Addr().String()

	ctx, cancel := context.WithCancel(w.ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		context.AfterFunc(ctx, sq.CloseStreams)
		if err := app.Serve(ctx, net1, sq.Handler(), log, nil); err != nil {
			log.Error("square", "err", err)
		}
	})

	o := app.Options{Log: log}
	var clock *demo.Clock
	if d.Clock == "manual" {
		clock = demo.NewClock(time.Now())
		o.Clock, o.Advance = clock.Now, clock.Advance
	}
	a, err := app.Open(ctx, c, o)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if clock != nil {
		clock.Wakes(a.Hub)
	}
	s, err := demo.Prepare(ctx, a, sq, squareURL)
	if err != nil {
		return err
	}
	running := make(chan struct{})
	go func() { defer close(running); a.Run(ctx) }()
	defer func() { cancel(); <-running }()
	if !d.NoCustomers {
		wg.Go(func() { demo.Customers(ctx, sq, log, d.Seed) })
	}
	return a.Serve(ctx, desk, func() {
		if err := d.tell(w, a, s, squareURL); err != nil {
			log.Error("nobody to tell", "err", err)
		}
	})
}

func (d demoCmd) tell(w *world, a *app.App, s demo.State, squareURL string) error {
	if !d.JSON {
		_, err := fmt.Fprintf(w.out, `
  Answerable demo: %s, outdoor gear and groceries (made up, like everybody here)

  The desk     %s
               sign in as  %s
               password    %s
  The square   %s   a small public network; write there as a customer to @%s

  Customers begin to write now. Everything stays on this machine%s.
  Ctrl+C ends it.

`, demo.Name, a.Config.URL, s.Email, s.Password, squareURL, demo.Handle, keeps(w, a.Config.Data))
		return err
	}
	type m = map[string]any
	return w.print(true, m{
		"url": a.Config.URL, "version": app.Version(), "pid": os.Getpid(), "data": a.Config.Data, "api_token": s.APIToken,
		"login":   m{"url": a.Config.URL + "/sign-in", "email": s.Email, "password": s.Password},
		"brand":   m{"id": s.BrandID, "handle": "@" + demo.Handle},
		"signed":  m{"url": a.Config.URL + "/in/signed/" + string(s.SignedID), "secret": s.Secret, "account_id": s.SignedID},
		"webform": m{"url": ""},
		"square":  m{"url": squareURL, "brand": "@" + demo.Handle, "brand_token": s.BrandToken, "tokens": s.Tokens},
	}, "")
}

func keeps(_ *world, data string) string {
	if filepath.Dir(data) == filepath.Clean(os.TempDir()) {
		return " and is gone when you stop it"
	}
	return ", in " + data
}

// listen takes the address asked for, or the usual one, or any that is free.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	if address != "" {
		l, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return nil, fault.As(fault.Invalid, err, "cannot listen on %s", address)
		}
		return l, nil
	}
	l, err := lc.Listen(ctx, "tcp", demoPort)
	if errors.Is(err, syscall.EADDRINUSE) {
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return l, err
}

// remembered listens on the port of last time, which clients of the square keep in mind, or on any that is free.
func remembered(ctx context.Context, file string) (net.Listener, error) {
	var lc net.ListenConfig
	address := "127.0.0.1:0"
	if b, err := os.ReadFile(file); err == nil { //nolint:gosec // the demo's own folder
		address = string(b)
	}
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		if l, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
	}
	return l, os.WriteFile(file, []byte(l.Addr().String()), 0o600) //nolint:gosec // as above
}
