// SPDX-License-Identifier: Apache-2.0

// Package procnet tells tests what sockets are bound, from /proc/net. Asking
// the kernel instead of connecting leaves no trace in the server under test.
//
// Owns: the format of /proc/net/{tcp,udp,unix}.
// Does not know: namespaces; the caller names the folder.
// Concurrency: functions of the file system alone.
// Errors: a table that cannot be read.
package procnet

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// States of a socket in /proc/net/tcp and udp (include/net/tcp_states.h).
const (
	stateListen = "0A"
	stateClosed = "07" // a bound, unconnected datagram socket
)

// Bound tells whether a "tcp" socket listens on the port, or a "udp" socket is
// bound to it, on any address of either family. dir is a folder such as
// /proc/net.
func Bound(dir, network string, port uint16) (bool, error) {
	state := stateListen
	if network == "udp" {
		state = stateClosed
	}
	for _, table := range []string{network, network + "6"} {
		data, err := os.ReadFile(dir + "/" + table)
		if os.IsNotExist(err) && strings.HasSuffix(table, "6") {
			continue // a kernel without IPv6
		}
		if err != nil {
			return false, fmt.Errorf("cannot read sockets: %w", err)
		}
		if hasRow(string(data), state, port) {
			return true, nil
		}
	}
	return false, nil
}

// hasRow looks for "  N: ADDRESS:PORT REMOTE:PORT STATE …" in hexadecimal.
func hasRow(table, state string, port uint16) bool {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 4 || f[3] != state {
			continue
		}
		_, hex, ok := strings.Cut(f[1], ":")
		if !ok {
			continue
		}
		if p, err := strconv.ParseUint(hex, 16, 16); err == nil && uint16(p) == port {
			return true
		}
	}
	return false
}

// BoundUnix tells whether a socket is bound to a path, or to an abstract name
// written "@name".
func BoundUnix(dir, path string) (bool, error) {
	data, err := os.ReadFile(dir + "/unix")
	if err != nil {
		return false, fmt.Errorf("cannot read sockets: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasSuffix(strings.TrimRight(line, "\n"), " "+path) {
			return true, nil
		}
	}
	return false, nil
}
