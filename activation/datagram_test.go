// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestZeroLengthReads holds the kernel to what promise 2 rests on: a peek with no
// room tells sender and size and leaves all bytes, a read with no room takes
// exactly one datagram.
func TestZeroLengthReads(t *testing.T) {
	path := t.TempDir() + "/s"
	for _, c := range []struct {
		spec Spec
		dial string
		peer string // prefix of the sender's address
	}{
		{at("udp", "0.0.0.0:69"), "127.0.0.1:69", "127.0.0.1:"},
		{v6only(at("udp", "[::]:69")), "[::1]:69", "[::1]:"},
		{at("udp", "[::]:69"), "127.0.0.1:69", "127.0.0.1:"},
		{v6only(at("udp", "[fe80::7%lo]:69")), "[fe80::7%lo]:69", "[fe80::7%lo]:"},
		{at("unixgram", path), path, "invalid AddrPort"},
		{at("unixgram", "@superd"), "@superd", "invalid AddrPort"},
	} {
		t.Run(c.spec.String()+"/"+c.peer, func(t *testing.T) {
			netns(t)
			addAddress(t, "fe80::7")
			s := acquire(t, registry(t), c.spec)
			client := dial(t, c.spec.Network, c.dial)
			if _, _, errno := PeekPeer(s.FD()); errno != unix.EAGAIN {
				t.Errorf("peek at nothing: %v", errno)
			}
			if errno := DropDatagram(s.FD()); errno != unix.EAGAIN {
				t.Errorf("drop of nothing: %v", errno)
			}
			long := strings.Repeat("x", 9000)
			for _, text := range []string{"one", "", "three", long} {
				send(t, client, text)
			}
			for i, text := range []string{"one", "", "three", long} {
				readable(t, s.FD())
				for range 2 {
					peer, size, errno := PeekPeer(s.FD())
					if errno != 0 || size != len(text) || !strings.HasPrefix(peer.String(), c.peer) {
						t.Fatalf("peek at %d: %s, %d bytes, %v", i, peer, size, errno)
					}
				}
				if text == long { // what was peeked at is all there
					buf := make([]byte, 10000)
					if n, err := unix.Read(s.FD(), buf); err != nil || string(buf[:n]) != long {
						t.Fatalf("read %d bytes, %v", n, err)
					}
				} else if errno := DropDatagram(s.FD()); errno != 0 {
					t.Fatal(errno)
				}
			}
			if errno := DropDatagram(s.FD()); errno != unix.EAGAIN {
				t.Errorf("more were there than sent: %v", errno)
			}
		})
	}
}

// TestNobodySharesAPort: a process that sets SO_REUSEADDR cannot bind superd's
// udp port beside it and take its datagrams.
func TestNobodySharesAPort(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("udp", "127.0.0.1:69"))
	thief := rawSocket(t, unix.AF_INET, unix.SOCK_DGRAM)
	defer unix.Close(thief)
	for _, opt := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
		if err := unix.SetsockoptInt(thief, unix.SOL_SOCKET, opt, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := rawBind(thief, encodeInet(s.LocalAddr(), 0)); err != unix.EADDRINUSE {
		t.Errorf("bind beside it: %v", err)
	}
}
