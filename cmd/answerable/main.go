// Answerable is a social customer care desk. This command serves it, sets it up, looks after it, and brings history into it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"answerable/internal/app"
	"answerable/internal/config"
	"answerable/internal/db"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commands is all the program can do, one file a subcommand.
type commands struct {
	Demo    demoCmd    `cmd:"" help:"Try it: a made-up brand, its customers on a small public network, and a desk to answer them from."`
	Serve   serveCmd   `cmd:"" help:"Serve the desk."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to this version's schema."`
	Doctor  doctorCmd  `cmd:"" help:"Say what is wrong and what to do."`
	Brand   brandCmd   `cmd:"" help:"Brands."`
	User    userCmd    `cmd:"" help:"People who work here."`
	Token   tokenCmd   `cmd:"" help:"Keys for programs."`
	Account accountCmd `cmd:"" help:"Connected presences on channels."`
	Import  importCmd  `cmd:"" help:"Bring past conversations in, as archived history."`
	Replay  replayCmd  `cmd:"" help:"Play one brand's past conversations on a running square."`
	Bench   benchCmd   `cmd:"" help:"Fill a database for measurements."`
	Version versionCmd `cmd:"" help:"Print the version."`

	Config string `name:"config-file" help:"YAML file of settings; the environment (ANSWERABLE_…) wins." type:"existingfile" placeholder:"FILE"`
}

// world is what a command may touch: tests give it another one.
type world struct {
	ctx    context.Context //nolint:containedctx // of the whole program
	env    func(string) string
	in     io.Reader
	out    io.Writer
	err    io.Writer
	config string
}

// exit carries an exit code where the error was told already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run is the whole program: exit code 0, 1 when something was refused or failed, 2 when the command line is wrong.
func run(ctx context.Context, args []string, env func(string) string, in io.Reader, out, errw io.Writer) int {
	var c commands
	code := -1
	p, err := kong.New(&c, kong.Name("answerable"), kong.Description("A self-hosted social customer care desk. Every public question gets a person and a straight answer."),
		kong.Writers(out, errw), kong.Exit(func(n int) { code = n; panic(done{}) }), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errw, "answerable:", err)
		return 2
	}
	k, err := parse(p, args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		fmt.Fprintln(errw, "answerable:", err)
		return 2
	}
	w := &world{ctx: ctx, env: env, in: in, out: out, err: errw, config: c.Config}
	if err := k.Run(w); err != nil {
		if e, ok := errors.AsType[exit](err); ok {
			return int(e)
		}
		fmt.Fprintln(errw, "answerable:", err)
		return 1
	}
	return 0
}

type done struct{}

func parse(p *kong.Kong, args []string) (k *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(done); !ok {
				panic(r)
			}
		}
	}()
	return p.Parse(args)
}

// load reads the configuration.
func (w *world) load() (config.Config, error) { return config.Load(w.config, w.env) }

// log writes to standard error, in words for people.
func (w *world) log(level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // config has checked it
	return slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: l}))
}

// open opens the configured database for a command that changes something, at this program's schema.
func (w *world) open() (config.Config, *db.DB, error) {
	c, err := w.load()
	if err != nil {
		return c, nil, err
	}
	d, err := db.Open(w.ctx, c.Database, db.Options{})
	if err != nil {
		return c, nil, err
	}
	if d.Single() { // a first command on a fresh machine makes the database
		err = app.Migrate(w.ctx, d)
	} else if err = d.Suitable(w.ctx); err == nil {
		err = d.Ready(w.ctx)
	}
	if err != nil {
		return c, nil, errors.Join(err, d.Close())
	}
	return c, d, nil
}

// print writes one line of JSON, or words.
func (w *world) print(asJSON bool, v any, format string, args ...any) error {
	if asJSON {
		return json.NewEncoder(w.out).Encode(v)
	}
	_, err := fmt.Fprintf(w.out, format+"\n", args...)
	return err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(w *world) error {
	_, err := fmt.Fprintln(w.out, "answerable", app.Version())
	return err
}
