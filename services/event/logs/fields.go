// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// field is one attribute of a line. The keys are the same in every format and
// stay what they are: people's searches are built on them.
type field struct {
	key  string
	kind fieldKind
	text string
	n    int64
	peer *netip.AddrPort
}

type fieldKind uint8

const (
	isText fieldKind = iota
	isNumber
	isSeconds // n is in nanoseconds
	isPeer
)

type fieldSet struct {
	all [16]field
	len int
}

func (s *fieldSet) add(f field) {
	s.all[s.len] = f
	s.len++
}

func (s *fieldSet) text(key, value string) {
	if value != "" {
		s.add(field{key: key, text: value})
	}
}

func (s *fieldSet) number(key string, n int64, always bool) {
	if n != 0 || always {
		s.add(field{key: key, kind: isNumber, n: n})
	}
}

// fill takes what e says, in the order in which it is written. What carries no
// meaning is absent.
func (s *fieldSet) fill(e *event.Event) {
	s.text("event", e.Kind.String())
	s.text("service", e.Service)
	s.number("pid", int64(e.Pid), false)
	s.text("network", e.Network)
	switch {
	case e.Peer.Addr().Zone() != "": // an interface may be called what it likes
		s.text("peer", e.Peer.String())
	case e.Peer.IsValid():
		s.add(field{key: "peer", kind: isPeer, peer: &e.Peer})
	}
	s.text("local", e.Local)
	if e.Signal != 0 {
		s.text("signal", signalName(e.Signal))
	} else {
		s.number("status", int64(e.Status), ended(e.Kind))
	}
	if e.Duration != 0 || ended(e.Kind) {
		s.add(field{key: "duration", kind: isSeconds, n: int64(max(e.Duration, 0))})
	}
	s.text("reason", e.Reason)
	s.text("rule", e.Rule)
	s.text("place", e.Place)
	s.text("step", e.Step)
	s.text("error", e.Err)
	if e.Kind != event.Note {
		s.text("text", e.Text)
	}
	s.number("count", e.Count, counts(e.Kind))
}

// ended tells the kinds that are of a process's end.
func ended(k event.Kind) bool {
	return k == event.Exit || k == event.WorkerExit || k == event.DequeueExit
}

// counts tells the kinds whose count is said even if it is 0.
func counts(k event.Kind) bool {
	switch k {
	case event.Dropped, event.Suppressed, event.WorkerExit, event.PoolFull, event.PoolSize:
		return true
	}
	return false
}

func signalName(n int32) string {
	if name := unix.SignalName(unix.Signal(n)); name != "" {
		return name
	}
	var digits [12]byte
	return "SIG" + string(appendNumber(digits[:0], int64(n)))
}

// message is the sentence of a line.
func message(e *event.Event) string {
	switch e.Kind {
	case event.Note:
		if e.Text != "" {
			return e.Text
		}
	case event.Listening:
		return "listening on " + e.Network + " " + e.Local
	case event.Closed:
		return "closed " + e.Network + " " + e.Local
	case event.Pause:
		if e.Service == "" {
			return "superd stops accepting for a while"
		}
	case event.Resume:
		if e.Service == "" {
			return "superd accepts again"
		}
	case event.Suppressed:
		if e.Step != "" || e.Err != "" {
			return "could not start more handlers"
		}
	}
	return sentences[e.Kind]
}

var sentences = [...]string{
	event.Note:       "note",
	event.Start:      "started handler",
	event.Exit:       "handler ended",
	event.Refuse:     "refused client",
	event.SpawnFail:  "cannot start handler",
	event.Pause:      "stopped accepting for a while",
	event.Resume:     "accepting again",
	event.Timeout:    "handler ran out of time",
	event.Reload:     "reloaded",
	event.Stopping:   "stopping",
	event.Dropped:    "log lines were lost",
	event.Suppressed: "refused more clients",

	event.WorkerStart:  "started worker",
	event.WorkerExit:   "worker ended",
	event.WorkerKill:   "killed worker",
	event.PoolFull:     "all workers are busy",
	event.PoolSize:     "max_servers changed",
	event.DequeueStart: "started dequeue",
	event.DequeueExit:  "dequeue ended",
}

// levelName is slog's word, and NOTICE, which slog has not.
func levelName(l event.Level) string {
	switch l {
	case event.LevelError:
		return "ERROR"
	case event.LevelWarning:
		return "WARN"
	case event.LevelNotice:
		return "NOTICE"
	case event.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

// stamp writes a time with its milliseconds, cut and not rounded. It is slog's
// way: RFC3339Nano is formatted several times faster than any other layout, and
// a tenth of a millisecond more gives it four digits to cut to three.
func stamp(buf []byte, t time.Time) []byte {
	const digits = len("2006-01-02T15:04:05.000")
	start := len(buf)
	t = t.Truncate(time.Millisecond).Add(time.Millisecond / 10)
	buf = t.AppendFormat(buf, time.RFC3339Nano)
	return append(buf[:start+digits], buf[start+digits+1:]...)
}
