// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"superd/contrib/worker/internal/player"
)

// testCase is one thing that the text says.
type testCase struct {
	name  string
	says  string // the sentence, word for word
	slots int    // how many the case needs; 0: one
	run   func(t *trial)
	// advice: the text says should, or leaves it to the reader.
	advice bool
}

// suite is what all cases of a run share.
type suite struct {
	command []string
	slots   int
	wait    time.Duration
}

// result is what became of a case.
type result struct {
	testCase
	err     error
	skipped string
}

func (r result) failed() bool { return r.err != nil && !r.advice }

// String is the line of the case; that of a failure has two more.
func (r result) String() string {
	switch {
	case r.skipped != "":
		return fmt.Sprintf("skip  %s: %s", r.name, r.skipped)
	case r.err == nil:
		return "ok    " + r.name
	}
	word := "FAIL"
	if r.advice {
		word = "warn"
	}
	return fmt.Sprintf("%s  %s\n      %v\n      The text: %s", word, r.name, r.err, strings.Join(strings.Fields(r.says), " "))
}

// try runs a case.
func (s *suite) try(c testCase) (r result) {
	r.testCase = c
	if c.slots > s.slots {
		r.skipped = fmt.Sprintf("needs %d slots (-slots)", c.slots)
		return r
	}
	t := &trial{suite: s}
	defer t.cleanUp()
	defer func() {
		switch f := recover().(type) {
		case nil:
		case failure:
			r.err = f.err
		default:
			panic(f)
		}
	}()
	c.run(t)
	return r
}

// failure ends a case, by panic, as testing's FailNow does by its own means.
type failure struct{ err error }

// trial is a case on its way.
type trial struct {
	*suite
	cleanup []func()
}

func (t *trial) cleanUp() {
	for i := len(t.cleanup) - 1; i >= 0; i-- {
		t.cleanup[i]()
	}
}

// must ends the case if there is an error.
func (t *trial) must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func (t *trial) failf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// eventually waits for a condition that nothing announces.
func (t *trial) eventually(what string, holds func() bool) {
	end := time.Now().Add(t.wait)
	for tick := time.NewTicker(5 * time.Millisecond); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.failf("%s did not come true in %v", what, t.wait)
		}
	}
}

// dir is a folder for the case alone.
func (t *trial) dir() string {
	dir, err := os.MkdirTemp("", "conformance")
	t.must(err)
	t.cleanup = append(t.cleanup, func() { os.RemoveAll(dir) })
	return dir
}

// start starts the worker.
func (t *trial) start(s player.Start) *player.Worker {
	s.Command, s.Wait = t.command, t.wait
	w, err := player.StartWorker(s)
	t.must(err)
	t.cleanup = append(t.cleanup, w.Close)
	return w
}

// ready starts the worker and waits until it is ready for so many connections.
func (t *trial) ready(slots int) *player.Worker {
	w := t.start(player.Start{})
	t.must(w.Ready(player.Hello{Service: "test", Slots: slots}))
	return w
}

// end ends the channel and waits for the worker's end.
func (t *trial) end(w *player.Worker) {
	t.must(w.End())
	t.ends(w)
}

// ends waits for a worker's end that has nothing more to say.
func (t *trial) ends(w *player.Worker) {
	t.must(w.ExpectExit("0"))
	if a, err := w.Answer(); !ended(err) {
		t.failf("at last the worker said %q, %v", a, err)
	}
}

// client is a connection that the worker has.
type client struct {
	t  *trial
	w  *player.Worker
	id int64
	*player.Pair
}

// pair closes a connection's ends when the case ends.
func (t *trial) pair(p *player.Pair, err error) *player.Pair {
	t.must(err)
	t.cleanup = append(t.cleanup, func() { p.Close(); p.Client.Close() })
	return p
}

// tcp and local make connections.
func (t *trial) tcp() *player.Pair   { return t.pair(player.TCP("127.0.0.1")) }
func (t *trial) local() *player.Pair { return t.pair(player.Local()) }

// handOver gives the worker a connection.
func (t *trial) handOver(w *player.Worker, id int64, p *player.Pair) *client {
	t.must(w.HandOver(id, p))
	return &client{t, w, id, p}
}

// echo sends a line and reads it again.
func (c *client) echo(line string) {
	c.Client.SetDeadline(time.Now().Add(c.t.wait))
	if _, err := c.Client.Write([]byte(line)); err != nil {
		c.t.failf("cannot send to the worker: %w", err)
	}
	c.expect(line)
}

// expect reads what the worker has to send.
func (c *client) expect(text string) {
	c.Client.SetReadDeadline(time.Now().Add(c.t.wait))
	buf := make([]byte, len(text))
	for n := 0; n < len(buf); {
		k, err := c.Client.Read(buf[n:])
		if err != nil {
			c.t.failf("connection %d: the client waits for %.80q, has %.80q: %w", c.id, text, buf[:n], clientError(err))
		}
		n += k
	}
	if string(buf) != text {
		c.t.failf("connection %d: the client got %.80q, not %.80q", c.id, buf, text)
	}
}

func clientError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("nothing comes")
	}
	return err
}
