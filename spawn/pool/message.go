// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
)

// The messages of contrib/worker/PROTOCOL.md, and the limits that it gives them.
const (
	Version   = 1
	MaxSent   = 65536 // bytes of a message to a worker
	MaxAnswer = 256   // and of one from a worker
)

// Hello is the first message to a worker.
type Hello struct {
	Service     string
	Slots       int
	MaxRequests int64 // -1 = unlimited
	Conf        []string
}

// Append adds the message to buf. Lines of Conf beyond MaxSent are left out.
func (h *Hello) Append(buf []byte) []byte {
	start := len(buf)
	buf = append(buf, "hello\nversion="...)
	buf = strconv.AppendInt(buf, Version, 10)
	buf = appendLine(buf, "service", h.Service)
	buf = append(buf, "\nslots="...)
	buf = strconv.AppendInt(buf, int64(h.Slots), 10)
	if h.MaxRequests >= 0 {
		buf = append(buf, "\nmax_requests="...)
		buf = strconv.AppendInt(buf, h.MaxRequests, 10)
	}
	for _, line := range h.Conf {
		if len(buf)-start+len("\nconf=\n")+len(line) > MaxSent {
			break
		}
		buf = appendLine(buf, "conf", line)
	}
	return append(buf, '\n')
}

// Conn is a connection that is handed over.
type Conn struct {
	ID      uint64
	Service string
	Network string
	Peer    netip.AddrPort // of tcp
	Local   netip.AddrPort // of tcp
	Path    string         // of unix: the address of the listening socket
	Cred    *Cred          // of unix; nil: not known
}

// Cred is who a unix client was when it connected.
type Cred struct {
	UID, GID uint32
	PID      int32
}

// Append adds the message to buf.
func (c *Conn) Append(buf []byte) []byte {
	buf = append(buf, "conn\nid="...)
	buf = strconv.AppendUint(buf, c.ID, 10)
	buf = appendLine(buf, "service", c.Service)
	buf = appendLine(buf, "network", c.Network)
	if c.Peer.IsValid() {
		buf = append(buf, "\npeer="...)
		buf = c.Peer.AppendTo(buf)
	}
	switch {
	case c.Local.IsValid():
		buf = append(buf, "\nlocal="...)
		buf = c.Local.AppendTo(buf)
	case c.Path != "":
		buf = appendLine(buf, "local", c.Path)
	}
	if c.Cred != nil {
		buf = append(buf, "\nuid="...)
		buf = strconv.AppendUint(buf, uint64(c.Cred.UID), 10)
		buf = append(buf, "\ngid="...)
		buf = strconv.AppendUint(buf, uint64(c.Cred.GID), 10)
		buf = append(buf, "\npid="...)
		buf = strconv.AppendInt(buf, int64(c.Cred.PID), 10)
	}
	return append(buf, '\n')
}

// appendLine adds a key and a text of somebody's making, in which what would end
// the line becomes a question mark.
func appendLine(buf []byte, key, value string) []byte {
	buf = append(buf, '\n')
	buf = append(buf, key...)
	buf = append(buf, '=')
	for i := range len(value) {
		c := value[i]
		if c == '\n' || c == 0 {
			c = '?'
		}
		buf = append(buf, c)
	}
	return buf
}

// Verb is what a worker says.
type Verb uint8

// The answers of a worker.
const (
	Ready Verb = iota + 1
	Taken
	Done
)

// Answer is a message of a worker. Version is that of a ready that names one.
type Answer struct {
	Verb    Verb
	ID      uint64 // of Taken and Done
	Version int
}

var (
	errAnswer  = errors.New("not a message of the worker protocol")
	errVersion = errors.New("a version that superd does not speak")
)

// ParseAnswer reads a worker's message. All that the protocol does not name is an
// error, and the worker's end.
func ParseAnswer(msg []byte) (a Answer, err error) {
	line, more, ended := bytes.Cut(msg, []byte{'\n'})
	if !ended || len(msg) > MaxAnswer {
		return a, errAnswer
	}
	verb, arg, hasArg := bytes.Cut(line, []byte{' '})
	switch string(verb) {
	case "ready":
		if hasArg {
			return a, errAnswer
		}
		a.Verb = Ready
		a.Version, err = parseVersion(more)
		return a, err
	case "taken":
		a.Verb = Taken
	case "done":
		a.Verb = Done
	default:
		return a, errAnswer
	}
	a.ID, err = parseID(arg)
	return a, err
}

// parseID reads digits without sign or leading zero, 1 to 2^63-1.
func parseID(text []byte) (uint64, error) {
	if len(text) == 0 || text[0] < '1' || text[0] > '9' {
		return 0, errAnswer
	}
	id, err := strconv.ParseUint(string(text), 10, 63)
	if err != nil {
		return 0, errAnswer
	}
	return id, nil
}

func parseVersion(more []byte) (int, error) {
	for line := range bytes.Lines(more) {
		text, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte{'\n'}), []byte("version="))
		if !ok {
			continue
		}
		if n, err := parseID(text); err != nil || n != Version {
			return 0, errVersion
		}
	}
	return Version, nil
}
