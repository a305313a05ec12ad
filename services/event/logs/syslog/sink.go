// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"superd/services/event"
	"superd/services/event/logs"
)

// Sink is superd's own log by way of a Sender that is not its own.
type Sink struct {
	to       func() *Sender
	facility Priority
	ident    string
	encode   logs.Encoder
	buf      []byte
}

// NewSink gives a Sink whose messages bear a facility and the name ident; to is
// asked for each of them. The encoder's lines should have neither time nor level: syslog has its own.
func NewSink(to func() *Sender, facility, ident string, encode logs.Encoder) *Sink {
	return &Sink{to: to, facility: PriorityOf(facility, ""), ident: ident, encode: encode}
}

// Emit queues an event.
func (s *Sink) Emit(e *event.Event) {
	s.buf = s.encode(s.buf[:0], e)
	s.to().Send(s.facility.With(uint8(e.Level)), e.Time, s.ident, s.buf)
}

// Flush does nothing: the Sender sends as soon as it can.
func (s *Sink) Flush() {}

// Reopen does nothing: a syslog that was started anew is found by itself.
func (s *Sink) Reopen() error { return nil }

// Close does nothing: others may use the Sender.
func (s *Sink) Close() error { return nil }
