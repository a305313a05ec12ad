// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// setHouse is a running engine with a service whose one process gets a tcp socket, a
// datagram socket and a FIFO, each of which can have somebody wait at it.
type setHouse struct {
	*testing.T
	e      *Engine
	events *recorder
	reg    *activation.Registry
	dir    string
	socks  []*activation.Socket
	fifo   *os.File
}

func newSetHouse(t *testing.T) *setHouse {
	t.Helper()
	h := &setHouse{T: t, events: &recorder{}, reg: activation.New(500), dir: t.TempDir()}
	var err error
	if h.e, err = New(Options{Sink: h.events, LogFD: -1, HighBase: 500, Global: -1}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.e.Run() }()
	if err := h.e.Ready(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.e.Stop(Terminate, 0, time.Second)
		<-done
		h.reg.Close()
	})
	tcp, gram, fifo := activation.NewSpec("tcp"), activation.NewSpec("unixgram"), activation.NewSpec("fifo")
	tcp.Addr, gram.Path, fifo.Path = netip.MustParseAddrPort("127.0.0.1:0"), filepath.Join(h.dir, "gram"), filepath.Join(h.dir, "fifo")
	for _, sp := range []activation.Spec{tcp, gram, fifo} {
		s, err := h.reg.Acquire(sp)
		if err != nil {
			t.Fatal(err)
		}
		h.socks = append(h.socks, s)
	}
	if h.fifo, err = os.OpenFile(fifo.Path, os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.fifo.Close() })
	return h
}

func (h *setHouse) spec(argv ...string) *Spec {
	h.Helper()
	names := []string{"a", "b", "c"}
	prog, err := spawn.Compile(spawn.Spec{Path: argv[0], Argv: argv, Env: []string{"DIR=" + h.dir}, Umask: -1, Bounding: ^uint64(0), Setsid: true,
		Stdio: spawn.StdioNone, Files: len(names), Listen: names})
	if err != nil {
		h.Fatal(err)
	}
	pol := admit.Unrestricted()
	return &Spec{ID: "set", Mode: Wait, OneForAll: true, Sockets: h.socks, Policy: &pol, Program: prog, OwnGroup: true, KillGrace: time.Second,
		Loud: Loud{Start: true, Exit: true, Refuse: true}}
}

// come has somebody wait at each of the sockets.
func (h *setHouse) come() {
	h.Helper()
	c, err := net.Dial("tcp", h.socks[0].Address())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	u, err := net.Dial("unixgram", h.socks[1].Address())
	if err != nil {
		h.Fatal(err)
	}
	defer u.Close()
	if _, err := u.Write([]byte("x")); err != nil {
		h.Fatal(err)
	}
	if _, err := h.fifo.WriteString("x\n"); err != nil {
		h.Fatal(err)
	}
}

// await waits until a condition of the engine's holds.
func (h *setHouse) await(what string, ok func(*Engine) bool) {
	h.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		yes := false
		h.e.call(func(e *Engine) { yes = ok(e) })
		if yes {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("it never comes that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// state is which sockets are lent, watched and blocking.
func (h *setHouse) state() (lent, watched, blocking int) {
	h.e.call(func(e *Engine) {
		lent = len(e.held)
		for _, l := range e.services["set"].listeners {
			if l.armed {
				watched++
			}
		}
	})
	for _, s := range h.socks {
		if fl, err := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFL, 0); err == nil && fl&unix.O_NONBLOCK == 0 {
			blocking++
		}
	}
	return lent, watched, blocking
}

func (h *setHouse) want(lent, watched, blocking int) {
	h.Helper()
	if l, w, b := h.state(); l != lent || w != watched || b != blocking {
		h.Errorf("%d sockets are lent, %d watched, %d block; want %d, %d, %d", l, w, b, lent, watched, blocking)
	}
}

// TestSetIsLentOnce: of sockets that are ready at once one process gets all, and when
// that is killed another one.
func TestSetIsLentOnce(t *testing.T) {
	h := newSetHouse(t)
	h.come()
	h.e.Apply([]Change{{ID: "set", Spec: h.spec("/bin/sleep", "1000")}})
	for n := 1; n <= 3; n++ {
		pid := 0
		h.await("a process has the sockets", func(e *Engine) bool {
			i, held := e.held[h.socks[2]]
			if held && !e.sessions[i].flying {
				pid = int(e.sessions[i].pid)
			}
			return pid != 0
		})
		h.want(3, 0, 3)
		if starts := h.events.count(event.Start); starts != n {
			t.Fatalf("%d processes were started, want %d", starts, n)
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		h.await("it has ended", func(*Engine) bool { return h.events.count(event.Exit) == n })
	}
}

// TestSetComesBack: what a process has left is judged of each socket; those at which
// nobody waited are looked at at once.
func TestSetComesBack(t *testing.T) {
	h := newSetHouse(t)
	h.e.Apply([]Change{{ID: "set", Spec: h.spec("/bin/true")}})
	h.want(0, 3, 0)
	if _, err := h.fifo.WriteString("x\n"); err != nil {
		t.Fatal(err)
	}
	h.await("superd says that it is left unread", func(*Engine) bool { return h.events.count(event.Pause) == 1 })
	times := [3]int{}
	h.e.call(func(e *Engine) {
		for i, l := range e.services["set"].listeners {
			times[i] = l.unread.times
		}
	})
	if times[0] != 0 || times[1] != 0 || times[2] < 3 {
		t.Errorf("they were left %v times", times)
	}
	h.await("the others are watched", func(e *Engine) bool {
		ls := e.services["set"].listeners
		return len(e.held) == 0 && ls[0].armed && ls[1].armed && !ls[2].armed
	})
}

// TestSetWithoutProgram: sockets come back from a process that never became one.
func TestSetWithoutProgram(t *testing.T) {
	h := newSetHouse(t)
	h.e.Apply([]Change{{ID: "set", Spec: h.spec(filepath.Join(h.dir, "none"))}})
	h.come()
	h.await("the start has failed", func(e *Engine) bool { return h.events.count(event.SpawnFail) > 0 && len(e.held) == 0 })
	if n := h.events.count(event.Start); n > h.events.count(event.SpawnFail)+1 {
		t.Errorf("%d starts", n)
	}
	h.e.Apply([]Change{{ID: "set", Spec: h.spec("/bin/sleep", "1000")}})
	h.await("the next one has all", func(e *Engine) bool { return len(e.held) == 3 })
	h.want(3, 0, 3)
}

// TestSetNonBlocking: the flag is the process's while it has the sockets, and superd's
// after that.
func TestSetNonBlocking(t *testing.T) {
	h := newSetHouse(t)
	sp := h.spec("/bin/sh", "-c", "read x <&5")
	sp.NonBlock = true
	h.e.Apply([]Change{{ID: "set", Spec: sp}})
	h.come()
	h.await("it has read", func(*Engine) bool { return h.events.count(event.Exit) > 0 })
	if n, _ := unix.IoctlGetInt(h.socks[2].FD(), unix.TIOCINQ); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
	if _, _, blocking := h.state(); blocking != 0 {
		t.Errorf("%d block", blocking)
	}
}

// TestSetOfHolders: processes of an earlier superd have the set as a whole, each of them
// once, and nobody else gets any of it before the last has ended.
func TestSetOfHolders(t *testing.T) {
	h := newSetHouse(t)
	sp := h.spec("/bin/sleep", "1000")
	sp.Holders = map[*activation.Socket][]Holder{}
	var procs []*exec.Cmd
	for range 2 {
		c := exec.Command("/bin/sleep", "1000")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { c.Process.Kill(); c.Wait() }()
		procs = append(procs, c)
	}
	open := func(n int) Holder {
		fd, err := unix.PidfdOpen(procs[n].Process.Pid, 0)
		if err != nil {
			t.Fatal(err)
		}
		return Holder{Pid: procs[n].Process.Pid, Pidfd: fd}
	}
	sp.Holders[h.socks[0]] = []Holder{open(0), open(1)}
	sp.Holders[h.socks[2]] = []Holder{open(0)}
	h.e.Apply([]Change{{ID: "set", Spec: sp}})
	h.come()
	for n, c := range procs {
		h.want(2, 0, 0)
		running := 0
		h.e.call(func(e *Engine) { running = e.services["set"].sessions })
		if running != 1 || h.events.count(event.Start) != 0 {
			t.Errorf("after %d have ended %d are waited for, and %d were started", n, running, h.events.count(event.Start))
		}
		c.Process.Kill()
		c.Wait()
		h.await("its end is known", func(e *Engine) bool {
			i, held := e.held[h.socks[0]]
			return held && int(e.sessions[i].pid) != c.Process.Pid
		})
	}
	h.await("one of ours has all", func(e *Engine) bool { return len(e.held) == 3 && h.events.count(event.Start) == 1 })
}

// TestSetInOrder: a reload that only changes the order changes the numbers of the next
// process's descriptors.
func TestSetInOrder(t *testing.T) {
	h := newSetHouse(t)
	h.e.Apply([]Change{{ID: "set", Spec: h.spec("/bin/true")}})
	sp := h.spec("/bin/true")
	sp.Sockets = []*activation.Socket{h.socks[2], h.socks[0], h.socks[1], h.socks[0]}
	h.e.Apply([]Change{{ID: "set", Spec: sp}})
	h.e.call(func(e *Engine) {
		ls := e.services["set"].listeners
		if len(ls) != 3 || ls[0].sock != h.socks[2] || ls[1].sock != h.socks[0] || ls[2].sock != h.socks[1] {
			t.Errorf("%d listeners in another order", len(ls))
		}
	})
}
