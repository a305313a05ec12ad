// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		spec   Spec
		text   string
		domain int
		kind   int
		v6only int
	}{
		{at("tcp", "127.0.0.1:79"), "tcp 127.0.0.1:79", unix.AF_INET, unix.SOCK_STREAM, 0},
		{at("tcp", "0.0.0.0:79"), "tcp 0.0.0.0:79", unix.AF_INET, unix.SOCK_STREAM, 0},
		{at("tcp", "[::ffff:127.0.0.1]:79"), "tcp 127.0.0.1:79", unix.AF_INET, unix.SOCK_STREAM, 0},
		{at("tcp", "[::]:79"), "tcp [::]:79", unix.AF_INET6, unix.SOCK_STREAM, 0},
		{v6only(at("tcp", "[::]:79")), "tcp [::]:79", unix.AF_INET6, unix.SOCK_STREAM, 1},
		{at("udp", "127.0.0.1:69"), "udp 127.0.0.1:69", unix.AF_INET, unix.SOCK_DGRAM, 0},
		{v6only(at("udp", "[::1]:69")), "udp [::1]:69", unix.AF_INET6, unix.SOCK_DGRAM, 1},
		{at("unix", dir+"/s"), "unix " + dir + "/s", unix.AF_UNIX, unix.SOCK_STREAM, 0},
		{at("unixgram", dir+"/d"), "unixgram " + dir + "/d", unix.AF_UNIX, unix.SOCK_DGRAM, 0},
		{at("unixpacket", dir+"/p"), "unixpacket " + dir + "/p", unix.AF_UNIX, unix.SOCK_SEQPACKET, 0},
		{at("unix", "@superd"), "unix @superd", unix.AF_UNIX, unix.SOCK_STREAM, 0},
	} {
		t.Run(c.text, func(t *testing.T) {
			netns(t)
			s := acquire(t, registry(t), c.spec)
			if s.String() != c.text || s.Spec().String() != c.text {
				t.Errorf("it is %q of %q, want %q", s, s.Spec(), c.text)
			}
			if s.FD() < 200 {
				t.Errorf("descriptor %d is among those of connections", s.FD())
			}
			if flags, _ := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFD, 0); flags != unix.FD_CLOEXEC {
				t.Error("not close-on-exec")
			}
			if flags, _ := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFL, 0); flags&unix.O_NONBLOCK == 0 {
				t.Error("not non-blocking")
			}
			if got := sockopt(t, s.FD(), unix.SOL_SOCKET, unix.SO_DOMAIN); got != c.domain {
				t.Errorf("domain %d, want %d", got, c.domain)
			}
			if got := sockopt(t, s.FD(), unix.SOL_SOCKET, unix.SO_TYPE); got != c.kind {
				t.Errorf("type %d, want %d", got, c.kind)
			}
			if listens := sockopt(t, s.FD(), unix.SOL_SOCKET, unix.SO_ACCEPTCONN) == 1; listens != s.IsStream() {
				t.Errorf("listening: %t", listens)
			}
			if c.domain == unix.AF_INET6 && sockopt(t, s.FD(), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) != c.v6only {
				t.Errorf("v6only is not %d", c.v6only)
			}
		})
	}
}

func TestSetNonblockIsSeenByWhoHasTheSocket(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	handler, err := unix.Dup(s.FD())
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(handler)
	for _, on := range []bool{false, true, false} {
		if err := s.SetNonblock(on); err != nil {
			t.Fatal(err)
		}
		if flags, _ := unix.FcntlInt(uintptr(handler), unix.F_GETFL, 0); (flags&unix.O_NONBLOCK != 0) != on {
			t.Errorf("the handler's copy has flags %#x after SetNonblock(%t)", flags, on)
		}
	}
}

func TestPortZeroHasTheKernelsNumber(t *testing.T) {
	netns(t)
	r := registry(t)
	a, b := at("tcp", "127.0.0.1:0"), at("tcp", "127.0.0.1:0")
	a.Tag, b.Tag = "a", "b"
	sa, sb := acquire(t, r, a), acquire(t, r, b)
	if sa == sb || sa.LocalAddr().Port() == 0 || sa.LocalAddr() == sb.LocalAddr() {
		t.Errorf("two services on port 0 have %s and %s", sa, sb)
	}
	if again := acquire(t, r, a); again != sa {
		t.Error("a reload gave port 0 another number")
	}
	dial(t, "tcp", sa.Address())
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	device := at("tcp", "127.0.0.1:79")
	device.Device = "nosuch0"
	tos := at("tcp", "127.0.0.1:79")
	tos.IPTtl = 4711
	for _, c := range []struct {
		spec Spec
		want string
		err  error
	}{
		{at("tcp", "127.0.0.1:7"), "cannot listen on tcp 127.0.0.1:7: address already in use", unix.EADDRINUSE},
		{at("tcp", "192.0.2.1:79"), "cannot listen on tcp 192.0.2.1:79: cannot assign requested address " +
			"(no interface has this address; free_bind = true listens all the same)", unix.EADDRNOTAVAIL},
		{v6only(at("tcp", "[fe80::1%nosuch0]:79")), `cannot listen on tcp [fe80::1%nosuch0]:79: interface "nosuch0": no such device`, unix.ENODEV},
		{device, `cannot listen on tcp 127.0.0.1:79%nosuch0: bind to device "nosuch0": no such device`, unix.ENODEV},
		{tos, "cannot listen on tcp 127.0.0.1:79: set ip_ttl: invalid argument", unix.EINVAL},
		{at("unix", dir+"/none/s"), "cannot listen on unix " + dir + "/none/s: the directory \"" + dir + "/none\" does not exist", nil},
		{at("unix", "/"+strings.Repeat("x", 107)), "the path has 108 bytes, a unix socket's may have 107", nil},
		{at("unix", "/a\x00b"), "the path contains a NUL byte", nil},
		{at("unix", ""), "the name is empty", nil},
		{at("unix", "@"), "the name is empty", nil},
		{NewSpec("tcp"), "no address is given", nil},
		{NewSpec("sctp"), `unknown network "sctp"`, nil},
	} {
		t.Run(c.spec.String(), func(t *testing.T) {
			netns(t)
			r := registry(t)
			taken := rawSocket(t, unix.AF_INET, unix.SOCK_STREAM)
			t.Cleanup(func() { unix.Close(taken) })
			if err := rawBind(taken, encodeInet(netip.MustParseAddrPort("127.0.0.1:7"), 0)); err != nil {
				t.Fatal(err)
			}
			if err := unix.Listen(taken, 1); err != nil {
				t.Fatal(err)
			}
			s, err := r.Acquire(c.spec)
			if err == nil {
				t.Fatalf("%s is open", s)
			}
			if !strings.Contains(err.Error(), c.want) || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("error %q, want %q", err, c.want)
			}
			unix.Close(taken)
			taken = -1
			if len(r.Sockets()) != 0 {
				t.Error("the registry keeps what could not be opened")
			}
		})
	}
}

func TestPrivilegedPortNeedsRoot(t *testing.T) {
	netns(t)
	r := registry(t)
	dropCapabilities(t)
	_, err := r.Acquire(at("tcp", "127.0.0.1:79"))
	want := "cannot listen on tcp 127.0.0.1:79: permission denied (port 79 needs root or CAP_NET_BIND_SERVICE)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

// dropCapabilities makes the test's thread an unprivileged one for good.
func dropCapabilities(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		t.Fatal(err)
	}
}

func TestDescriptorsStayLowWhereTheLimitIsSmall(t *testing.T) {
	netns(t)
	r := registry(t)
	r.base = 1 << 30
	s := acquire(t, r, at("tcp", "127.0.0.1:79"))
	dial(t, "tcp", s.Address())
	if limit := New(1 << 30).base; limit <= 0 || limit >= 1<<30 {
		t.Errorf("the base is %d", limit)
	}
}

func TestLongestPath(t *testing.T) {
	netns(t)
	dir := t.TempDir()
	path := filepath.Join(dir, strings.Repeat("x", maxUnixPath-len(dir)-1))
	s := acquire(t, registry(t), at("unix", path))
	dial(t, "unix", s.Address())
}

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := drawInet(t)
		parts := Split(spec)
		for i, a := range parts {
			if ip := a.Addr.Addr(); ip == netip.IPv6Unspecified() && !a.V6Only {
				t.Fatalf("%s takes IPv4 clients through IPv6", a)
			}
			for _, b := range parts[:i] {
				if Overlap(a, b) {
					t.Fatalf("%s and %s overlap", a, b)
				}
			}
		}
		dual := spec.Canonical().Addr.Addr() == netip.IPv6Unspecified() && !spec.V6Only
		if dual != (len(parts) == 2) || !dual && parts[0] != spec.Canonical() {
			t.Fatalf("%+v is split into %+v", spec, parts)
		}
	})
}

func drawInet(t *rapid.T) Spec {
	ip := rapid.SampledFrom([]string{"0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:127.0.0.1"}).Draw(t, "address")
	spec := NewSpec(rapid.SampledFrom([]string{"tcp", "udp"}).Draw(t, "network"))
	spec.Addr = netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(rapid.IntRange(78, 79).Draw(t, "port")))
	spec.V6Only = rapid.Bool().Draw(t, "v6only")
	spec.ReusePort = rapid.Bool().Draw(t, "reuse_port")
	spec.Device = rapid.SampledFrom([]string{"", "lo"}).Draw(t, "device")
	return spec
}
