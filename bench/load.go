// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// sample is one measurement of one server.
type sample struct {
	cpu      float64 // us of CPU time a connection, server and handlers
	perSec   float64 // connections a second
	answer50 float64 // us from connect to the last byte of the answer, median
	p50, p99 float64 // us from connect to the end of the connection
	failures int
}

// load is what clients do to a server.
type load struct {
	addr    string
	clients int
	count   int    // connections in all
	line    string // what each says first and has to be answered; "": it says nothing, and "ok" is the answer
	rate    int    // connections a second; 0: as many as there can be
}

// arguments are those of programs/load.c.
func (l load) arguments() []string {
	host, port, _ := strings.Cut(l.addr, ":")
	args := []string{host, port, fmt.Sprint(l.clients), fmt.Sprint(l.count), l.line}
	if l.rate > 0 {
		args = append(args, fmt.Sprint(l.rate))
	}
	return args
}

// measure makes connections and takes the server's CPU time for them.
func (b *bench) measure(d *daemon, l load) (sample, error) {
	if b.ctx.Err() != nil {
		return sample{}, errors.New("interrupted")
	}
	before, err := d.settled(stillTime)
	if err != nil {
		return sample{}, err
	}
	out, err := exec.CommandContext(b.ctx, b.program("load"), l.arguments()...).Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: cannot run the load: %v", d.name, err)
	}
	after, err := d.settled(stillTime)
	if err != nil {
		return sample{}, err
	}
	var s sample
	var seconds, most float64
	if _, err := fmt.Sscanf(string(out), "seconds=%f failures=%d answer50=%f p50=%f p99=%f max=%f",
		&seconds, &s.failures, &s.answer50, &s.p50, &s.p99, &most); err != nil {
		return sample{}, fmt.Errorf("%s: cannot read %q: %v", d.name, out, err)
	}
	s.perSec = float64(l.count) / seconds
	s.cpu = float64((after - before).Microseconds()) / float64(l.count)
	return s, nil
}

// stillTime: CPU time that has not grown for so long is that of the load.
const stillTime = 50 * time.Millisecond

// logLines counts the lines of a server's log of connections.
func (d *daemon) logLines() int {
	text, _ := os.ReadFile(d.log)
	return strings.Count(string(text), "\n")
}
