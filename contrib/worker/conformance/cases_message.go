// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"superd/contrib/worker/internal/player"
)

const (
	saysUnknownKey   = "The receiver must ignore keys that it does not know, and the order\nof keys means nothing."
	saysUnknownVerb  = "A worker must ignore a message whose verb it does not know, and close the descriptor that came with it, if one did."
	saysNoDescriptor = "A `conn` whose descriptor did not come (MSG_CTRUNC: the worker has as many descriptors open as it may) must not be answered. The worker must exit with a status\nother than 0, at once or when it has finished what it holds;"
	saysLargest      = "| superd to worker | 65,536 bytes | at most one descriptor |"
)

func messageCases() []testCase {
	return []testCase{
		{name: "unknown keys of hello are ignored", says: saysUnknownKey, run: unknownHelloKeys},
		{name: "unknown keys of conn are ignored, in any order", says: saysUnknownKey, run: unknownConnKeys},
		{name: "conf may repeat", says: "conf=key value       one line for each line of SUPERD_CONF, in its order; the key may repeat.", run: confRepeats},
		{name: "hello has 65,536 bytes", says: saysLargest, run: largeHello},
		{name: "conn has 65,536 bytes", says: saysLargest, run: largeConn},
		{name: "an unknown verb is ignored", says: saysUnknownVerb, run: unknownVerb},
		{name: "an unknown verb's descriptor is closed", says: saysUnknownVerb, run: unknownVerbDescriptor},
		{name: "a conn without its descriptor is not answered", says: saysNoDescriptor, run: withoutDescriptor},
		{name: "a conn for which no descriptor is free is not answered", says: saysNoDescriptor, run: noDescriptorFree},
		{name: "a conn without its descriptor, while another is held", says: saysNoDescriptor, slots: 2, run: withoutDescriptorBusy},
	}
}

func unknownHelloKeys(t *trial) {
	w := t.start(player.Start{})
	t.must(w.Send("hello\nfuture=1\nslots=1\nempty=\nservice=\nfuture=a=b=c\nmax_requests=1000\nversion=1\n", nil))
	t.must(w.Expect("ready"))
	t.handOver(w, 1, t.tcp()).serve()
	t.end(w)
}

func unknownConnKeys(t *trial) {
	w := t.ready(1)
	p := t.tcp()
	lines := strings.Split(strings.TrimSuffix(p.Message(7), "\n"), "\n")
	verb, keys := lines[0], lines[1:]
	text := verb + "\nidentity=9\nid2=8\nempty=\n"
	for i := len(keys) - 1; i >= 0; i-- {
		text += keys[i] + "\nfuture=done 7\n"
	}
	t.must(w.Send(text, p.Server))
	t.must(w.Expect("taken 7"))
	p.Close()
	(&client{t, w, 7, p}).serve()
}

func confRepeats(t *trial) {
	conf := []string{"path /a", "path /b", "empty ", "bare", "strange a=b = c", "text \xc3\xa4\xff\t\\n"}
	w := t.start(player.Start{Conf: conf})
	t.must(w.Ready(player.Hello{Service: "test", Conf: conf}))
	t.handOver(w, 1, t.tcp()).serve()
	t.end(w)
}

func largeHello(t *trial) {
	var conf []string
	for i := range 1000 {
		conf = append(conf, fmt.Sprintf("key%d %s", i, strings.Repeat("v", 50)))
	}
	h := player.Hello{Service: "test", Conf: conf}
	// The last line fills the message.
	room := player.LargestToWorker - len(h.String()) - len("conf=last \n")
	h.Conf = append(h.Conf, "last "+strings.Repeat("x", room))
	if n := len(h.String()); n != player.LargestToWorker {
		t.failf("hello has %d bytes: the case is wrong", n)
	}
	w := t.start(player.Start{Conf: h.Conf})
	t.must(w.Ready(h))
	t.handOver(w, 1, t.tcp()).serve()
	t.end(w)
}

func largeConn(t *trial) {
	w := t.ready(1)
	p := t.tcp()
	rest := strings.TrimPrefix(p.Message(3), "conn\n")
	room := player.LargestToWorker - len("conn\nfuture=\n") - len(rest)
	t.must(w.Send("conn\nfuture="+strings.Repeat("y", room)+"\n"+rest, p.Server))
	t.must(w.Expect("taken 3"))
	p.Close()
	(&client{t, w, 3, p}).serve()
}

func unknownVerb(t *trial) {
	w := t.ready(1)
	t.must(w.Send("future\n", nil))
	t.must(w.Send("connection\nid=5\n", nil))
	c := t.handOver(w, 6, t.tcp())
	t.must(w.Send("future\nid=6\n", nil))
	c.serve()
	t.must(w.Send("future\nid=6\nkey=value\n", nil))
	t.handOver(w, 7, t.tcp()).serve()
	t.end(w)
}

// unknownVerbDescriptor sends the writing end of a pipe: its reading end tells
// when the last copy is closed.
func unknownVerbDescriptor(t *trial) {
	w := t.ready(1)
	for range 20 {
		r, wr, err := os.Pipe()
		t.must(err)
		err = w.Send("future\nid=1\nkey=value\n", wr)
		wr.Close()
		if err == nil {
			r.SetReadDeadline(time.Now().Add(t.wait))
			_, err = r.Read(make([]byte, 1))
		}
		r.Close()
		if err != io.EOF {
			t.failf("the descriptor is not closed: %w", err)
		}
	}
	t.handOver(w, 1, t.tcp()).serve()
	t.end(w)
}

func withoutDescriptor(t *trial) {
	w := t.ready(1)
	t.must(w.Send(t.tcp().Message(1), nil))
	t.exitsUnanswered(w)
}

// noDescriptorFree lowers the worker's limit to what it has open.
func noDescriptorFree(t *trial) {
	w := t.ready(1)
	t.handOver(w, 1, t.tcp()).serve()
	t.must(w.LimitDescriptors())
	p := t.tcp()
	t.must(w.Send(p.Message(2), p.Server))
	t.exitsUnanswered(w)
}

func withoutDescriptorBusy(t *trial) {
	w := t.ready(2)
	c := t.handOver(w, 1, t.tcp())
	c.echo("line\n")
	t.must(w.Send(t.tcp().Message(2), nil))
	c.Client.Close() // whether it was served to its end is the worker's choice
	a, err := w.Answer()
	if !ended(err) && (err != nil || a.String() != "done 1") {
		t.failf("the worker said %q: %v", a, err)
	}
	t.exitsUnanswered(w)
}

// exitsUnanswered wants the end of the worker, and no word before it.
func (t *trial) exitsUnanswered(w *player.Worker) {
	status, err := w.Exit()
	t.must(err)
	if status == "0" {
		t.failf("the worker exited with status 0")
	}
	if a, err := w.Answer(); !ended(err) {
		t.failf("the worker said %q: %v", a, err)
	}
}
