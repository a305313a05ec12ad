// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	if os.Geteuid() != 0 {
		return errors.New("needs root: it makes namespaces, and servers that drop privileges")
	}
	o, err := optionsFromEnv()
	if err != nil {
		return err
	}
	dir := os.Getenv(insideVar)
	if dir == "" {
		return isolate()
	}
	if err := settleIn(); err != nil {
		return err
	}
	rep, err := newReport(o.out)
	if err != nil {
		return err
	}
	defer rep.close()
	// The load gets a terminal's ^C, too; the servers, in sessions of their own,
	// do not, and are ended in order.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer cancel()
	return compare(ctx, o, dir, rep)
}

// compare is the order of business.
func compare(ctx context.Context, o options, dir string, rep *report) error {
	b, err := newBench(ctx, o, dir, rep)
	if err != nil {
		return err
	}
	defer b.close()
	rep.machine(b)
	peers := b.peers()
	if o.does("connections") {
		present, err := b.probeAll(peers)
		if err != nil {
			return err
		}
		if err := b.connections(present); err != nil {
			return err
		}
	}
	if o.does("pools") {
		if err := b.pools(); err != nil {
			return err
		}
	}
	if o.does("scale") {
		if err := b.scale(peers); err != nil {
			return err
		}
	}
	rep.leftOut(b.missing)
	return rep.err
}
