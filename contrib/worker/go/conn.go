// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// Conn is a client's connection with what superd tells of it. The net.Conn in it
// is a *net.TCPConn or a *net.UnixConn, for who needs CloseWrite or deadlines of
// its own.
type Conn struct {
	net.Conn
	ID      int64          // used once in superd's life; superd's events have it as well
	Service string         // the service's id
	Network string         // "tcp", "unix" or "unixpacket"
	Peer    netip.AddrPort // a client in tcp, never a mapped address; else not valid
	Cred    *Cred          // a client of a unix socket; else nil

	local string
}

// Cred is who a unix client was when it connected.
type Cred struct {
	UID, GID uint32
	PID      int32
}

// RemoteAddr is the client as superd saw it when it accepted: the kernel forgets
// the address of one that has reset its connection.
func (c *Conn) RemoteAddr() net.Addr {
	if c.Peer.IsValid() {
		return net.TCPAddrFromAddrPort(c.Peer)
	}
	return &net.UnixAddr{Net: c.Network}
}

// LocalAddr is the end that the client connected to.
func (c *Conn) LocalAddr() net.Addr {
	if c.Network == "tcp" {
		addr, err := netip.ParseAddrPort(c.local)
		if err != nil {
			return c.Conn.LocalAddr()
		}
		return net.TCPAddrFromAddrPort(addr)
	}
	return &net.UnixAddr{Name: c.local, Net: c.Network}
}

// client names the client for people.
func (c *Conn) client() string {
	switch {
	case c.Peer.IsValid():
		return "from " + c.Peer.String()
	case c.Cred != nil:
		return fmt.Sprintf("from uid %d", c.Cred.UID)
	}
	return "from " + c.Network
}

// open makes the descriptor that came with the message the connection, and
// closes it if it cannot.
func (c *Conn) open(f *os.File) error {
	conn, err := net.FileConn(f)
	f.Close() // FileConn has made its own copy
	if err != nil {
		return fmt.Errorf("cannot use the connection: %w", err)
	}
	c.Conn = conn
	return nil
}
