// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"encoding/binary"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// netns gives the test's thread a network of its own, in which every port is
// free. The thread is never unlocked and so ends with the test.
func netns(t *testing.T) {
	t.Helper()
	testneed.Need(t, "root", "namespaces")
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	fd := rawSocket(t, unix.AF_INET, unix.SOCK_DGRAM)
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	ifr.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		t.Fatal(err)
	}
}

// addAddress gives lo one more IPv6 address, by netlink because only there can
// it be said that the address is to be good at once (IFA_F_NODAD).
func addAddress(t *testing.T, addr string) {
	t.Helper()
	fd := rawSocket(t, unix.AF_NETLINK, unix.SOCK_RAW)
	defer unix.Close(fd)
	ip := netip.MustParseAddr(addr).As16()
	request := struct {
		unix.NlMsghdr
		unix.IfAddrmsg
		unix.RtAttr
		ip [16]byte
	}{
		unix.NlMsghdr{Len: 44, Type: unix.RTM_NEWADDR, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE},
		unix.IfAddrmsg{Family: unix.AF_INET6, Prefixlen: 64, Flags: unix.IFA_F_NODAD, Index: 1},
		unix.RtAttr{Len: 20, Type: unix.IFA_ADDRESS},
		ip,
	}
	if _, err := unix.Write(fd, unsafe.Slice((*byte)(unsafe.Pointer(&request)), unsafe.Sizeof(request))); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	if n, err := unix.Read(fd, answer); err != nil || n < 20 || binary.NativeEndian.Uint32(answer[16:]) != 0 {
		t.Fatalf("cannot add %s: answer %x, %v", addr, answer[:max(n, 0)], err)
	}
	awaitRoute(t, netip.AddrPortFrom(netip.MustParseAddr(addr), 9))
}

// awaitRoute waits until datagrams to a new address arrive: the kernel enters
// its route some time after the address.
func awaitRoute(t *testing.T, addr netip.AddrPort) {
	t.Helper()
	fd := rawSocket(t, unix.AF_INET6, unix.SOCK_DGRAM)
	defer unix.Close(fd)
	sa := encodeInet(addr, 1)
	if err := rawBind(fd, sa); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		if rawCall(unix.SYS_CONNECT, fd, sa) == nil {
			unix.Write(fd, []byte("x"))
		}
		if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10); n == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no route to %s", addr)
		}
	}
}

// registry makes a Registry that the test must leave without a descriptor more
// than there was.
func registry(t *testing.T) *Registry {
	t.Helper()
	before := descriptors(t)
	r := New(200)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if after := descriptors(t); after != before {
			t.Errorf("%d descriptors are open, there were %d", after, before)
		}
	})
	return r
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func acquire(t *testing.T, r *Registry, spec Spec) *Socket {
	t.Helper()
	s, err := r.Acquire(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at makes the Spec of a network and an address or path.
func at(network, address string) Spec {
	spec := NewSpec(network)
	if spec.hasPath() {
		spec.Path = address
	} else {
		spec.Addr = netip.MustParseAddrPort(address)
	}
	return spec
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func v6only(s Spec) Spec { s.V6Only = true; return s }

func rawSocket(t *testing.T, domain, kind int) int {
	t.Helper()
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// dial connects a blocking client to an address or path, and closes it at the
// end of the test.
func dial(t *testing.T, network, address string) int {
	t.Helper()
	fd, err := tryDial(t, network, address)
	if err != nil {
		t.Fatalf("connect to %s %s: %v", network, address, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func tryDial(t *testing.T, network, address string) (int, error) {
	t.Helper()
	spec := at(network, address)
	domain, kind := spec.domainAndType()
	fd := rawSocket(t, domain, kind)
	var sa []byte
	if spec.IsUnix() {
		sa = encodeUnix(address)
	} else {
		scope, err := zoneIndex(fd, spec.Addr.Addr().Zone())
		if err != nil {
			t.Fatal(err)
		}
		sa = encodeInet(spec.Addr, scope)
	}
	if err := rawCall(unix.SYS_CONNECT, fd, sa); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// take accepts one connection within five seconds.
func take(t *testing.T, s *Socket, p *Peer) int {
	t.Helper()
	readable(t, s.FD())
	fd, errno := Accept(s.FD(), p)
	if errno != 0 {
		t.Fatalf("accept: %v", errno)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func readable(t *testing.T, fd int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, int(time.Until(deadline).Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("descriptor %d is not ready: %v", fd, err)
		}
		return
	}
}

// waiting reads the length of a tcp socket's queue, for five seconds until it is
// want: a client's connect returns a moment before its connection is queued.
func waiting(t *testing.T, s *Socket, want int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		n, errno := QueueLen(s.FD())
		if errno == 0 && n == want {
			return
		}
		if errno != 0 || time.Now().After(deadline) {
			t.Fatalf("%d clients wait (%v), want %d", n, errno, want)
		}
		unix.Poll(nil, 1)
	}
}

func send(t *testing.T, fd int, text string) {
	t.Helper()
	if err := unix.Send(fd, []byte(text), unix.MSG_NOSIGNAL); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, fd int) string {
	t.Helper()
	readable(t, fd)
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func sockopt(t *testing.T, fd, level, opt int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(fd, level, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
