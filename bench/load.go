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
	p50, p99 float64 // us from connect to the end of the answer
	failures int
}

// measure makes count connections by so many clients and takes the server's CPU
// time for them.
func (b *bench) measure(d *daemon, addr string, clients, count int) (sample, error) {
	if b.ctx.Err() != nil {
		return sample{}, errors.New("interrupted")
	}
	host, port, _ := strings.Cut(addr, ":")
	before, err := d.settled(stillTime)
	if err != nil {
		return sample{}, err
	}
	out, err := exec.CommandContext(b.ctx, b.program("load"), host, port, fmt.Sprint(clients), fmt.Sprint(count)).Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: cannot run the load: %v", d.name, err)
	}
	after, err := d.settled(stillTime)
	if err != nil {
		return sample{}, err
	}
	var s sample
	var seconds, most float64
	if _, err := fmt.Sscanf(string(out), "seconds=%f failures=%d p50=%f p99=%f max=%f",
		&seconds, &s.failures, &s.p50, &s.p99, &most); err != nil {
		return sample{}, fmt.Errorf("%s: cannot read %q: %v", d.name, out, err)
	}
	s.perSec = float64(count) / seconds
	s.cpu = float64((after - before).Microseconds()) / float64(count)
	return s, nil
}

// stillTime: CPU time that has not grown for so long is that of the load.
const stillTime = 50 * time.Millisecond

// logLines counts the lines of a server's log of connections.
func (d *daemon) logLines() int {
	text, _ := os.ReadFile(d.log)
	return strings.Count(string(text), "\n")
}
