// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"syscall"

	"superd/contrib/worker/internal/player"
)

const (
	saysEnd    = "It must finish the connections that it holds, send `done` for each, and exit with status 0."
	saysGone   = "It must not mind that sending\nfails (EPIPE, ECONNRESET)"
	saysReset  = "the worker should read on,\nfor a `conn` that superd had sent before may still come."
	saysNoMore = "There is no message to stop. When the channel ends (a read gives 0 bytes), no connection will come any more"
)

func endCases() []testCase {
	return []testCase{
		{name: "the channel ends, and the worker holds nothing", says: saysEnd, run: func(t *trial) { t.end(t.ready(1)) }},
		{
			name: "the channel ends before hello",
			says: saysEnd,
			run:  func(t *trial) { t.end(t.start(player.Start{})) },
		},
		{
			name: "the channel ends right after hello",
			says: saysEnd,
			run: func(t *trial) {
				w := t.start(player.Start{})
				t.must(w.Send(player.Hello{Service: "test"}.String(), nil))
				t.must(w.End())
				t.must(w.ExpectExit("0")) // whether it was ready before is the worker's affair
			},
		},
		{name: "the channel ends while a connection is served", says: saysEnd, run: endBusy},
		{name: "the channel ends while several are served", says: saysEnd, slots: 2, run: endSeveral},
		{name: "a conn that was sent before the end is served", says: saysNoMore, run: endQueued},
		{name: "superd dies, and the worker holds nothing", says: saysGone, run: vanishIdle},
		{name: "superd dies while a connection is served", says: saysGone, run: vanishBusy},
		{name: "superd dies while several are served", says: saysGone, slots: 2, run: vanishSeveral},
		{name: "superd dies before it has read the last answer", says: saysGone, run: vanishUnread},
		{name: "a conn that superd sent before it died is served", says: saysReset, advice: true, run: vanishQueued},
		{name: "SIGTERM ends a worker", says: "SIGTERM may come at any time when superd or the service is stopped; its default action is right.", run: sigterm},
	}
}

func endBusy(t *trial) {
	w := t.ready(1)
	c := t.handOver(w, 1, t.tcp())
	c.echo("before\n")
	t.must(w.End())
	c.echo("after\n")
	t.must(w.ExpectNothing(0))
	c.finish()
	t.ends(w)
}

// severalHeld gives a worker as many connections as the cases hold at once.
func severalHeld(t *trial) (w *player.Worker, held []*client) {
	w = t.ready(t.slots)
	for id := range t.most() {
		held = append(held, t.handOver(w, id+1, t.tcp()))
	}
	return w, held
}

func endSeveral(t *trial) {
	w, held := severalHeld(t)
	t.must(w.End())
	for _, c := range held {
		c.echo("after\n")
	}
	for _, c := range held {
		c.finish()
	}
	t.ends(w)
}

// endQueued stops the worker so that it finds conn and end together.
func endQueued(t *trial) {
	w := t.ready(1)
	p := t.tcp()
	t.must(w.Stop())
	t.must(w.Send(p.Message(1), p.Server))
	t.must(w.End())
	t.must(w.Continue())
	t.must(w.Expect("taken 1"))
	p.Close()
	(&client{t, w, 1, p}).serve()
	t.ends(w)
}

func vanishIdle(t *trial) {
	w := t.ready(1)
	t.handOver(w, 1, t.tcp()).serve()
	w.Vanish()
	t.must(w.ExpectExit("0"))
}

// goOn is what a client sees whose worker has lost its superd: nothing.
func (c *client) goOn() {
	c.echo(fmt.Sprintf("after of %d\n", c.id))
	c.closeWrite()
	c.expectEnd()
}

func vanishBusy(t *trial) {
	w := t.ready(1)
	c := t.handOver(w, 1, t.tcp())
	c.echo("before\n")
	w.Vanish()
	c.goOn()
	t.must(w.ExpectExit("0"))
}

func vanishSeveral(t *trial) {
	w, held := severalHeld(t)
	w.Vanish()
	for _, c := range held {
		c.goOn()
	}
	t.must(w.ExpectExit("0"))
}

// vanishUnread closes superd's end with a done unread: the worker's next read
// gives ECONNRESET.
func vanishUnread(t *trial) {
	w := t.ready(1)
	c := t.handOver(w, 1, t.tcp())
	c.closeWrite()
	c.expectEnd()
	t.must(w.Pending())
	w.Vanish()
	t.must(w.ExpectExit("0"))
}

func vanishQueued(t *trial) {
	w := t.ready(1)
	first := t.handOver(w, 1, t.tcp())
	first.closeWrite()
	first.expectEnd()
	t.must(w.Pending())
	t.must(w.Stop())
	p := t.tcp()
	t.must(w.Send(p.Message(2), p.Server))
	p.Close()
	w.Vanish()
	t.must(w.Continue())
	(&client{t, w, 2, p}).goOn()
	t.must(w.ExpectExit("0"))
}

func sigterm(t *trial) {
	w := t.ready(1)
	t.handOver(w, 1, t.tcp()).serve()
	t.must(w.Signal(syscall.SIGTERM))
	_, err := w.Exit()
	t.must(err)
}
