// Kill ends the program with SIGKILL at random and at chosen moments, while customers write and agents answer, and then looks for what
// was lost, doubled or half made, in the desk and on the network.
//
// The network is a real square in this process, so that it outlives the desk. The chosen moments are those of a delivery: claimed and
// asked (the request has come, nothing is posted), answered (it is posted, nobody was told), and told (the answer is out, the desk has
// not stored it). The square here is one of those servers that ignore Idempotency-Key, so only looking before sending again keeps a reply
// from being posted twice. Run it with scripts/with-postgres for both databases:
//
//	scripts/with-postgres --durable go run ./bench/kill -rounds 50
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 50, "how often the program is killed, on each database")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the moments")
	only := flag.String("database", "both", "sqlite, postgres or both")
	verbose := flag.Bool("v", false, "tell each round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *seed, *only, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, seed uint64, only string, verbose bool) error {
	fmt.Printf("kill: %d rounds, seed %d\n", rounds, seed)
	dir, err := os.MkdirTemp("", "answerable-kill-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := build(ctx, dir)
	if err != nil {
		return err
	}
	var bad error
	for _, name := range []string{"sqlite", "postgres"} {
		if only != "both" && only != name {
			continue
		}
		address, drop, err := database(ctx, name, dir)
		if errors.Is(err, errNoServer) && only == "both" {
			fmt.Println("kill: postgres skipped, no server: run it with scripts/with-postgres")
			continue
		}
		if err != nil {
			return err
		}
		w, err := newWorld(ctx, binary, dir+"/"+name, address, rand.New(rand.NewPCG(seed, uint64(len(name)))), verbose)
		if err != nil {
			drop()
			return fmt.Errorf("%s: %w", name, err)
		}
		err = w.play(ctx, rounds)
		w.close()
		drop()
		if err != nil {
			bad = errors.Join(bad, fmt.Errorf("%s: %w", name, err))
		}
	}
	return bad
}
