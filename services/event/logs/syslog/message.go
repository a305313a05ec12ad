// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"strconv"
	"time"
)

// maxText is how much of a line is sent: rsyslog and journald take 8 KiB in one
// message, and a datagram to a local socket may not be longer than its buffer.
const maxText = 8000

// header appends what stands before a message's text. The time is local and
// has no year, and a message that leaves the machine bears its name (RFC 3164,
// 4.1); syslogd adds its own name to what comes by the local socket.
func header(buf []byte, p Priority, at time.Time, host, ident string, pid int) []byte {
	buf = append(buf, '<')
	buf = strconv.AppendUint(buf, uint64(p), 10)
	buf = append(buf, '>')
	buf = at.AppendFormat(buf, time.Stamp)
	buf = append(buf, ' ')
	if host != "" {
		buf = append(buf, host...)
		buf = append(buf, ' ')
	}
	buf = append(buf, ident...)
	if pid != 0 {
		buf = append(buf, '[')
		buf = strconv.AppendInt(buf, int64(pid), 10)
		buf = append(buf, ']')
	}
	return append(buf, ": "...)
}

// text appends a line without its end. What is not printable would end a message
// of the tcp form, or make a terminal do things; where a line's encoder left any,
// it is written as rsyslog does, "#" and three octal digits.
func text(buf, line []byte) []byte {
	for len(line) > 0 && line[len(line)-1] == '\n' {
		line = line[:len(line)-1]
	}
	for _, b := range line[:min(len(line), maxText)] {
		if b < ' ' || b == 0x7f {
			buf = append(buf, '#', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
		} else {
			buf = append(buf, b)
		}
	}
	return buf
}
