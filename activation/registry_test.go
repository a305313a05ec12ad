// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestSocketLivesAsLongAsItIsUsed(t *testing.T) {
	netns(t)
	r := registry(t)
	spec := at("tcp", "127.0.0.1:79")
	s := acquire(t, r, spec)
	if again := acquire(t, r, spec); again != s {
		t.Fatal("one binding has two sockets")
	}
	for i, open := range []bool{true, false} {
		if err := r.Release(s); err != nil {
			t.Fatal(err)
		}
		fd, err := tryDial(t, "tcp", "127.0.0.1:79")
		if (err == nil) != open {
			t.Fatalf("after %d releases: %v", i+1, err)
		}
		unix.Close(fd)
	}
	if err := r.Release(s); err == nil {
		t.Error("a third release is no error")
	}
	if again := acquire(t, r, spec); again == s {
		t.Error("a closed socket is given out")
	}
}

// TestRetuneKeepsTheQueue: a client that connected before the options changed is
// accepted after.
func TestRetuneKeepsTheQueue(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			netns(t)
			r := registry(t)
			address := "127.0.0.1:79"
			if network != "tcp" {
				address = t.TempDir() + "/s"
			}
			spec := at(network, address)
			s := acquire(t, r, spec)
			client := dial(t, network, address)
			send(t, client, "before")
			spec.Backlog, spec.NoDelay, spec.SendBuffer, spec.Mode = 3, true, 1<<16, 0o600
			if again := acquire(t, r, spec); again != s || again.Spec() != spec {
				t.Fatalf("retuned: %+v, want %+v", again.Spec(), spec)
			}
			if got := receive(t, take(t, s, new(Peer))); got != "before" {
				t.Errorf("received %q", got)
			}
		})
	}
}

func TestBacklogIsRetuned(t *testing.T) {
	netns(t)
	r := registry(t)
	spec := at("tcp", "127.0.0.1:79")
	spec.Backlog = 1
	s := acquire(t, r, spec)
	for range 2 { // one more than the backlog
		dial(t, "tcp", "127.0.0.1:79")
	}
	waiting(t, s, 2)
	spec.Backlog = 0
	acquire(t, r, spec)
	for range 10 {
		dial(t, "tcp", "127.0.0.1:79")
	}
	waiting(t, s, 12)
}

// TestFailedRetuneChangesNothing: one good change and one that the kernel
// refuses leave the socket with its old self.
func TestFailedRetuneChangesNothing(t *testing.T) {
	netns(t)
	r := registry(t)
	old := at("tcp", "127.0.0.1:79")
	old.KeepAlive, old.Backlog = true, 7
	s := acquire(t, r, old)
	bad := old
	bad.KeepAlive, bad.NoDelay, bad.IPTtl = false, true, 4711
	_, err := r.Acquire(bad)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "set ip_ttl") {
		t.Fatalf("error %v", err)
	}
	if s.Spec() != old {
		t.Errorf("the spec is %+v", s.Spec())
	}
	if sockopt(t, s.FD(), unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 1 || sockopt(t, s.FD(), unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 {
		t.Error("options changed")
	}
	if err := r.Release(s); err != nil {
		t.Error(err)
	}
	if len(r.Sockets()) != 0 {
		t.Error("the failed Acquire is counted as a user")
	}
}

// TestRetunedIsAsFresh: whatever a socket was tuned to before, after the last
// retune it has each option as a socket that was opened so.
func TestRetunedIsAsFresh(t *testing.T) {
	netns(t)
	r := registry(t)
	rapid.Check(t, func(rt *rapid.T) {
		network := rapid.SampledFrom([]string{"tcp", "udp"}).Draw(rt, "network")
		address := rapid.SampledFrom([]string{"127.0.0.1:0", "[::1]:0", "[::]:0"}).Draw(rt, "address")
		var retuned *Socket
		var spec Spec
		for range rapid.IntRange(2, 4).Draw(rt, "reloads") {
			spec = drawOptions(rt, at(network, address))
			spec.Tag = "old"
			retuned = acquire(t, r, spec)
			defer r.Release(retuned)
		}
		spec.Tag = "fresh"
		fresh := acquire(t, r, spec)
		defer r.Release(fresh)
		locks := sockopt(t, fresh.FD(), unix.SOL_SOCKET, unix.SO_BUF_LOCK)
		if got := sockopt(t, retuned.FD(), unix.SOL_SOCKET, unix.SO_BUF_LOCK); got != locks {
			rt.Errorf("buffer locks are %d, want %d", got, locks)
		}
		for i := range options {
			o := &options[i]
			if !o.on(&spec) {
				continue
			}
			want := sockopt(t, fresh.FD(), o.level, o.opt)
			if got := sockopt(t, retuned.FD(), o.level, o.opt); got != want {
				rt.Errorf("%s is %d, want %d", o.name, got, want)
			}
			value, set := o.value(&spec)
			if o.lock != 0 {
				value *= 2
			}
			// The kernel rounds defer_accept to a number of retransmissions.
			if set && o.opt != unix.TCP_DEFER_ACCEPT && want != value {
				rt.Errorf("%s is %d, asked was %d", o.name, want, value)
			}
		}
	})
}

func drawOptions(t *rapid.T, spec Spec) Spec {
	on := func(name string) bool { return rapid.Bool().Draw(t, name) }
	number := func(name string, n ...int) int { return rapid.SampledFrom(n).Draw(t, name) }
	spec.FreeBind, spec.Transparent, spec.Broadcast = on("free_bind"), on("transparent"), on("broadcast")
	spec.NoDelay, spec.KeepAlive, spec.ReusePort = on("nodelay"), on("keepalive"), on("reuse_port")
	spec.KeepAliveTime, spec.KeepAliveInterval = number("time", 0, 60, 7199), number("interval", 0, 5)
	spec.KeepAliveProbes, spec.DeferAccept = number("probes", 0, 3), number("defer", 0, 1, 30)
	spec.ReceiveBuffer, spec.SendBuffer = number("receive", 0, 8192, 1<<20), number("send", 0, 16384, 1<<20)
	spec.Priority, spec.Mark = number("priority", Unset, 0, 6), number("mark", Unset, 0, 42)
	spec.IPTos, spec.IPTtl = number("tos", Unset, 0, 0x10), number("ttl", Unset, 1, 255)
	return spec
}

func TestListenAfterAHandlersShutdown(t *testing.T) {
	netns(t)
	s := acquire(t, registry(t), at("tcp", "127.0.0.1:79"))
	if err := unix.Shutdown(s.FD(), unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	if fd, err := tryDial(t, "tcp", "127.0.0.1:79"); err == nil {
		unix.Close(fd)
		t.Fatal("it listens after shutdown")
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	dial(t, "tcp", "127.0.0.1:79")
}

func TestAdopt(t *testing.T) {
	netns(t)
	r := registry(t)
	dir := t.TempDir()
	// Somebody else's registry binds; a client waits; its descriptor is handed on.
	for _, spec := range []Spec{at("tcp", "127.0.0.1:79"), v6only(at("tcp", "[::]:79")), at("unix", dir+"/s"), at("unix", "@superd")} {
		theirs := New(100)
		defer theirs.Close()
		fd, err := unix.Dup(acquire(t, theirs, spec).FD())
		if err != nil {
			t.Fatal(err)
		}
		address := strings.Replace(spec.Address(), "[::]", "[::1]", 1)
		client := dial(t, spec.Network, address)
		send(t, client, "waiting")
		for _, wrong := range []Spec{at("tcp", "127.0.0.1:80"), at("udp", "127.0.0.1:79"), at("unix", dir+"/t"), at("tcp", "[::]:79")} {
			if s, err := r.Adopt(fd, wrong); err == nil {
				t.Errorf("%s was taken for %s", spec, s)
			}
		}
		s, err := r.Adopt(fd, spec)
		if err != nil {
			t.Fatal(err)
		}
		if again := acquire(t, r, spec); again != s || s.Spec() != spec {
			t.Errorf("acquired %+v", again.Spec())
		}
		if got := receive(t, take(t, s, new(Peer))); got != "waiting" {
			t.Errorf("received %q", got)
		}
		if _, err := r.Adopt(s.FD(), spec); !errors.Is(err, unix.EADDRINUSE) {
			t.Errorf("adopted twice: %v", err)
		}
	}
}

func TestSocketsAreSorted(t *testing.T) {
	netns(t)
	r := registry(t)
	for _, spec := range []Spec{at("unix", "@b"), at("tcp", "127.0.0.1:80"), at("udp", "127.0.0.1:7"), at("unix", "@a"), at("tcp", "127.0.0.1:79")} {
		acquire(t, r, spec)
	}
	var got []string
	for _, s := range r.Sockets() {
		got = append(got, s.String())
	}
	want := "tcp 127.0.0.1:79,tcp 127.0.0.1:80,udp 127.0.0.1:7,unix @a,unix @b"
	if text := strings.Join(got, ","); text != want {
		t.Errorf("%s, want %s", text, want)
	}
}
