// Package jobs writes errands for after the commit: fetching a file, sweeping out what is over. River keeps them, behind this package.
// Never one errand a message or delivery: what moves messages has lanes of its own.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"answerable/internal/db"
)

// Args is the content of an errand. The station that asks for it owns the type; who does it registers in app.
type Args = river.JobArgs

// Book registers who does what.
type Book struct {
	workers  *river.Workers
	periodic []*river.PeriodicJob
}

// NewBook makes an empty one.
func NewBook() *Book { return &Book{workers: river.NewWorkers()} }

// Do registers how errands of a kind are done. An error lets River try again later, with growing waits; last says that it will not.
func Do[A Args](b *Book, do func(ctx context.Context, a A, last bool) error) {
	river.AddWorker(b.workers, river.WorkFunc(func(ctx context.Context, j *river.Job[A]) error { return do(ctx, j.Args, j.Attempt >= j.MaxAttempts) }))
}

// Every has an errand done again and again, by one node.
func (b *Book) Every(d time.Duration, a Args) {
	b.periodic = append(b.periodic, river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) { return a, nil }, &river.PeriodicJobOpts{RunOnStart: false}))
}

func driver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Single() {
		return riversqlite.New(d.Pool(db.Work))
	}
	return riverdatabasesql.New(d.Pool(db.Work))
}

// Migrate makes River's own tables.
func Migrate(ctx context.Context, d *db.DB) error {
	m, err := rivermigrate.New(driver(d), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate errands: %w", err)
	}
	return nil
}

// Queue writes errands. It is made once, by app.
type Queue struct{ c *river.Client[*sql.Tx] }

// New makes the queue of a database; with a book it also does the errands once Run is called.
func New(d *db.DB, log *slog.Logger, b *Book) (*Queue, error) {
	c := &river.Config{
		Logger: log, JobTimeout: time.Minute, RescueStuckJobsAfter: 5 * time.Minute, PollOnly: true,
		FetchPollInterval: 500 * time.Millisecond, FetchCooldown: 20 * time.Millisecond, MaxAttempts: 8,
	}
	if b != nil {
		c.Workers, c.PeriodicJobs = b.workers, b.periodic
		c.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}
	}
	client, err := river.NewClient(driver(d), c)
	return &Queue{client}, err
}

// Add writes errands in the caller's transaction.
func (q *Queue) Add(tx *db.Tx, args ...Args) error {
	many := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		many[i] = river.InsertManyParams{Args: a}
	}
	_, err := q.c.InsertManyTx(tx.Context(), tx.Raw(), many)
	return err
}

// Run does errands until ctx ends, then lets those under way finish for a moment.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.c.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	soft, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := q.c.Stop(soft); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
