// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os/user"
	"path/filepath"
)

// bench is one run.
type bench struct {
	options
	ctx     context.Context // ends when the user interrupts
	dir     string          // programs, configurations, logs; readable by all
	rep     *report
	meter   meter
	how     string // how CPU time is counted
	remove  func()
	nobody  *user.User
	files   uint64   // descriptors to be had
	missing []string // what was left out, with the reason

	ceilingProgram   string
	netServerMissing error // why Net::Server cannot be had
}

func newBench(ctx context.Context, o options, dir string, rep *report) (*bench, error) {
	b := &bench{options: o, ctx: ctx, dir: dir, rep: rep}
	var err error
	if b.superd, err = filepath.Abs(o.superd); err != nil {
		return nil, err
	}
	if b.ceilingProgram, err = filepath.Abs("bench/out/bin/ceiling"); err != nil {
		return nil, err
	}
	if b.nobody, err = user.Lookup("nobody"); err != nil {
		return nil, fmt.Errorf("cannot find the handlers' user: %v", err)
	}
	if err := buildPrograms(dir); err != nil {
		return nil, err
	}
	b.files = raiseFiles(40000)
	b.meter, b.how, b.remove = newMeter(dir)
	return b, nil
}

func (b *bench) close() { b.remove() }
