// SPDX-License-Identifier: Apache-2.0

package player

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Pair is an accepted connection: the end that goes to the worker, and the
// client's.
type Pair struct {
	Server *os.File // blocking
	Client net.Conn
	Inode  uint64 // of Server

	facts string
}

// Message is the conn message of the connection under an id.
func (p *Pair) Message(id int64) string {
	return fmt.Sprintf("conn\nid=%d\nservice=test\n%s", id, p.facts)
}

// Close closes the server's end, superd's copy.
func (p *Pair) Close() { p.Server.Close() }

// TCP makes a connection by a listening socket on a loopback address:
// "127.0.0.1" or "::1".
func TCP(host string) (*Pair, error) {
	family, bind := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if strings.Contains(host, ":") {
		family, bind = unix.AF_INET6, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}
	}
	p, err := accepted(family, unix.SOCK_STREAM, bind)
	if err != nil {
		return nil, fmt.Errorf("cannot make a connection on %s: %w", host, err)
	}
	p.facts = fmt.Sprintf("network=tcp\npeer=%s\nlocal=%s\n", p.Client.LocalAddr(), p.Client.RemoteAddr())
	return p, nil
}

// Unix makes a connection by a listening socket in a folder, or of an abstract
// name where that begins with "@"; packet: of type SOCK_SEQPACKET.
func Unix(name string, packet bool) (*Pair, error) {
	kind, network := unix.SOCK_STREAM, "unix"
	if packet {
		kind, network = unix.SOCK_SEQPACKET, "unixpacket"
	}
	p, err := accepted(unix.AF_UNIX, kind, &unix.SockaddrUnix{Name: name})
	if filepath.IsAbs(name) {
		os.Remove(name)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make a connection on %s: %w", name, err)
	}
	p.facts = fmt.Sprintf("network=%s\nlocal=%s\nuid=%d\ngid=%d\npid=%d\n", network, name, os.Getuid(), os.Getgid(), os.Getpid())
	return p, nil
}

// accepted connects two sockets by a listener that is closed again.
func accepted(family, kind int, bind unix.Sockaddr) (*Pair, error) {
	l, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(l)
	if err := unix.Bind(l, bind); err != nil {
		return nil, err
	}
	if err := unix.Listen(l, 1); err != nil {
		return nil, err
	}
	addr, err := unix.Getsockname(l)
	if err != nil {
		return nil, err
	}
	client, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(client, addr); err != nil {
		unix.Close(client)
		return nil, err
	}
	server, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
	if err != nil {
		unix.Close(client)
		return nil, err
	}
	return newPair(server, client)
}

// Local makes a connection of two unix stream sockets that were never bound. In
// it what one end does is seen at the other at once.
func Local() (*Pair, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a connection: %w", err)
	}
	p, err := newPair(fds[0], fds[1])
	if err != nil {
		return nil, err
	}
	p.facts = "network=unix\nlocal=/run/test.sock\n"
	return p, nil
}

func newPair(server, client int) (*Pair, error) {
	p := &Pair{Server: os.NewFile(uintptr(server), "connection")}
	var st unix.Stat_t
	err := unix.Fstat(server, &st)
	if err == nil {
		p.Inode = st.Ino
		p.Client, err = connOf(client)
	} else {
		unix.Close(client)
	}
	if err != nil {
		p.Server.Close()
		return nil, fmt.Errorf("cannot make a connection: %w", err)
	}
	return p, nil
}

// connOf makes a descriptor a net.Conn.
func connOf(fd int) (net.Conn, error) {
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close() // FileConn makes its own copy
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("cannot use a socket: %w", err)
	}
	return c, nil
}
