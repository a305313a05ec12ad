// SPDX-License-Identifier: Apache-2.0

package procnet

import (
	"net"
	"path/filepath"
	"testing"
)

const dir = "/proc/thread-self/net"

// A listening socket is bound, a client's end of a connection is not, and after
// the close nothing is.
func TestBoundTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	want(t, "tcp", port, true)
	want(t, "udp", port, false)
	want(t, "tcp", uint16(c.LocalAddr().(*net.TCPAddr).Port), false)
	l.Close()
	want(t, "tcp", port, false)
}

func TestBoundUDP(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(p.LocalAddr().(*net.UDPAddr).Port)
	want(t, "udp", port, true)
	p.Close()
	want(t, "udp", port, false)
}

func want(t *testing.T, network string, port uint16, want bool) {
	t.Helper()
	if got, err := Bound(dir, network, port); got != want || err != nil {
		t.Errorf("%s port %d: bound %v, %v; want %v", network, port, got, err, want)
	}
}

func TestBoundUnix(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "s"), "@superd" + t.TempDir()} {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := BoundUnix(dir, path); !ok || err != nil {
			t.Errorf("%s: bound %v, %v", path, ok, err)
		}
		// No path is taken for one that it ends.
		if ok, _ := BoundUnix(dir, path[1:]); ok {
			t.Errorf("%s is taken for %s", path, path[1:])
		}
		l.Close()
		if ok, _ := BoundUnix(dir, path); ok {
			t.Errorf("%s is bound after its close", path)
		}
	}
}
