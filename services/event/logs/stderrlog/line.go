// SPDX-License-Identifier: Apache-2.0

package stderrlog

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxLine is how much of a line is kept, as syslog daemons of RFC 3164's time have
// it. What goes on without an end costs no memory.
const maxLine = 1024

// liner makes lines of what comes in pieces.
type liner struct {
	have []byte // of a line that has not ended; nil: nothing
	over int64  // bytes of it that were not kept
}

// feed takes a piece. emit gets each line that ends in it, without its end, and how
// many bytes of it were not kept; the line is its only for the call. Empty lines say
// nothing and are left out.
func (l *liner) feed(piece []byte, emit func(line []byte, over int64)) {
	for {
		part, rest, ended := bytes.Cut(piece, []byte("\n"))
		if ended && len(l.have) == 0 && len(part) <= maxLine {
			send(part, 0, emit) // whole: no copy
		} else {
			l.add(part)
			if ended {
				l.flush(emit)
			}
		}
		if !ended {
			return
		}
		piece = rest
	}
}

func (l *liner) add(part []byte) {
	n := min(len(part), maxLine-len(l.have))
	l.have = append(l.have, part[:n]...)
	l.over += int64(len(part) - n)
}

// pending tells whether there is a line that has not ended.
func (l *liner) pending() bool { return len(l.have) > 0 }

// flush gives the line that has not ended.
func (l *liner) flush(emit func(line []byte, over int64)) {
	have, over := l.have, l.over
	l.have, l.over = nil, 0
	send(have, over, emit)
}

func send(line []byte, over int64, emit func([]byte, int64)) {
	if line = bytes.TrimRight(line, "\r"); len(line) > 0 {
		emit(line, over)
	}
}

// appendLine appends what syslog gets of a line: the service's name before it, so
// that no handler can write a line that looks like one of superd's, and everything
// that a terminal or a log's reader could take for more than text as rsyslog writes
// it, "#" and three octal digits for each byte.
func appendLine(buf []byte, service string, line []byte, over int64) []byte {
	buf = append(buf, service...)
	buf = append(buf, ": "...)
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if (r == utf8.RuneError && n == 1) || !unicode.IsPrint(r) {
			for _, b := range line[:n] {
				buf = append(buf, '#', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
			}
		} else {
			buf = append(buf, line[:n]...)
		}
		line = line[n:]
	}
	if over > 0 {
		buf = fmt.Appendf(buf, "... (%d bytes more)", over)
	}
	return buf
}
