package app

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"answerable/internal/auth"
	"answerable/internal/db"
	"answerable/internal/desk/account"
	"answerable/internal/desk/delivery"
)

// timed measures every request and adds the headers that every answer carries.
func (a *App) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(s, r)
		if r.Header.Get("Accept") != "text/event-stream" {
			a.served.WithLabelValues(strconv.Itoa(s.status)).Observe(time.Since(begun).Seconds()) //nolint:forbidigo // as above
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (s *statusWriter) WriteHeader(code int) {
	s.status = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController flush streams.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func retryAfter(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// gauges are read when they are asked for.
type gauges struct{ a *App }

var (
	accounts   = prometheus.NewDesc("answerable_accounts", "Channel accounts by health.", []string{"health"}, nil)
	deliveries = prometheus.NewDesc("answerable_deliveries", "Deliveries that are not sent, at most 1000 of each state.", []string{"state"}, nil)
)

// Describe implements prometheus.Collector.
func (g gauges) Describe(c chan<- *prometheus.Desc) { c <- accounts; c <- deliveries }

// Collect implements prometheus.Collector.
func (g gauges) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := g.a.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := account.All(tx, auth.TheHouse())
		if err != nil {
			return err
		}
		n := map[account.Health]float64{}
		for _, a := range all {
			n[a.Health]++
		}
		for h, v := range n {
			c <- prometheus.MustNewConstMetric(accounts, prometheus.GaugeValue, v, string(h))
		}
		for _, s := range []delivery.State{delivery.Queued, delivery.Sending, delivery.Failed, delivery.Uncertain} {
			d, _, err := delivery.In(tx, auth.TheHouse(), s, 1000)
			if err != nil {
				return err
			}
			c <- prometheus.MustNewConstMetric(deliveries, prometheus.GaugeValue, float64(len(d)), string(s))
		}
		return nil
	})
	if err != nil {
		g.a.Log.Warn("metrics", "err", err)
	}
}
