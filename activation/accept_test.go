// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// rawNames gives what a handler would see: the addresses as the kernel has them.
func rawNames(t *testing.T, fd int) (local, peer unix.Sockaddr) {
	t.Helper()
	local, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	peer, err = unix.Getpeername(fd)
	if err != nil {
		t.Fatal(err)
	}
	return local, peer
}

func TestAccept(t *testing.T) {
	for _, c := range []struct {
		listen Spec
		dial   string
		peer   string
		family int // of the connection
	}{
		{at("tcp", "0.0.0.0:79"), "127.0.0.1:79", "127.0.0.1", unix.AF_INET},
		{v6only(at("tcp", "[::]:79")), "[::1]:79", "::1", unix.AF_INET6},
		{at("tcp", "[::]:79"), "[::1]:79", "::1", unix.AF_INET6},
		{at("tcp", "[::]:79"), "127.0.0.1:79", "127.0.0.1", unix.AF_INET},
		{v6only(at("tcp", "[fe80::7%lo]:79")), "[fe80::7%lo]:79", "fe80::7%lo", unix.AF_INET6},
	} {
		t.Run(c.listen.String()+"/"+c.peer, func(t *testing.T) {
			netns(t)
			addAddress(t, "fe80::7")
			s := acquire(t, registry(t), c.listen)
			client := dial(t, "tcp", c.dial)
			var p Peer
			fd := take(t, s, &p)
			if p.Mapped || p.Addr.Addr() != netip.MustParseAddr(c.peer) {
				t.Errorf("peer %+v, want %s", p, c.peer)
			}
			local, errno := LocalAddr(fd)
			if errno != 0 || local != netip.MustParseAddrPort(c.dial) {
				t.Errorf("local address %s, %v", local, errno)
			}
			if peer, errno := PeerAddr(fd); peer != p.Addr || errno != 0 {
				t.Errorf("getpeername says %s, %v; accept said %s", peer, errno, p.Addr)
			}
			rawLocal, rawPeer := rawNames(t, fd)
			_, local4 := rawLocal.(*unix.SockaddrInet4)
			_, peer4 := rawPeer.(*unix.SockaddrInet4)
			if v4 := c.family == unix.AF_INET; local4 != v4 || peer4 != v4 || sockopt(t, fd, unix.SOL_SOCKET, unix.SO_DOMAIN) != c.family {
				t.Errorf("the handler sees %T and %T", rawLocal, rawPeer)
			}
			if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags != unix.FD_CLOEXEC {
				t.Error("not close-on-exec")
			}
			if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); flags&unix.O_NONBLOCK != 0 {
				t.Error("the handler's socket is non-blocking")
			}
			send(t, client, "ping")
			if got := receive(t, fd); got != "ping" {
				t.Errorf("received %q", got)
			}
			send(t, fd, "pong")
			if got := receive(t, client); got != "pong" {
				t.Errorf("the client received %q", got)
			}
		})
	}
}

// TestHalfClosedClientStaysMapped shows why Split exists: the kernel refuses
// IPV6_ADDRFORM once the client's FIN is there.
func TestHalfClosedClientStaysMapped(t *testing.T) {
	for _, split := range []bool{false, true} {
		netns(t)
		r := registry(t)
		specs := []Spec{at("tcp", "[::]:79")}
		if split {
			specs = Split(specs[0])
		}
		sockets := make([]*Socket, len(specs))
		for i, spec := range specs {
			sockets[i] = acquire(t, r, spec)
		}
		client := dial(t, "tcp", "127.0.0.1:79")
		send(t, client, "request")
		if errno := ShutdownWrite(client); errno != 0 {
			t.Fatal(errno)
		}
		var p Peer
		fd := take(t, sockets[0], &p) // 0.0.0.0 is the first of the two
		if p.Mapped == split || p.Addr.Addr() != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("split %t: peer %+v", split, p)
		}
		if _, peer := rawNames(t, fd); split {
			if _, ok := peer.(*unix.SockaddrInet4); !ok {
				t.Errorf("the handler sees %T", peer)
			}
		}
		if got := receive(t, fd); got != "request" {
			t.Errorf("received %q", got)
		}
	}
}

func TestAcceptUnix(t *testing.T) {
	for _, address := range []string{t.TempDir() + "/s", "@superd"} {
		netns(t)
		s := acquire(t, registry(t), at("unix", address))
		dial(t, "unix", address)
		p := Peer{Addr: netip.MustParseAddrPort("192.0.2.1:1"), Mapped: true} // of an earlier accept
		fd := take(t, s, &p)
		if p != (Peer{}) {
			t.Errorf("peer %+v", p)
		}
		pid, uid, gid, errno := PeerCred(fd)
		if int(pid) != os.Getpid() || int(uid) != os.Getuid() || int(gid) != os.Getgid() || errno != 0 {
			t.Errorf("peer %d, %d:%d, %v", pid, uid, gid, errno)
		}
		if _, errno := QueueLen(s.FD()); errno != unix.EOPNOTSUPP {
			t.Errorf("queue length: %v", errno)
		}
	}
}

func TestAcceptNobody(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	if fd, errno := Accept(s.FD(), new(Peer)); fd != -1 || errno != unix.EAGAIN {
		t.Errorf("%d, %v", fd, errno)
	}
	if Vanished(unix.EAGAIN) || Vanished(unix.EMFILE) || !Vanished(unix.ECONNABORTED) {
		t.Error("Vanished takes the one for the other")
	}
}

func TestQueueLen(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	for want := range 4 {
		waiting(t, s, want)
		dial(t, "tcp", "127.0.0.1:79")
	}
}

func TestBanner(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	client := dial(t, "tcp", "127.0.0.1:79")
	fd := take(t, s, new(Peer))
	if n, errno := SendBanner(fd, []byte("go away\r\n")); n != 9 || errno != 0 {
		t.Fatalf("sent %d, %v", n, errno)
	}
	if errno := ShutdownWrite(fd); errno != 0 {
		t.Fatal(errno)
	}
	if got := receive(t, client); got != "go away\r\n" {
		t.Errorf("the client reads %q", got)
	}
	if got := receive(t, client); got != "" {
		t.Errorf("after the banner the client reads %q", got)
	}
	if n, errno := SendBanner(fd, []byte("x")); n != 0 || errno != unix.EPIPE { // and no SIGPIPE
		t.Errorf("sent %d after the end, %v", n, errno)
	}
	if n, errno := SendBanner(fd, nil); n != 0 || errno != 0 {
		t.Errorf("nothing: %d, %v", n, errno)
	}
}

func TestBannerNeverWaits(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	dial(t, "tcp", "127.0.0.1:79")
	fd := take(t, s, new(Peer)) // blocking
	for range 10000 {
		if _, errno := SendBanner(fd, bytes.Repeat([]byte("x"), 1<<16)); errno != 0 {
			if errno != unix.EAGAIN {
				t.Fatal(errno)
			}
			return
		}
	}
	t.Error("600 MB went to a client that does not read")
}

func TestRawCallsDoNotAllocate(t *testing.T) {
	netns(t)
	r := registry(t)
	for _, address := range []string{"127.0.0.1", "[::1]"} {
		s := acquire(t, r, at("tcp", address+":79"))
		d := acquire(t, r, at("udp", address+":69"))
		for range 21 {
			dial(t, "tcp", s.Address())
			send(t, dial(t, "udp", d.Address()), "x")
		}
		var p Peer
		check := func(name string, f func()) {
			if n := testing.AllocsPerRun(20, f); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
		last := -1
		check("Accept", func() {
			unix.Close(last)
			last, _ = Accept(s.FD(), &p)
		})
		if !p.Addr.IsValid() {
			t.Error("no client")
		}
		check("LocalAddr", func() { LocalAddr(last) })
		check("SendBanner", func() { SendBanner(last, []byte("x")) })
		check("QueueLen", func() { QueueLen(s.FD()) })
		check("PeekPeer", func() { PeekPeer(d.FD()) })
		check("DropDatagram", func() { DropDatagram(d.FD()) })
		unix.Close(last)
	}
}

func TestSockaddrRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ip, _ := netip.AddrFromSlice(rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 4, 4), rapid.SliceOfN(rapid.Byte(), 16, 16)).Draw(t, "ip"))
		want := netip.AddrPortFrom(ip, rapid.Uint16().Draw(t, "port"))
		zone := rapid.Uint32().Draw(t, "zone")
		got, scope, ok := decode(encodeInet(want, zone))
		if !ok || got != want || ip.Is6() && scope != zone {
			t.Fatalf("%s %%%d became %s %%%d, %t", want, zone, got, scope, ok)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeInet(netip.MustParseAddrPort("192.0.2.1:79"), 0))
	f.Add(encodeInet(netip.MustParseAddrPort("[fe80::1]:79"), 3))
	f.Add(encodeInet(netip.MustParseAddrPort("[::ffff:192.0.2.1]:79"), 0))
	f.Add(encodeUnix("/run/x"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, scope, ok := decode(b)
		if ok != addr.IsValid() {
			t.Fatalf("%x: %s, %t", b, addr, ok)
		}
		if !ok {
			return
		}
		c := canonical(-1, addr, scope)
		if c.Addr().Is4In6() || c.Port() != addr.Port() || c.Addr().WithZone("") != addr.Addr().Unmap() {
			t.Fatalf("%x: %s became %s", b, addr, c)
		}
		if again, _, _ := decode(encodeInet(addr, scope)); again != addr {
			t.Fatalf("%s became %s", addr, again)
		}
		if strings.Contains(c.Addr().Zone(), "\n") {
			t.Fatalf("zone %q", c.Addr().Zone())
		}
	})
}
