// SPDX-License-Identifier: Apache-2.0

// Command burst shows how a pool follows its load: it runs superd with a pool, lets
// many clients come at once and go again, and draws what superd's log says of it.
//
//	go run ./bench/burst -out docs/pool-burst.svg
//
// Owns: a superd of its own on a free port, the clients, and the pool's workers, which
// are this program once more (burst worker DURATION); all end with it.
// Does not know: superd's insides; what is drawn stands in its log.
// Concurrency: a goroutine a client, which the burst waits for.
// Errors: a client that is not served ends the run; no picture is written then.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	worker "superd/contrib/worker/go"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	var err error
	if len(os.Args) == 3 && os.Args[1] == "worker" {
		err = serve(os.Args[2])
	} else {
		err = run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "burst:", err)
		os.Exit(1)
	}
}

// usual is the burst of the documentation: superd's defaults for a pool, but for the
// sizes.
var usual = burst{
	clients: 200, ramp: time.Second, hold: 15 * time.Second, calm: 3 * time.Second, work: 200 * time.Millisecond,
	min: 5, max: 50, atRest: 5, patience: 2 * time.Minute,
}

func run(ctx context.Context) error {
	superd := flag.String("superd", "", "the superd that is run; built from this tree if it is not said")
	out := flag.String("out", "docs/pool-burst.svg", "the picture")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("cannot take %q: it takes flags alone", flag.Arg(0))
	}
	dir, err := os.MkdirTemp("", "superd-burst-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *superd == "" {
		if *superd, err = build(ctx, dir); err != nil {
			return err
		}
	}
	t, err := usual.run(ctx, *superd, dir)
	if err != nil {
		return err
	}
	text, err := draw(usual, t)
	if err != nil {
		return err
	}
	fmt.Printf("%d clients, %d connections; %d workers at most, %v after the burst began; at rest again after %v\n",
		t.clients.most(), t.connections, t.workers.most(), t.workers.reached(t.workers.most())-usual.calm,
		t.workers.last()-usual.calm)
	return os.WriteFile(*out, text, 0o644)
}

// serve is a worker whose program takes so long for each client.
func serve(work string) error {
	d, err := time.ParseDuration(work)
	if err != nil {
		return err
	}
	return worker.Run(context.Background(), func(ctx context.Context, c *worker.Conn) error {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return errors.New("ended before the client was served")
		}
		_, err := fmt.Fprintln(c, "served")
		return err
	})
}
