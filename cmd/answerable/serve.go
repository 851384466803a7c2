package main

import (
	"fmt"
	"net"
	"sync"

	"answerable/internal/app"
)

type serveCmd struct{}

// Run serves the desk until it is told to stop.
func (serveCmd) Run(w *world) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	log := w.log(c.Log)
	l, err := (&net.ListenConfig{}).Listen(w.ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Listen, err)
	}
	if c.URL == "" {
		c.URL = "http://" + l.Addr().String()
	}
	a, err := app.Open(w.ctx, c, app.Options{Log: log})
	if err != nil {
		_ = l.Close()
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { a.Run(w.ctx) })
	err = a.Serve(w.ctx, l, func() {
		log.Info("answerable is ready", "url", c.URL, "version", app.Version(), "config", c.String())
	})
	wg.Wait()
	if cerr := a.Close(); err == nil {
		err = cerr
	}
	return err
}
