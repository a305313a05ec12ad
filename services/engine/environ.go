// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"golang.org/x/sys/unix"

	"superd/activation"
)

// environment puts what only the connection can tell into the launcher's
// buffer: the UCSPI words (PROTO, TCP*) for every service, REMOTE_ADDR and
// REMOTE_PORT, and xinetd's REMOTE_HOST where the service has it. conn is -1 for
// a handler that gets the listening socket.
func (e *Engine) environment(l *listener, conn int, peer *activation.Peer) {
	env := e.launcher.Env()
	env.Reset()
	env.Add("PROTO", protoName(l.sock.Network()))
	host := l.svc.spec.RemoteHost
	if conn < 0 {
		if host == RemoteHostAll {
			if peer.Addr.IsValid() {
				env.AddAddr("REMOTE_HOST", peer.Addr.Addr())
			} else {
				env.Add("REMOTE_HOST", "<no address>")
			}
		}
		return
	}
	if !peer.Addr.IsValid() { // unix sockets have no addresses
		return
	}
	env.AddAddr("TCPREMOTEIP", peer.Addr.Addr())
	env.AddPort("TCPREMOTEPORT", peer.Addr.Port())
	env.AddAddr("REMOTE_ADDR", peer.Addr.Addr())
	env.AddPort("REMOTE_PORT", peer.Addr.Port())
	local := l.local
	if !local.IsValid() {
		local, _ = activation.LocalAddr(conn)
	}
	if local.IsValid() {
		env.AddAddr("TCPLOCALIP", local.Addr())
		env.AddPort("TCPLOCALPORT", local.Port())
	}
	if host != RemoteHostNone {
		env.AddAddr("REMOTE_HOST", peer.Addr.Addr())
	}
}

func protoName(network string) string {
	switch network {
	case "tcp":
		return "TCP"
	case "udp":
		return "UDP"
	}
	return "UNIX"
}

// loadavg is the one-minute load, read at most once a second and only for
// services that ask.
type loadavg struct {
	value float64
	next  int64
}

func (l *loadavg) at(now int64) float64 {
	if now >= l.next {
		var si unix.Sysinfo_t
		if unix.Sysinfo(&si) == nil {
			l.value = float64(si.Loads[0]) / 65536
		}
		l.next = now + 1e9
	}
	return l.value
}
