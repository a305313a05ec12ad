// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// given makes a descriptor as a service manager would hand it over.
func given(t *testing.T, spec Spec, listens bool) int {
	t.Helper()
	domain, kind := spec.domainAndType()
	fd := rawSocket(t, domain, kind)
	sa := []byte(nil)
	if spec.IsUnix() {
		sa = encodeUnix(spec.Path)
	} else {
		sa = encodeInet(spec.Addr, 0)
	}
	if err := rawBind(fd, sa); err != nil {
		t.Fatal(err)
	}
	if listens {
		if err := unix.Listen(fd, 5); err != nil {
			t.Fatal(err)
		}
	}
	return fd
}

func TestTakeAndAcquire(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		fd   func() int
		want string
	}{
		{"tcp", func() int { return given(t, at("tcp", "127.0.0.1:0"), true) }, "tcp 127.0.0.1:"},
		{"tcp that does not listen", func() int { return given(t, at("tcp", "127.0.0.1:0"), false) }, "tcp 127.0.0.1:"},
		{"udp", func() int { return given(t, at("udp", "127.0.0.1:0"), false) }, "udp 127.0.0.1:"},
		{"dual stack", func() int { return given(t, at("tcp", "[::]:0"), true) }, "tcp [::]:"},
		{"one IPv6 address", func() int { return given(t, at("tcp", "[::1]:0"), true) }, "tcp [::1]:"},
		{"unix", func() int { return given(t, at("unix", filepath.Join(dir, "s")), true) }, "unix " + dir + "/s"},
		{"unixgram", func() int { return given(t, at("unixgram", filepath.Join(dir, "d")), false) }, "unixgram " + dir + "/d"},
		{"unixpacket", func() int { return given(t, at("unixpacket", "@superd-test-offer"), true) }, "unixpacket @superd-test-offer"},
		{"fifo", func() int {
			fd, err := unix.Open(fifo, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			return fd
		}, "fifo " + fifo},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := registry(t)
			fd := test.fd()
			o, err := Take(Inherited{fd, "x"}, 300)
			if err != nil {
				t.Fatal(err)
			}
			if isOpen(fd) || o.FD < 300 {
				t.Errorf("descriptor %d is open: %v; the offer is %d", fd, isOpen(fd), o.FD)
			}
			if !strings.HasPrefix(o.Spec.String(), test.want) {
				t.Errorf("it is %s, want %s", o.Spec, test.want)
			}
			r.Offer(o)
			s := acquire(t, r, o.Spec)
			if s.Inode() != o.Inode || s.String() != o.Spec.String() || len(r.Offers()) != 0 {
				t.Errorf("acquired %s (inode %d), offered %s (inode %d), left %v", s, s.Inode(), o.Spec, o.Inode, r.Offers())
			}
			if s.IsStream() && sockopt(t, s.FD(), unix.SOL_SOCKET, unix.SO_ACCEPTCONN) != 1 {
				t.Error("it does not listen")
			}
			if err := r.Release(s); err != nil {
				t.Error(err)
			}
			if path := o.Spec.Path; strings.HasPrefix(path, "/") {
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("its file went with it: %v", err)
				}
			}
		})
	}
}

func TestTakeRefuses(t *testing.T) {
	dir := t.TempDir()
	open := func(name string, flags int) int {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	pair := func(i int) int {
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(p[1-i])
		return p[i]
	}
	l := given(t, at("tcp", "127.0.0.1:0"), true)
	defer unix.Close(l)
	addr, _ := LocalAddr(l)
	connected := rawSocket(t, unix.AF_INET, unix.SOCK_STREAM)
	if err := rawCall(unix.SYS_CONNECT, connected, encodeInet(addr, 0)); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(open(fifo, unix.O_RDWR))
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[1])
	for _, test := range []struct {
		name string
		fd   int
		want string
	}{
		{"closed", 999999, "bad file descriptor"},
		{"regular file", open(filepath.Join(dir, "f"), unix.O_CREAT|unix.O_RDWR), "a regular file"},
		{"directory", open(dir, unix.O_RDONLY), "a directory"},
		{"device", open("/dev/null", unix.O_RDWR), "a special file"},
		{"pipe", pipe[0], "a pipe without a name"},
		{"writing end", open(fifo, unix.O_WRONLY), "the writing end"},
		{"unbound tcp", rawSocket(t, unix.AF_INET, unix.SOCK_STREAM), "bound to no port"},
		{"unbound unix", rawSocket(t, unix.AF_UNIX, unix.SOCK_DGRAM), "without a name"},
		{"socket pair", pair(0), "without a name"},
		{"connection", connected, "a connection and no listening socket"},
		{"netlink", rawSocket(t, unix.AF_NETLINK, unix.SOCK_RAW), "does not serve"},
	} {
		o, err := Take(Inherited{test.fd, test.name}, 300)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "("+test.name+")") {
			t.Errorf("%s: %v, %v; want an error with %q", test.name, o, err, test.want)
		}
		if isOpen(test.fd) {
			t.Errorf("%s: it is still open", test.name)
		}
	}
}

// TestOffers: by their keys, each to one; what nobody acquires can be declined,
// and what superd once made itself takes its file along.
func TestOffers(t *testing.T) {
	r := registry(t)
	path := filepath.Join(t.TempDir(), "s")
	ours, err := Take(Inherited{given(t, at("unix", path), true), "s0"}, 300)
	if err != nil {
		t.Fatal(err)
	}
	ours.Ours = true
	r.Offer(ours)
	other, err := Take(Inherited{given(t, at("tcp", "127.0.0.1:0"), true), "b"}, 300)
	if err != nil {
		t.Fatal(err)
	}
	r.Offer(other)
	elsewhere := other.Spec
	elsewhere.Addr = netip.AddrPortFrom(elsewhere.Addr.Addr(), 0)
	elsewhere.Tag = "x/0"
	if s := acquire(t, r, elsewhere); s.Inode() == other.Inode {
		t.Error("an offer was taken for another address")
	}
	s := acquire(t, r, ours.Spec)
	if !r.IsOpen(ours.Spec) || r.IsOpen(other.Spec) {
		t.Error("IsOpen is wrong")
	}
	if err := r.Release(s); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("its file stays")
	}
	if err := r.Decline(other); err != nil || isOpen(other.FD) || len(r.Offers()) != 0 {
		t.Errorf("declined: %v, open %v, left %d", err, isOpen(other.FD), len(r.Offers()))
	}
}

// TestHeldOffer: who has the socket shares its O_NONBLOCK.
func TestHeldOffer(t *testing.T) {
	for _, held := range []bool{true, false} {
		r := registry(t)
		o, err := Take(Inherited{given(t, at("udp", "127.0.0.1:0"), false), "x"}, 300)
		if err != nil {
			t.Fatal(err)
		}
		o.Held = held
		r.Offer(o)
		s := acquire(t, r, o.Spec)
		flags, err := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFL, 0)
		if err != nil || (flags&unix.O_NONBLOCK == 0) != held {
			t.Errorf("held %v: flags %#x, %v", held, flags, err)
		}
	}
}

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

// TestIsInherited: what this process has opened itself was not.
func TestIsInherited(t *testing.T) {
	fd := given(t, at("tcp", "127.0.0.1:0"), true)
	defer unix.Close(fd)
	before := IsInherited(fd)
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	if before || !IsInherited(fd) || IsInherited(999999) {
		t.Errorf("with close-on-exec %v, without %v, closed %v", before, IsInherited(fd), IsInherited(999999))
	}
}

func TestOwnPidfdID(t *testing.T) {
	a, ok := OwnPidfdID()
	b, again := OwnPidfdID()
	if a != b || ok != again {
		t.Errorf("%d %v, then %d %v", a, ok, b, again)
	}
}
