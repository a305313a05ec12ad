// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// message is one packet of superd's: a verb and lines key=value.
type message struct {
	verb string
	keys map[string]string // of a key that is repeated, the first
}

func parseMessage(text string) message {
	lines := strings.Split(text, "\n")
	m := message{verb: lines[0], keys: map[string]string{}}
	for _, line := range lines[1:] {
		key, value, ok := strings.Cut(line, "=")
		if _, twice := m.keys[key]; ok && !twice {
			m.keys[key] = value
		}
	}
	return m
}

// hello is what the first message says that the worker needs. The settings are
// had from the environment, which is there before it.
type hello struct {
	version int64
}

func parseHello(m message) (hello, error) {
	if m.verb != "hello" {
		return hello{}, fmt.Errorf("superd's first message is %.40q, not \"hello\"", m.verb)
	}
	n, err := parseDecimal(m.keys["version"])
	if err != nil || n < 1 {
		return hello{}, fmt.Errorf("superd's hello has no version: %.40q", m.keys["version"])
	}
	return hello{version: n}, nil
}

// parseConn reads the facts of a connection.
func parseConn(m message) (*Conn, error) {
	id, err := parseDecimal(m.keys["id"])
	if err != nil || id < 1 {
		return nil, fmt.Errorf("superd hands over a connection without an id: %.40q", m.keys["id"])
	}
	c := &Conn{ID: id, Service: m.keys["service"], Network: m.keys["network"], local: m.keys["local"]}
	if c.Network == "tcp" {
		c.Peer, err = netip.ParseAddrPort(m.keys["peer"])
		if err != nil {
			return nil, fmt.Errorf("superd hands over connection %d from no address: %.80q", id, m.keys["peer"])
		}
	}
	c.Cred, err = parseCred(m)
	if err != nil {
		return nil, fmt.Errorf("superd hands over connection %d: %w", id, err)
	}
	return c, nil
}

// parseCred gives nil where the message does not say whose the client is.
func parseCred(m message) (*Cred, error) {
	uid, ok := m.keys["uid"]
	if !ok {
		return nil, nil
	}
	u, err1 := strconv.ParseUint(uid, 10, 32)
	g, err2 := strconv.ParseUint(m.keys["gid"], 10, 32)
	p, err3 := strconv.ParseInt(m.keys["pid"], 10, 32)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("uid, gid or pid is not a number: %w", err)
	}
	return &Cred{UID: uint32(u), GID: uint32(g), PID: int32(p)}, nil
}
