// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Programs that only wait are measured at a rate that none of them minds.
const (
	pacedRate    = 20 // connections a second
	pacedClients = 16 // at once, before one has to wait
)

// pools measures servers whose handlers start once, beside those that start them
// for each client: round by round, each server alone.
func (b *bench) pools() error {
	if err := b.buildPoolPrograms(); err != nil {
		return err
	}
	peers, err := b.probePools(b.poolPeers())
	if err != nil {
		return err
	}
	count, paced := 10000, 100
	if b.quick {
		count, paced = 1500, 20
	}
	busy, calm := map[string]series{}, map[string][]sample{}
	for round := range b.rounds {
		for _, p := range peers {
			if busy[p.name] == nil {
				busy[p.name] = series{}
			}
			s, err := b.poolRound(p, round, count, paced, busy[p.name])
			if err != nil {
				return err
			}
			calm[p.name] = append(calm[p.name], s...)
		}
	}
	b.rep.pools(peers, busy)
	b.rep.paced(peers, calm)
	b.rep.poolAims(busy, calm)
	return nil
}

// poolRound measures one server at full speed, and some at a steady rate.
func (b *bench) poolRound(p *peer, round, count, paced int, into series) (calm []sample, err error) {
	d, err := p.startPool(b)
	if err != nil {
		return nil, err
	}
	defer d.stop()
	take := func(l load, name string) (sample, error) {
		l.addr, l.line = serviceAddr(0), p.line
		s, err := b.measure(d, l)
		if err != nil {
			return s, err
		}
		b.rep.raw(p.name, "a line and its answer", name, round, l.count, s)
		if s.failures > 0 {
			b.rep.note("%s: %d of %d connections failed (pools, %s)", p.name, s.failures, l.count, name)
		}
		return s, nil
	}
	if isPaced(p.name) { // first, as a pool at rest is what it is about
		// Processes that are there may still be loading: the warm-up waits for them.
		if _, err := b.measure(d, load{addr: serviceAddr(0), clients: poolWorkers, count: 2 * poolWorkers, line: p.line}); err != nil {
			return nil, err
		}
		s, err := take(load{clients: pacedClients, count: paced, rate: pacedRate}, fmt.Sprintf("%d/s", pacedRate))
		if err != nil {
			return nil, err
		}
		calm = append(calm, s)
	}
	count = max(count/max(p.slow, 1), 10)
	if _, err := b.measure(d, load{addr: serviceAddr(0), clients: max(clients[0], 4), count: count/20 + 1, line: p.line}); err != nil {
		return nil, err
	}
	for _, c := range clients {
		s, err := take(load{clients: c, count: count}, fmt.Sprintf("c=%d", c))
		if err != nil {
			return nil, err
		}
		into[c] = append(into[c], s)
	}
	return calm, nil
}

// startPool starts a server and waits until its workers are there.
func (p *peer) startPool(b *bench) (*daemon, error) {
	d, err := p.start(b, setup{services: 1}, plainFiles)
	if err != nil {
		return nil, err
	}
	if err := d.await(20*time.Second, fmt.Sprintf("%d workers of user nobody", p.workers), func() bool {
		return processesOf(d.pid, b.nobody.Uid) >= p.workers
	}); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

// probePools lets each server answer lines that differ, one client at a time and
// several at once: a server that mixes them up, or has other workers than it was
// told to, ends the run; one that cannot be had is left out.
func (b *bench) probePools(peers []*peer) (present []*peer, err error) {
	b.rep.title("The servers with pools, and what a probe found")
	for _, p := range peers {
		argv, err := p.configure(b, setup{services: 1})
		if err != nil {
			if errors.Is(err, errRefused) && !strings.HasPrefix(p.name, pyStdioName) { // which older ones do not have
				return nil, err
			}
			b.missing = append(b.missing, fmt.Sprintf("%s: %v", p.name, err))
			continue
		}
		b.rep.printf("\n%s: %s\n    $ %s\n", p.name, p.about, strings.Join(argv, " "))
		if err := b.keepConfig(p); err != nil {
			return nil, err
		}
		if err := p.probePool(b); err != nil {
			return nil, err
		}
		present = append(present, p)
	}
	return present, nil
}

func (p *peer) probePool(b *bench) error {
	d, err := p.startPool(b)
	if err != nil {
		return err
	}
	defer d.stop()
	const alone, together = 5, 12
	wrong := make(chan error, together)
	ask := func(i int) {
		line := fmt.Sprintf("line %d", i)
		text, err := converse(nil, serviceAddr(0), line)
		if err == nil && text != line+"\n" {
			err = fmt.Errorf("%q was answered by %q", line, text)
		}
		wrong <- err
	}
	for i := range alone {
		if ask(i); <-wrong != nil {
			return fmt.Errorf("%s: does not answer a client rightly: %v", p.name, d.failed(fmt.Sprintf("an answer to line %d", i)))
		}
	}
	var all sync.WaitGroup
	for i := range together {
		all.Go(func() { ask(alone + i) })
	}
	all.Wait()
	for range together {
		if err := <-wrong; err != nil {
			return fmt.Errorf("%s: does not answer several clients rightly: %v", p.name, err)
		}
	}
	said := fmt.Sprintf("%d lines answered", alone+together)
	if p.workers > 0 {
		said += fmt.Sprintf("; %d processes of user nobody", processesOf(d.pid, b.nobody.Uid))
	}
	b.rep.printf("    %s\n", said)
	return nil
}

// isPaced tells whether a server is measured at a steady rate as well.
func isPaced(name string) bool {
	switch strings.TrimSuffix(name, withImports) {
	case pyStdioName, pyXinetdName, pyPassName:
		return true
	}
	return false
}
