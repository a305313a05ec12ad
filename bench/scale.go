// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// scalePoint is one server with so many services.
type scalePoint struct {
	peer     *peer
	services int
	samples  []sample
	start    time.Duration // until the last socket listens
	rss      int           // KiB, five seconds later
	reload   time.Duration // until every service runs its new program
	peak     int           // KiB, the most during the reload
	err      error
}

// restTime: memory is read when a server had so long to give back what loading took.
const restTime = 5 * time.Second

// scale measures what many idle services cost. Rounds go over all points, so
// that the ratio of few to many is one of neighbours.
func (b *bench) scale(peers []*peer) error {
	var points []*scalePoint
	for _, p := range peers {
		for _, n := range sizes(p.name) {
			if uint64(n)+200 > b.files {
				b.missing = append(b.missing, fmt.Sprintf("%s with %d services: only %d descriptors here", p.name, n, b.files))
			} else {
				points = append(points, &scalePoint{peer: p, services: n})
			}
		}
	}
	for round := range b.rounds {
		for _, pt := range points {
			if pt.err != nil {
				continue
			}
			if pt.err = b.scaleRound(pt, round); pt.err == nil {
				continue
			}
			if pt.peer.name == "superd" || b.ctx.Err() != nil {
				return pt.err
			}
			b.missing = append(b.missing, fmt.Sprintf("%s with %d services: %v", pt.peer.name, pt.services, pt.err))
		}
	}
	b.rep.scale(points)
	return nil
}

func sizes(name string) []int {
	switch name {
	case "superd":
		// Ten and ten thousand are neighbours: the aim compares them.
		return []int{1000, 5000, 10, 10000}
	case "xinetd", "openbsd-inetd":
		return []int{10, 1000, 5000}
	}
	return nil
}

// scaleRound starts the server afresh; memory is taken in the first round only.
func (b *bench) scaleRound(pt *scalePoint, round int) error {
	s := setup{[]string{b.program("handler")}, pt.services}
	begin := time.Now()
	d, err := pt.peer.launch(b, s, max(plainFiles, pt.services+200))
	if err != nil {
		return err
	}
	defer d.stop()
	if err := d.await(2*time.Minute, fmt.Sprintf("%d sockets", pt.services), func() bool {
		return listeners() >= pt.services
	}); err != nil {
		return err
	}
	if round == 0 {
		pt.start = time.Since(begin)
		time.Sleep(restTime)
		if pt.rss, err = memory(d.pid, "VmRSS"); err != nil {
			return err
		}
	}
	last := serviceAddr(pt.services - 1)
	if err := d.awaitAnswer(last, ""); err != nil {
		return err
	}
	count := 2000
	if b.quick {
		count = 300
	}
	// The warm-up also waits for the end of what loading left to do.
	if _, err := b.measure(d, load{addr: last, clients: 1, count: count / 20}); err != nil {
		return err
	}
	m, err := b.measure(d, load{addr: last, clients: 1, count: count})
	if err != nil {
		return err
	}
	pt.samples = append(pt.samples, m)
	b.rep.raw(pt.peer.name, fmt.Sprintf("%d services", pt.services), "c=1", round, count, m)
	if round == 0 {
		return b.reload(pt, d)
	}
	return nil
}

// reload gives every service another program and watches the memory meanwhile.
func (b *bench) reload(pt *scalePoint, d *daemon) error {
	if _, err := pt.peer.configure(b, setup{[]string{b.program("probe")}, pt.services}); err != nil {
		return err
	}
	// 5 sets the peak, VmHWM, back to what is resident now.
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.pid), []byte("5"), 0); err != nil {
		return err
	}
	begin := time.Now()
	if err := unix.Kill(d.pid, unix.SIGHUP); err != nil {
		return err
	}
	ends := []int{0, pt.services / 2, pt.services - 1}
	err := d.await(2*time.Minute, "the reload", func() bool {
		return !slices.ContainsFunc(ends, func(i int) bool {
			text, err := converse(nil, serviceAddr(i), "")
			return err != nil || !strings.Contains(text, "umask=")
		})
	})
	if err != nil {
		return err
	}
	pt.reload = time.Since(begin)
	pt.peak, err = memory(d.pid, "VmHWM")
	return err
}

// listeners counts the listening TCP sockets of this network namespace.
func listeners() int {
	text, _ := os.ReadFile("/proc/net/tcp")
	n := 0
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 3 && f[3] == "0A" {
			n++
		}
	}
	return n
}

// memory reads a line of /proc/PID/status, in KiB.
func memory(pid int, what string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	var kib int
	_, rest, _ := strings.Cut(string(text), what+":")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0, fmt.Errorf("cannot read %s of process %d: %v", what, pid, err)
	}
	return kib, nil
}
