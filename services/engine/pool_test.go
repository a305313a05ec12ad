// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/limits/admit"
	"superd/services/event"
	"superd/spawn"
)

// TestMain makes the test program its own worker.
func TestMain(m *testing.M) {
	if os.Getenv("SUPERD_WORKER") != "" {
		testWorker(os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testWorker is a worker by contrib/worker/PROTOCOL.md: to each line it answers with
// its pid and the line. What it does otherwise its argument says.
func testWorker(args []string) {
	buf, oob := make([]byte, 65536), make([]byte, 64)
	say := func(format string, a ...any) {
		unix.Sendto(3, fmt.Appendf(nil, format, a...), unix.MSG_NOSIGNAL, nil)
	}
	receive := func() (msg string, fd int) {
		n, oobn, _, _, err := unix.Recvmsg(3, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err != nil || n == 0 {
			os.Exit(0)
		}
		fd = -1
		if msgs, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(msgs) > 0 {
			if fds, err := unix.ParseUnixRights(&msgs[0]); err == nil {
				fd = fds[0]
			}
		}
		return string(buf[:n]), fd
	}
	how := args[0]
	switch how {
	case "accepts-nobody":
		os.Exit(map[string]int{"well": 0, "badly": 1}[args[1]])
	case "closes-all":
		unix.Close(4)
		time.Sleep(time.Hour)
	case "babbles":
		for {
			unix.Write(4, []byte("nobody understands this\n")) // the channel of reports
		}
	case "dies":
		os.Exit(3)
	case "never-reads":
		say("ready\n")
		forever()
	case "answers-first":
		say("done 1\n")
		forever()
	case "junk":
		say("%s", strings.Repeat("x", 65000))
		forever()
	case "closes":
		say("ready\n")
		unix.Close(3)
		forever()
	case "descriptors":
		fds := make([]int, 253)
		for {
			if unix.Sendmsg(3, []byte("ready\n"), unix.UnixRights(fds...), nil, 0) != nil {
				forever()
			}
		}
	}
	receive()
	say("ready\n")
	if how == "ready-and-dies" {
		os.Exit(1)
	}
	for served := 0; ; served++ {
		msg, fd := receive()
		_, id, _ := strings.Cut(msg, "id=")
		id, _, _ = strings.Cut(id, "\n")
		if how == "dies-untaken" || how == "dies-untaken-later" && served > 0 {
			if _, err := os.Stat(args[1]); err != nil {
				os.WriteFile(args[1], nil, 0o600)
				os.Exit(1)
			}
		}
		if how == "poisoned" {
			os.Exit(1)
		}
		if how == "wrong-id" {
			id += "0"
		}
		say("taken %s\n", id)
		f := os.NewFile(uintptr(fd), "client")
		r := bufio.NewReader(f)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			if line == "die\n" {
				os.Exit(9)
			}
			fmt.Fprintf(f, "%d %s", os.Getpid(), line)
		}
		f.Close()
		say("done %s\n", id)
		if how == "leaves" {
			unix.Close(3)
			os.Exit(0)
		}
	}
}

// forever is until somebody kills it; the runtime ends a program whose goroutines all
// wait for one another.
func forever() {
	for {
		unix.Pause()
	}
}

// recorder is a Sink that keeps what it is given.
type recorder struct {
	mu   sync.Mutex
	list []event.Event
}

func (r *recorder) Put(e *event.Event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, *e)
	return true
}

func (r *recorder) count(k event.Kind) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list {
		if r.list[i].Kind == k {
			n++
		}
	}
	return n
}

// house is a running engine with one service.
type house struct {
	*testing.T
	e      *Engine
	events *recorder
	reg    *activation.Registry
	sock   *activation.Socket
	spec   *Spec
	addr   string
}

func newHouse(t *testing.T, p PoolSpec, args ...string) *house {
	t.Helper()
	h := &house{T: t, events: &recorder{}, reg: activation.New(500)}
	var err error
	if h.e, err = New(Options{Sink: h.events, LogFD: 2, HighBase: 500, Global: -1}); err != nil {
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
		if t.Failed() {
			for _, ev := range h.events.list {
				t.Logf("%s pid %d %s %s %s status %d signal %d", ev.Kind, ev.Pid, ev.Reason, ev.Err, ev.Text, ev.Status, ev.Signal)
			}
		}
	})
	at := activation.NewSpec("tcp")
	at.Addr = netip.MustParseAddrPort("127.0.0.1:0")
	if h.sock, err = h.reg.Acquire(at); err != nil {
		t.Fatal(err)
	}
	h.addr = h.sock.LocalAddr().String()
	h.spec = h.newSpec(p, args...)
	h.e.Apply([]Change{{ID: "x", Spec: h.spec}})
	return h
}

func (h *house) newSpec(p PoolSpec, args ...string) *Spec {
	h.Helper()
	self, err := os.Executable()
	if err != nil {
		h.Fatal(err)
	}
	like := spawn.Spec{Path: self, Argv: append([]string{self}, args...), Env: []string{"SUPERD_WORKER=1"}, Umask: -1,
		Bounding: ^uint64(0), Setsid: true, Stdio: spawn.StdioNone, Stderr: spawn.StderrLog, Files: 1}
	if p.Way == Accept {
		like.Stdio, like.Files = spawn.StdioFile, 2
	}
	prog, err := spawn.Compile(like)
	if err != nil {
		h.Fatal(err)
	}
	pol := admit.Unrestricted()
	pol.Queue = true
	return &Spec{ID: "x", Sockets: []*activation.Socket{h.sock}, Policy: &pol, Program: prog, Pool: &p, OwnGroup: true, KillGrace: time.Second,
		LogStderr: true, MaxServersLimit: int64(4 * p.Max), Loud: Loud{Start: true, Exit: true, Refuse: true}}
}

// ask connects, sends a line and gives the answer's pid and text.
func (h *house) ask(line string) (pid int, err error) {
	c, err := h.dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return talk(c, line)
}

func (h *house) dial() (net.Conn, error) {
	c, err := net.Dial("tcp", h.addr)
	if err == nil {
		c.SetDeadline(time.Now().Add(30 * time.Second))
	}
	return c, err
}

func talk(c net.Conn, line string) (pid int, err error) {
	fmt.Fprintf(c, "%s\n", line)
	got, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return 0, err
	}
	number, text, _ := strings.Cut(strings.TrimSuffix(got, "\n"), " ")
	if text != line {
		return 0, fmt.Errorf("got %q", got)
	}
	return strconv.Atoi(number)
}

// pool waits until the pool is as wanted.
func (h *house) pool(what string, ok func(p *PoolStatus) bool) *PoolStatus {
	h.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		p := h.e.Status(true)[0].Pool
		if ok(p) {
			return p
		}
		if time.Now().After(deadline) {
			h.Fatalf("never %s: %+v", what, *p)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func simple(n int) PoolSpec { return PoolSpec{Simple: true, Max: n, MaxRequests: -1, Slots: 1} }

func TestPoolServes(t *testing.T) {
	h := newHouse(t, simple(2), "echo")
	pids := map[int]bool{}
	for i := range 20 {
		pid, err := h.ask(strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		pids[pid] = true
	}
	if len(pids) > 2 {
		t.Errorf("%d workers of 2 have answered", len(pids))
	}
	p := h.pool("idle", func(p *PoolStatus) bool { return p.Idle == 2 && p.Busy == 0 })
	if p.Served != 20 || p.Counts.Started != 2 {
		t.Errorf("%+v", *p)
	}
}

func TestPoolQueuesWhenAllAreBusy(t *testing.T) {
	h := newHouse(t, simple(1), "echo")
	first, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := talk(first, "one"); err != nil {
		t.Fatal(err)
	}
	second, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	h.pool("full", func(p *PoolStatus) bool { return p.Busy == 1 && p.Waiting == 1 })
	first.Close()
	if _, err := talk(second, "two"); err != nil {
		t.Fatal(err)
	}
}

func TestPoolRefusesWhenFull(t *testing.T) {
	h := newHouse(t, simple(1), "echo")
	sp := h.newSpec(simple(1), "echo")
	sp.Policy.Queue = false
	h.e.Apply([]Change{{ID: "x", Spec: sp}})
	first, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := talk(first, "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ask("two"); err == nil {
		t.Error("a second client was served")
	}
	if n := h.events.count(event.Refuse); n != 1 {
		t.Errorf("%d refusals", n)
	}
}

func TestPoolRetiresAfterMaxRequests(t *testing.T) {
	sp := simple(2)
	sp.MaxRequests = 5
	h := newHouse(t, sp, "echo")
	pids := map[int]int{}
	for i := range 40 {
		pid, err := h.ask(strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		pids[pid]++
	}
	for pid, n := range pids {
		if n > 5 {
			t.Errorf("worker %d has served %d", pid, n)
		}
	}
	if p := h.pool("whole", func(p *PoolStatus) bool { return p.Idle == 2 && p.Total == 2 }); p.Counts.Retired < 7 || p.Counts.DiedEarly != 0 {
		t.Errorf("%+v", p.Counts)
	}
}

func TestPoolGrowsAndShrinks(t *testing.T) {
	h := newHouse(t, PoolSpec{Min: 1, Max: 10, MinSpare: 1, MaxSpare: 2, MaxRequests: -1, Slots: 1, CheckForWaiting: 100 * time.Millisecond}, "echo")
	var conns []net.Conn
	for i := range 9 {
		c, err := h.dial()
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := talk(c, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	h.pool("grown", func(p *PoolStatus) bool { return p.Busy == 9 && p.Idle == 1 })
	for _, c := range conns {
		c.Close()
	}
	h.pool("shrunk", func(p *PoolStatus) bool { return p.Busy == 0 && p.Total <= 2 })
}

func TestPoolStartsWhenSomebodyComes(t *testing.T) {
	h := newHouse(t, PoolSpec{Min: 0, Max: 3, MaxSpare: 1, MaxRequests: -1, Slots: 1, CheckForWaiting: time.Second}, "echo")
	if p := h.e.Status(true)[0].Pool; p.Total != 0 {
		t.Fatalf("%d workers before anybody came", p.Total)
	}
	if _, err := h.ask("hello"); err != nil {
		t.Fatal(err)
	}
}

func TestWorkerDiesBeforeItTakes(t *testing.T) {
	mark := t.TempDir() + "/once"
	h := newHouse(t, simple(2), "dies-untaken", mark)
	if _, err := h.ask("hello"); err != nil {
		t.Fatalf("the client paid for a worker's death: %v", err)
	}
	if p := h.e.Status(true)[0].Pool; p.Counts.PassedAgain != 1 || p.Counts.Cut != 0 {
		t.Errorf("%+v", p.Counts)
	}
}

func TestPoisonedClientEnds(t *testing.T) {
	h := newHouse(t, simple(2), "poisoned")
	if _, err := h.ask("hello"); err == nil {
		t.Fatal("served")
	}
	p := h.pool("closed", func(p *PoolStatus) bool { return p.Counts.Cut == 1 })
	if p.Counts.PassedAgain != maxTries-1 {
		t.Errorf("%+v", p.Counts)
	}
}

func TestWorkerDiesWhileItServes(t *testing.T) {
	h := newHouse(t, simple(1), "echo")
	c, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := talk(c, "one"); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(c, "die")
	if _, err := io.ReadAll(c); err != nil {
		t.Logf("the client reads %v", err)
	}
	if _, err := h.ask("two"); err != nil {
		t.Fatalf("the next client: %v", err)
	}
	p := h.pool("whole", func(p *PoolStatus) bool { return p.Idle == 1 })
	if p.Counts.Cut != 1 || p.Counts.Died != 1 {
		t.Errorf("%+v", p.Counts)
	}
}

func TestWorkersThatDieEarlyCostAPause(t *testing.T) {
	h := newHouse(t, simple(1), "dies")
	p := h.pool("paused", func(p *PoolStatus) bool { return p.Failures >= 3 })
	if p.Counts.Started > 4 {
		t.Errorf("%d were started", p.Counts.Started)
	}
	if n := h.events.count(event.WorkerExit); n < 3 {
		t.Errorf("%d ends were told of", n)
	}
}

func TestHostileWorkersAreKilled(t *testing.T) {
	for _, how := range []string{"answers-first", "junk", "closes", "descriptors", "wrong-id"} {
		t.Run(how, func(t *testing.T) {
			h := newHouse(t, simple(1), how)
			if how == "wrong-id" {
				c, err := h.dial()
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			h.pool("killed", func(p *PoolStatus) bool { return p.Counts.Killed >= 1 })
			if n := h.events.count(event.WorkerKill); n < 1 {
				t.Error("nothing was told")
			}
		})
	}
}

func TestReloadReplacesWorkers(t *testing.T) {
	h := newHouse(t, simple(3), "echo")
	old := map[int]bool{}
	busy, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := talk(busy, "x"); err != nil {
		t.Fatal(err)
	} else {
		old[pid] = true
	}
	for _, w := range h.pool("ready", func(p *PoolStatus) bool { return p.Idle == 2 }).Workers {
		old[w.Pid] = true
	}
	h.e.Apply([]Change{{ID: "x", Spec: h.newSpec(simple(3), "echo", "new")}})
	h.pool("new", func(p *PoolStatus) bool {
		for _, w := range p.Workers {
			if old[w.Pid] && w.State != "old" {
				return false
			}
		}
		return p.Idle == 3 && p.Retiring == 1
	})
	if _, err := talk(busy, "still"); err != nil {
		t.Errorf("a client was cut by the reload: %v", err)
	}
	busy.Close()
	h.pool("settled", func(p *PoolStatus) bool { return p.Total == 3 && p.Idle == 3 })
}

func TestReloadToAProgramThatDiesKeepsTheOldOnes(t *testing.T) {
	h := newHouse(t, simple(2), "echo")
	if _, err := h.ask("one"); err != nil {
		t.Fatal(err)
	}
	h.e.Apply([]Change{{ID: "x", Spec: h.newSpec(simple(2), "dies")}})
	h.pool("paused", func(p *PoolStatus) bool { return p.Failures >= 2 })
	for range 5 {
		if _, err := h.ask("two"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestResize(t *testing.T) {
	h := newHouse(t, simple(2), "echo")
	h.pool("ready", func(p *PoolStatus) bool { return p.Idle == 2 })
	h.e.ResizeAll(func(n int64) int64 { return n + 1 })
	h.pool("larger", func(p *PoolStatus) bool { return p.Idle == 3 })
	for range 10 {
		h.e.ResizeAll(func(n int64) int64 { return n + 1 })
	}
	h.pool("at its limit", func(p *PoolStatus) bool { return p.Max == 8 && p.Idle == 8 && p.Configured == 2 })
	h.e.Apply([]Change{{ID: "x", Spec: h.newSpec(simple(2), "echo")}})
	h.pool("kept", func(p *PoolStatus) bool { return p.Max == 8 })
	h.e.Apply([]Change{{ID: "x", Spec: h.newSpec(simple(3), "echo")}})
	h.pool("as configured", func(p *PoolStatus) bool { return p.Max == 3 && p.Total == 3 })
	for range 10 {
		h.e.ResizeAll(func(n int64) int64 { return n - 1 })
	}
	h.pool("one", func(p *PoolStatus) bool { return p.Max == 1 && p.Total == 1 })
}

func TestRequestTimeout(t *testing.T) {
	sp := simple(1)
	sp.RequestTimeout = 200 * time.Millisecond
	h := newHouse(t, sp, "echo")
	c, err := h.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := talk(c, "x"); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(c); len(rest) != 0 {
		t.Errorf("read %q", rest)
	}
	if n := h.events.count(event.Timeout); n != 1 {
		t.Errorf("%d timeouts", n)
	}
}

// TestNothingLeft: after many workers and clients superd has what it had before.
func TestNothingLeft(t *testing.T) {
	sp := simple(4)
	sp.MaxRequests = 3
	h := newHouse(t, sp, "echo")
	h.pool("ready", func(p *PoolStatus) bool { return p.Idle == 4 })
	before := descriptors(t)
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for i := range 25 {
				if _, err := h.ask(strconv.Itoa(k*100 + i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	h.pool("ready", func(p *PoolStatus) bool { return p.Idle == 4 && p.Total == 4 })
	if after := descriptors(t); after != before {
		t.Errorf("descriptors before\n%s\nafter\n%s", before, after)
	}
	h.e.call(func(e *Engine) {
		if n := e.services["x"].gate.Running(); n != 0 {
			t.Errorf("the gate counts %d clients", n)
		}
	})
}

// descriptors is how many there are of each kind.
func descriptors(t *testing.T) string {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, n := range names {
		to, err := os.Readlink("/proc/self/fd/" + n.Name())
		if err != nil {
			continue
		}
		kind, _, _ := strings.Cut(to, ":[")
		kinds[kind]++
	}
	var b bytes.Buffer
	fmt.Fprint(&b, kinds)
	return b.String()
}
