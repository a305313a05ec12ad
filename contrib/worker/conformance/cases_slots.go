// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"superd/contrib/worker/internal/player"
)

const (
	saysSlots = "With several slots it may hold\n   several, and `done` may come in any order."
	saysFork  = "The parent sends `taken`, gives the connection to the child, closes its own copy, and sends\n   `done` when the child has ended."
)

func slotCases() []testCase {
	return []testCase{
		{name: "several connections at once", says: saysSlots, slots: 2, run: atOnce},
		{name: "a free slot is used while others are busy", says: saysSlots, slots: 2, run: freeSlot},
		{name: "each connection is one process's", says: saysFork, slots: 2, run: onlyOne},
		{name: "a silent client does not hold up others", says: saysTaken, slots: 2, run: silent},
		{
			name:   "children do not have the channel",
			says:   "The child must not use the channel; it should close it.",
			advice: true,
			run:    childrenWithoutChannel,
		},
	}
}

// most is how many connections the cases hold at once.
func (t *trial) most() int64 { return int64(min(t.slots, 20)) }

func atOnce(t *trial) {
	w := t.ready(t.slots)
	var held []*client
	for id := range t.most() {
		held = append(held, t.handOver(w, id+1, t.tcp()))
	}
	for range 2 {
		for i := len(held) - 1; i >= 0; i-- {
			held[i].echo(fmt.Sprintf("line of %d\n", i))
		}
	}
	for i := len(held) - 1; i >= 0; i-- {
		held[i].finish()
	}
	t.end(w)
}

func freeSlot(t *trial) {
	w := t.ready(t.slots)
	held := t.handOver(w, 1, t.tcp())
	for id := int64(2); id < 40; id++ {
		c := t.handOver(w, id, t.tcp())
		held.echo("held\n")
		c.serve()
	}
	held.finish()
	t.end(w)
}

func silent(t *trial) {
	w := t.ready(t.slots)
	for id := range t.most() - 1 {
		t.handOver(w, id+1, t.tcp())
	}
	for id := range int64(5) {
		t.handOver(w, id+100, t.tcp()).serve()
	}
}

// onlyOne wants each connection to be held by one process alone: who has another
// client's keeps that client from seeing its end.
func onlyOne(t *trial) {
	w := t.ready(t.slots)
	var held []*client
	for id := range t.most() {
		c := t.handOver(w, id+1, t.tcp())
		c.echo("line\n")
		held = append(held, c)
	}
	processes, err := w.Children()
	t.must(err)
	processes = append(processes, w.PID())
	for _, c := range held {
		t.eventually(fmt.Sprintf("that one process of %v has connection %d", processes, c.id), func() bool {
			n := 0
			for _, pid := range processes {
				if player.Holds(pid, c.Inode) {
					n++
				}
			}
			return n == 1
		})
	}
	for _, c := range held {
		c.finish()
	}
	t.end(w)
}

func childrenWithoutChannel(t *trial) {
	w := t.ready(1)
	c := t.handOver(w, 1, t.tcp())
	c.echo("line\n")
	children, err := w.Children()
	t.must(err)
	for _, pid := range children {
		t.eventually(fmt.Sprintf("that child %d has closed the channel", pid), func() bool { return !player.Holds(pid, w.Channel()) })
	}
	c.finish()
	t.end(w)
}
