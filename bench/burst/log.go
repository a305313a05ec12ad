// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// logFile is the path of superd's log in JSON.
type logFile string

// events are what a log says of a pool.
type events struct {
	listening bool
	workers   changes // that started and ended
	served    changes // clients whom a worker got, and who left it
}

// read reads the whole log so far; a line that is still being written is left out.
func (f logFile) read() (events, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return events{}, nil
	}
	if err != nil {
		return events{}, err
	}
	return parseLog(text)
}

func parseLog(text []byte) (events, error) {
	var e events
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return e, nil
		}
		text = rest
		var said struct {
			Time  time.Time `json:"time"`
			Event string    `json:"event"`
		}
		if err := json.Unmarshal(line, &said); err != nil {
			return e, fmt.Errorf("cannot read line %d of superd's log: %v", n, err)
		}
		switch said.Event {
		case "listening":
			e.listening = true
		case "worker-start":
			e.workers = append(e.workers, change{said.Time, 1})
		case "worker-exit":
			e.workers = append(e.workers, change{said.Time, -1})
		case "start":
			e.served = append(e.served, change{said.Time, 1})
		case "exit":
			e.served = append(e.served, change{said.Time, -1})
		case "dropped":
			return e, fmt.Errorf("line %d of superd's log says that it has lost events", n)
		}
	}
}

// await waits until the log says what is waited for, or superd has ended.
func (f logFile) await(ctx context.Context, gone <-chan struct{}, limit time.Duration, what string, cond func(events) bool) (events, error) {
	deadline := time.After(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		e, err := f.read()
		if err != nil || cond(e) {
			return e, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return e, ctx.Err()
		case <-gone:
			return e, fmt.Errorf("waited for %s, but superd ended", what)
		case <-deadline:
			return e, fmt.Errorf("waited for %s, in vain for %v", what, limit)
		}
	}
}

// change is a number that becomes larger or smaller.
type change struct {
	at time.Time
	by int
}

type changes []change

// value is the number after all changes.
func (c changes) value() int {
	n := 0
	for _, x := range c {
		n += x.by
	}
	return n
}

// since gives the numbers from a time on, which begin with what was there then.
func (c changes) since(begin time.Time) series {
	c = slices.Clone(c)
	slices.SortStableFunc(c, func(a, b change) int { return a.at.Compare(b.at) })
	s := series{{0, 0}}
	for _, x := range c {
		at, n := max(x.at.Sub(begin), 0), s[len(s)-1].n+x.by
		if s[len(s)-1].at == at {
			s[len(s)-1].n = n
		} else {
			s = append(s, point{at, n})
		}
	}
	return s
}

// series is a number over time, in steps: each holds until the next.
type series []point

type point struct {
	at time.Duration
	n  int
}

func (s series) most() int {
	return slices.MaxFunc(s, func(a, b point) int { return a.n - b.n }).n
}

// reached is when the number was first n.
func (s series) reached(n int) time.Duration {
	for _, p := range s {
		if p.n >= n {
			return p.at
		}
	}
	return 0
}

// last is when the number changed for the last time.
func (s series) last() time.Duration { return s[len(s)-1].at }

// sampled gives the number at the end of each so long time.
func (s series) sampled(length, every time.Duration) []int {
	var out []int
	i := 0
	for at := time.Duration(0); at <= length; at += every {
		for i+1 < len(s) && s[i+1].at <= at {
			i++
		}
		out = append(out, s[i].n)
	}
	return out
}
