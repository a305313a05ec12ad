// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

const saysFinish = "It is the worker's: it must close it when it has finished."

// clientCases are clients that do not behave. None is the worker's end.
func clientCases() []testCase {
	return []testCase{
		{
			name: "a client that had gone before conn",
			says: saysFinish,
			run: func(t *trial) {
				w := t.ready(1)
				p := t.tcp()
				(&client{t, w, 1, p}).vanish()
				t.handOver(w, 1, p).done()
				t.handOver(w, 2, t.tcp()).serve()
				t.end(w)
			},
		},
		{
			name: "a client that resets its connection",
			says: saysFinish,
			run: func(t *trial) {
				w := t.ready(1)
				for id := int64(1); id < 10; id++ {
					c := t.handOver(w, id, t.tcp())
					c.echo("line\n")
					c.vanish()
					c.done()
				}
				t.handOver(w, 10, t.tcp()).serve()
				t.end(w)
			},
		},
		{
			name: "a client that does not wait for the answer",
			says: "SIGPIPE should be ignored while it sends",
			run:  unread,
		},
		{
			name: "a client that says nothing",
			says: saysDone,
			run: func(t *trial) {
				w := t.ready(1)
				t.handOver(w, 1, t.tcp()).finish()
				t.handOver(w, 2, t.tcp()).serve()
				t.end(w)
			},
		},
		{name: "a thousand connections leave no descriptor and no process behind", says: saysFinish, run: thousand},
	}
}

// unread has the worker write to a unix socket whose other end is closed, which
// is EPIPE at once.
func unread(t *trial) {
	w := t.ready(1)
	for id := int64(1); id < 10; id++ {
		p := t.local()
		_, err := p.Client.Write([]byte(strings.Repeat("line\n", 1000)))
		t.must(err)
		(&client{t, w, id, p}).vanish()
		t.handOver(w, id, p).done()
	}
	t.handOver(w, 10, t.tcp()).serve()
	t.end(w)
}

func thousand(t *trial) {
	w := t.ready(1)
	before := 0
	for id := int64(1); id <= 1020; id++ {
		p := t.local()
		if id%2 == 0 {
			p = t.tcp()
		}
		c := t.handOver(w, id, p)
		c.serve()
		p.Client.Close()
		if id == 20 { // whatever the program opens for its first clients is there
			n, err := w.Descriptors()
			t.must(err)
			before = n
		}
	}
	now, last := 0, error(nil)
	t.eventually("no more descriptors than at first", func() bool {
		now, last = w.Descriptors()
		return last != nil || now <= before
	})
	t.must(last)
	children := 0
	t.eventually("no child left", func() bool {
		all, err := w.Children()
		last, children = err, len(all)
		return err != nil || children == 0
	})
	t.must(last)
	t.end(w)
}
