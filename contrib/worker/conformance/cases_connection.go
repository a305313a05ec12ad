// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"

	"superd/contrib/worker/internal/player"
)

const (
	saysTaken   = "The worker must answer each `conn` by `taken` at once, before it reads from the connection or writes to it."
	saysDone    = "The worker closes the connection, then sends `done`."
	saysID      = "id=17                a decimal number, 1 to 2^63-1, used once in the life of this superd"
	saysNetwork = "network=tcp          tcp, unix or unixpacket"
	saysStream  = "The descriptor is a blocking, connected stream (or unixpacket) socket."
)

func connectionCases() []testCase {
	return []testCase{
		{
			name: "taken comes while the client is silent",
			says: saysTaken,
			run: func(t *trial) {
				c := t.handOver(t.ready(1), 1, t.tcp())
				t.must(c.w.ExpectNothing(0))
				c.serve()
			},
		},
		{
			name: "what the client sent before conn is served",
			says: saysStream,
			run:  dataBefore,
		},
		{
			name: "done comes when the connection has ended, not before",
			says: "done 17              it has finished with connection 17, and closed it",
			run: func(t *trial) {
				c := t.handOver(t.ready(1), 1, t.tcp())
				c.echo("one\n")
				t.must(c.w.ExpectNothing(0))
				c.echo("two\n")
				t.must(c.w.ExpectNothing(0))
				c.finish()
			},
		},
		{name: "the connection is closed when done comes", says: saysDone, run: closedAtDone},
		{
			name: "several connections, one after another",
			says: "started → hello comes → (the program loads) → ready → conn → taken → (serves) → done → conn → … → end of channel → exits 0",
			run: func(t *trial) {
				w := t.ready(1)
				for id := range int64(20) {
					t.handOver(w, 100-id, t.tcp()).serve()
				}
				t.end(w)
			},
		},
		{name: "id 1", says: saysID, run: func(t *trial) { t.withID(1) }},
		{name: "id 2^63-1", says: saysID, run: func(t *trial) { t.withID(math.MaxInt64) }},
		{name: "ids beyond the exactness of floating point", says: saysID, run: func(t *trial) { t.withID(1<<53+1, 1<<32, 9007199254740995) }},
		{name: "a client in IPv6", says: "IPv6 as [2001:db8::1]:4711", run: ipv6},
		{name: "a link-local client", says: "link-local with its interface as\n                         [fe80::1%eth0]:4711", run: linkLocal},
		{
			name: "a unix client",
			says: saysNetwork,
			run: func(t *trial) {
				t.one(t.pair(player.Unix(filepath.Join(t.dir(), "s"), false)))
			},
		},
		{
			name: "a unix client whose path has = and blanks",
			says: "for unix the path, an abstract name with @ in front",
			run: func(t *trial) {
				t.one(t.pair(player.Unix(filepath.Join(t.dir(), "a = b @c"), false)))
			},
		},
		{
			name: "a unix client of an abstract name",
			says: "for unix the path, an abstract name with @ in front",
			run: func(t *trial) {
				t.one(t.pair(player.Unix("@"+t.dir(), false)))
			},
		},
		{name: "a unix client of whom nothing is known", says: "Not there for unix", run: func(t *trial) { t.one(t.local()) }},
		{
			name: "a unixpacket client",
			says: saysNetwork,
			run: func(t *trial) {
				t.one(t.pair(player.Unix(filepath.Join(t.dir(), "s"), true)))
			},
		},
		{name: "a megabyte each way", says: saysStream, run: megabyte},
	}
}

// one serves one connection with a new worker.
func (t *trial) one(p *player.Pair) {
	w := t.ready(1)
	t.handOver(w, 1, p).serve()
	t.end(w)
}

func (t *trial) withID(ids ...int64) {
	w := t.ready(1)
	for _, id := range ids {
		t.handOver(w, id, t.tcp()).serve()
	}
	t.end(w)
}

func dataBefore(t *trial) {
	w := t.ready(1)
	p := t.tcp()
	_, err := p.Client.Write([]byte("early\n"))
	t.must(err)
	c := &client{t, w, 1, p}
	c.closeWrite()
	t.handOver(w, 1, p)
	c.expect("early\n")
	c.expectEnd()
	c.done()
}

// closedAtDone uses a unix socket, whose end is seen by the other side in the
// very call that closes the last copy.
func closedAtDone(t *trial) {
	w := t.ready(1)
	for id := range int64(50) {
		c := t.handOver(w, id+1, t.local())
		c.echo("line\n")
		c.closeWrite()
		c.done()
		if !c.ended() {
			t.failf("done %d came, and somebody still has the connection open", c.id)
		}
	}
	t.end(w)
}

func ipv6(t *trial) {
	p, err := player.TCP("::1")
	if err != nil {
		// A machine without IPv6 still can send the words.
		t.facts("peer=[2001:db8::1]:4711\nlocal=[2001:db8::2]:79\n")
		return
	}
	t.one(t.pair(p, nil))
}

func linkLocal(t *trial) { t.facts("peer=[fe80::1%eth0]:4711\nlocal=[fe80::2%eth0]:79\n") }

// facts serves a connection of which other addresses are told than it has.
func (t *trial) facts(keys string) {
	w := t.ready(1)
	p := t.tcp()
	t.must(w.Send("conn\nid=1\nservice=test\nnetwork=tcp\n"+keys, p.Server))
	t.must(w.Expect("taken 1"))
	p.Close()
	(&client{t, w, 1, p}).serve()
	t.end(w)
}

func megabyte(t *trial) {
	w := t.ready(1)
	c := t.handOver(w, 1, t.tcp())
	line := strings.Repeat("0123456789abcde\n", 64)
	const lines = 1024
	c.Client.SetDeadline(time.Now().Add(t.wait))
	sent := make(chan error, 1)
	go func() { // ends at the deadline
		for range lines {
			if _, err := io.WriteString(c.Client, line); err != nil {
				sent <- fmt.Errorf("cannot send to the worker: %w", err)
				return
			}
		}
		sent <- nil
	}()
	buf := make([]byte, len(line))
	for i := range lines {
		if _, err := io.ReadFull(c.Client, buf); err != nil || string(buf) != line {
			t.failf("kilobyte %d does not come back: %v", i, err)
		}
	}
	t.must(<-sent)
	c.finish()
	t.end(w)
}
