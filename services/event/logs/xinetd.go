// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"superd/services/event"
)

// What xinetd's log holds, byte for byte: people's fail2ban, logwatch and awk
// read it.

// Fields are what lines about a service's clients hold, as log_on_success and
// log_on_failure say. No field at all means no line.
type Fields uint8

// The fields. Attempt is the line alone.
const (
	FieldPid Fields = 1 << iota
	FieldHost
	FieldExit
	FieldDuration
	FieldAttempt
)

// AllFields is every field that there is.
const AllFields = FieldPid | FieldHost | FieldExit | FieldDuration | FieldAttempt

// noAddress is what xinetd calls a client of whom it knows no address: that of a
// stream service with wait = yes.
const noAddress = "<no address>"

// XinetdLine appends xinetd's line for an event of a service, without time or
// newline, or nothing if such an event has none or its fields are not wanted.
func XinetdLine(buf []byte, e *event.Event, success, failure Fields) []byte {
	switch e.Kind {
	case event.Start:
		if success == 0 {
			return buf
		}
		buf = append(buf, "START: "...)
		buf = appendPrintable(buf, e.Service)
		buf = appendPid(buf, e, success)
		return appendFrom(buf, e, success)
	case event.Exit:
		return appendExit(buf, e, success)
	case event.SpawnFail:
		if e.Pid != 0 {
			// xinetd's child has left its START, and ends with 0 when it cannot exec.
			return appendExit(buf, e, success)
		}
		return appendFail(buf, e, "fork", failure)
	case event.Refuse:
		return appendFail(buf, e, e.Reason, failure)
	}
	return buf
}

func appendExit(buf []byte, e *event.Event, success Fields) []byte {
	if success&(FieldExit|FieldDuration) == 0 {
		return buf
	}
	buf = append(buf, "EXIT: "...)
	buf = appendPrintable(buf, e.Service)
	switch {
	case success&FieldExit == 0:
	case e.Signal != 0:
		buf = append(buf, " signal="...)
		buf = appendNumber(buf, int64(e.Signal))
	default:
		buf = append(buf, " status="...)
		buf = appendNumber(buf, int64(e.Status))
	}
	buf = appendPid(buf, e, success)
	if success&FieldDuration != 0 {
		// The difference of two times of whole seconds: half a second may be 1.
		buf = append(buf, " duration="...)
		buf = appendNumber(buf, e.Time.Unix()-e.Time.Add(-e.Duration).Unix())
		buf = append(buf, "(sec)"...)
	}
	return buf
}

func appendFail(buf []byte, e *event.Event, reason string, failure Fields) []byte {
	if failure == 0 {
		return buf
	}
	buf = append(buf, "FAIL: "...)
	buf = appendPrintable(buf, e.Service)
	buf = append(buf, ' ')
	buf = append(buf, reason...)
	return appendFrom(buf, e, failure)
}

func appendPid(buf []byte, e *event.Event, fields Fields) []byte {
	if fields&FieldPid == 0 {
		return buf
	}
	return appendNumber(append(buf, " pid="...), int64(e.Pid))
}

// appendFrom writes a client's address. An IPv4 client is 192.0.2.1 and never
// ::ffff:192.0.2.1, as xinetd has it of its dual-stack sockets, and which
// logwatch does not take for an address.
func appendFrom(buf []byte, e *event.Event, fields Fields) []byte {
	if fields&FieldHost == 0 {
		return buf
	}
	buf = append(buf, " from="...)
	switch {
	case !e.Peer.IsValid():
		return append(buf, noAddress...)
	case e.Peer.Addr().Zone() != "": // an interface may be called what it likes
		return appendPrintable(buf, e.Peer.Addr().Unmap().String())
	}
	return e.Peer.Addr().Unmap().AppendTo(buf)
}

// appendPrintable writes what prints, and of all else its escape.
func appendPrintable(buf []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			for _, b := range []byte(s[i : i+size]) {
				buf = append(buf, '\\', 'x', "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
			}
		} else {
			buf = append(buf, s[i:i+size]...)
		}
		i += size
	}
	return buf
}

// XinetdStamp appends the time as xinetd's files have it, "26/11/4@09:05:00".
func XinetdStamp(buf []byte, t time.Time) []byte {
	year, month, day := t.Date()
	buf = two(buf, year%100)
	buf = append(buf, '/')
	buf = strconv.AppendInt(buf, int64(month), 10)
	buf = append(buf, '/')
	buf = strconv.AppendInt(buf, int64(day), 10)
	buf = append(buf, '@')
	buf = two(buf, t.Hour())
	buf = append(buf, ':')
	buf = two(buf, t.Minute())
	buf = append(buf, ':')
	return two(buf, t.Second())
}

func two(buf []byte, n int) []byte { return append(buf, '0'+byte(n/10%10), '0'+byte(n%10)) }
