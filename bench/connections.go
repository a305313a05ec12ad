// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// series is what was measured of one peer: a sample a round, by number of clients.
type series map[int][]sample

// clients are the numbers of clients that connections are measured with.
var clients = []int{1, 4}

// connections measures all peers with each handler, round by round, each alone.
func (b *bench) connections(peers []*peer) error {
	for n, h := range b.handlers() {
		count := 5000
		if b.quick {
			count = 1000
		}
		if n > 0 { // an interpreter's start takes a hundred times the rest
			count /= 50
		}
		all := map[string]series{}
		for round := range b.rounds {
			for _, p := range peers {
				if all[p.name] == nil {
					all[p.name] = series{}
				}
				if err := b.round(p, h, round, count, all[p.name]); err != nil {
					return err
				}
			}
		}
		b.rep.connections(h, peers, all)
		if n == 0 {
			b.rep.aims(all)
		}
	}
	return nil
}

// round starts a peer, warms it up, and measures it.
func (b *bench) round(p *peer, h handler, round, count int, into series) error {
	d, err := p.start(b, setup{h.argv, 1}, plainFiles)
	if err != nil {
		return err
	}
	defer d.stop()
	count = max(count/max(p.slow, 1), 10)
	if _, err := b.measure(d, load{addr: serviceAddr(0), clients: 1, count: count/20 + 1}); err != nil {
		return err
	}
	seen := d.logLines()
	for _, c := range clients {
		s, err := b.measure(d, load{addr: serviceAddr(0), clients: c, count: count})
		if err != nil {
			return err
		}
		into[c] = append(into[c], s)
		b.rep.raw(p.name, h.name, fmt.Sprintf("c=%d", c), round, count, s)
		if s.failures > 0 {
			b.rep.note("%s: %d of %d connections failed (%s, c=%d)", p.name, s.failures, count, h.name, c)
		}
	}
	if have, want := d.logLines()-seen, p.lines*count*len(clients); have < want {
		b.rep.note("%s: %d log lines for %d connections, %d expected", p.name, have, count*len(clients), want)
	}
	return nil
}
