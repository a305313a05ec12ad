// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"sync/atomic"
	"testing"

	"superd/services/event"
)

// TestTap: who follows hears what no log is given, and as long as nobody follows
// nothing is worded.
func TestTap(t *testing.T) {
	var on atomic.Bool
	var heard, written []string
	ring := NewRing()
	l := New(ring, &textSink{&written})
	l.Follow(&Tap{Followed: on.Load, Hear: func(e *event.Event) { heard = append(heard, e.Text) }})
	put := func() {
		ring.Put(&event.Event{Text: "quiet", Quiet: true})
		ring.Put(&event.Event{Text: "loud"})
		l.Post(event.Event{Text: "fine", Level: event.LevelDebug})
		l.Flush()
	}
	put()
	if len(heard) != 0 || len(written) != 1 || written[0] != "loud" {
		t.Fatalf("nobody follows: heard %q, written %q", heard, written)
	}
	on.Store(true)
	put()
	if len(heard) != 3 || len(written) != 2 || written[1] != "loud" {
		t.Fatalf("somebody follows: heard %q, written %q", heard, written)
	}
}

// textSink keeps the events' texts.
type textSink struct{ to *[]string }

func (s *textSink) Emit(e *event.Event) { *s.to = append(*s.to, e.Text) }
func (s *textSink) Flush()              {}
func (s *textSink) Reopen() error       { return nil }
func (s *textSink) Close() error        { return nil }
