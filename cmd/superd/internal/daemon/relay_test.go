// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
	"superd/spawn"
)

// relayHouse is a relay whose children echo what is sent to them.
type relayHouse struct {
	*testing.T
	*relay
	runner spawn.Runner
	fail   chan error
	began  chan *relayChild
	told   chan string
}

func newRelayHouse(t *testing.T) *relayHouse {
	h := &relayHouse{T: t, fail: make(chan error, 10), began: make(chan *relayChild, 10), told: make(chan string, 10)}
	h.relay = newRelay(relayOptions{begin: h.begin, tell: func(_ event.Level, text, err string) { h.told <- text + ": " + err }})
	return h
}

func (h *relayHouse) begin(sp spawn.Spec) (*relayChild, error) {
	select {
	case err := <-h.fail:
		return nil, err
	default:
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(ends[1])
	p, err := h.runner.Begin(spawn.Spec{Path: "/bin/cat", Argv: []string{"cat"}, Umask: -1, Bounding: ^uint64(0)}, spawn.Binding{Conn: ends[1], Log: -1}, 300)
	if err != nil {
		return nil, err
	}
	c := &relayChild{Process: p, control: ends[0], who: sp.Identity, since: time.Now()}
	h.began <- c
	return c, nil
}

func await[T any](t *testing.T, what string, from <-chan T) (x T) {
	t.Helper()
	select {
	case x = <-from:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: it does not come to that", what)
	}
	return x
}

// there waits until there is a channel, and for its echo.
func (h *relayHouse) there() int {
	h.Helper()
	for end := time.Now().Add(20 * time.Second); h.Channel() < 0; {
		if time.Now().After(end) {
			h.Fatal("there is no channel")
		}
		<-time.NewTimer(time.Millisecond).C
	}
	fd := h.Channel()
	if err := unix.Send(fd, []byte("hello"), unix.MSG_NOSIGNAL); err != nil {
		h.Fatal(err)
	}
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(poll, 20_000); n > 0 || err != unix.EINTR {
			break
		}
	}
	buf := make([]byte, 10)
	if n, err := unix.Read(fd, buf); err != nil || string(buf[:n]) != "hello" {
		h.Fatalf("%q, %v", buf[:n], err)
	}
	return fd
}

func TestRelayIsKeptAlive(t *testing.T) {
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := count()
	h := newRelayHouse(t)
	if h.Channel() != -1 {
		t.Error("there is a channel, and nobody has asked for one")
	}
	h.fail <- errors.New("no processes")
	h.follow(spawn.Spec{})
	if got := await(t, "somebody is told", h.told); !strings.Contains(got, "cannot be started: no processes") {
		t.Error(got)
	}
	first := await(t, "a child", h.began)
	fd := h.there()

	first.Kill()
	if got := await(t, "somebody is told", h.told); !strings.Contains(got, "is started again: SIGKILL") {
		t.Error(got)
	}
	second := await(t, "another child", h.began)
	if again := h.there(); again != fd {
		t.Errorf("the channel was %d and is %d: the engine may have asked before", fd, again)
	}

	h.follow(spawn.Spec{}) // a reload that changes nothing
	h.follow(spawn.Spec{Identity: spawn.Identity{Set: true, UID: 7, GID: 7}})
	third := await(t, "a child of another user", h.began)
	await(t, "the end of the one before", second.Done())
	if again := h.there(); again != fd {
		t.Errorf("the channel was %d and is %d", fd, again)
	}
	if len(h.began) > 0 {
		t.Error("a child too many was started")
	}

	h.close()
	await(t, "the end of the last", third.Done())
	if h.Channel() != -1 {
		t.Error("there is a channel after the end")
	}
	for end := time.Now().Add(20 * time.Second); count() > before; {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors, %d before", count(), before)
		}
		<-time.NewTimer(time.Millisecond).C
	}
}

// TestRelayBacksOff: a child that dies at once is not started again and again.
func TestRelayBacksOff(t *testing.T) {
	h := newRelayHouse(t)
	defer h.close()
	began := time.Now()
	h.follow(spawn.Spec{})
	for range 4 {
		await(t, "a child", h.began).Kill()
		await(t, "somebody is told", h.told)
	}
	if took := time.Since(began); took < 7*retryMin { // 1+2+4
		t.Errorf("four children within %v", took)
	}
}
