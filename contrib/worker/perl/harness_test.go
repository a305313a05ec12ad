// SPDX-License-Identifier: Apache-2.0

// Package perl tests the Perl modules: programs that were written for Net::Server
// run under Debian's Net::Server and, with another base class, as superd's workers;
// a client sees the same.
package perl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"superd/contrib/worker/internal/player"
	"superd/internal/peers"
)

const limit = 30 * time.Second

// debianExamples is where Debian's package keeps Net::Server's own examples.
const debianExamples = "/usr/share/doc/libnet-server-perl/examples/"

// world is a root with Debian's Perl and Net::Server, where our modules are at lib.
type world struct {
	*peers.Root
	lib    string
	dir    string // of the test's own, the same inside and outside
	superd string // the program, for tests that start it
}

func newWorld(t *testing.T) *world {
	t.Helper()
	lib, err := filepath.Abs("lib")
	if err != nil {
		t.Fatal(err)
	}
	return &world{Root: peers.New(t, peers.Options{Binds: []string{lib}}), lib: lib, dir: t.TempDir()}
}

// program puts a program into the test's folder, as it stands and with our base
// class in the place of Net::Server's.
func (w *world) program(t *testing.T, file string) (theirs, ours string) {
	t.Helper()
	text, err := w.source(file)
	if err != nil {
		t.Fatal(err)
	}
	base := regexp.MustCompile(`(?m)^(use base qw\()Net::Server(::\w+)?(\);)`)
	found := base.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no base class of Net::Server's", file)
	}
	class := "Superd::NetServer"
	if found[2] == "::Multiplex" {
		class += found[2]
	}
	name := strings.TrimSuffix(filepath.Base(file), ".pl")
	theirs, ours = filepath.Join(w.dir, name+"-theirs.pl"), filepath.Join(w.dir, name+"-ours.pl")
	for path, text := range map[string]string{theirs: text, ours: base.ReplaceAllString(text, "${1}"+class+"${3}")} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return theirs, ours
}

// source reads one of our programs, or one of the root's.
func (w *world) source(file string) (string, error) {
	if filepath.IsAbs(file) {
		return w.ReadFile(file)
	}
	text, err := os.ReadFile(filepath.Join("testdata", file))
	return string(text), err
}

// server is a program that clients can reach.
type server interface {
	// dial gives a new client. What it has is closed with the test.
	dial(t *testing.T) net.Conn
	// log is what the program has written to standard error.
	log() string
	// stop ends the program and waits for its end.
	stop(t *testing.T)
}

// process is a server in the root: a program under Net::Server, or superd.
type process struct {
	w       *world
	network string
	address string
	cmd     *exec.Cmd
	signal  os.Signal // ends it
	errs    lockedBuffer
	ended   chan struct{}
}

const tcpPort = "127.0.0.1:20203"

// listening are the words that have a program of Net::Server's listen there, with one
// child.
var listening = []string{"--port=20203", "--host=127.0.0.1", "--ipv=4", "--max_servers=1"}

// startNetServer starts a program under Net::Server and waits until it listens.
func (w *world) startNetServer(t *testing.T, program string, words ...string) *process {
	t.Helper()
	return w.startProcess(t, "tcp", tcpPort, w.Command("perl", append(append([]string{program}, words...), listening...)...))
}

// startSuperd starts superd with a program that is a worker, one of it, and waits
// until it listens on TCP. The words before "--" are superd's.
func (w *world) startSuperd(t *testing.T, program string, flags []string, words ...string) *process {
	t.Helper()
	return w.startSuperdOn(t, "tcp", tcpPort, program, append([]string{"--port=20203", "--host=127.0.0.1", "--mode=prefork-simple", "--worker=pass", "--max-servers=1"}, flags...), words...)
}

func (w *world) startSuperdOn(t *testing.T, network, address, program string, flags []string, words ...string) *process {
	t.Helper()
	args := append([]string{"serve", "--user=root", "--env=LC_ALL=C"}, flags...)
	args = append(args, "--", "/usr/bin/perl", "-I"+w.lib, program)
	return w.startProcess(t, network, address, w.Command(w.superd, append(args, words...)...))
}

func (w *world) startProcess(t *testing.T, network, address string, cmd *exec.Cmd) *process {
	t.Helper()
	s := &process{w: w, network: network, address: address, cmd: cmd, signal: os.Interrupt, ended: make(chan struct{})}
	cmd.Stderr = &s.errs
	if err := w.Start(cmd); err != nil {
		t.Fatal(err)
	}
	go func() { cmd.Wait(); close(s.ended) }() // ends with the program
	t.Cleanup(func() { s.stop(t) })
	if network == "unix" {
		return s // clients try until it is there
	}
	var port uint16
	if _, text, err := net.SplitHostPort(address); err != nil {
		t.Fatal(err)
	} else if _, err := fmt.Sscan(text, &port); err != nil {
		t.Fatal(err)
	}
	if err := w.WaitListening(network, port, limit); err != nil {
		t.Fatalf("%v; it wrote: %s", err, s.log())
	}
	return s
}

func (s *process) dial(t *testing.T) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) { // the interval of a poll that has an end
		c, err = s.w.Dial(s.network, s.address, limit)
		if err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		t.Fatalf("%v; the server wrote: %s", err, s.log())
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// waitLog waits until a server has written what matches, and gives its first group.
func waitLog(t *testing.T, s server, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) { // the interval of a poll that has an end
		if found := re.FindStringSubmatch(s.log()); found != nil {
			return found[1]
		}
		if time.Now().After(end) {
			t.Fatalf("no %q in: %s", pattern, s.log())
		}
	}
}

func (s *process) log() string { return s.errs.String() }

// stop waits for the end, after which nothing listens.
func (s *process) stop(t *testing.T) {
	t.Helper()
	s.cmd.Process.Signal(s.signal) // it may have ended
	// A child of Net::Server's that is started while its parent ends tries to accept at the
	// closed socket for half a minute, and its parent waits for it: a fault of its own.
	for end := time.Now().Add(limit); !s.endsWithin(100*time.Millisecond) && time.Now().Before(end); {
		if strings.Contains(s.log(), "Accept failed with") {
			s.cmd.Process.Kill()
		}
	}
	if !s.endsWithin(time.Millisecond) {
		t.Errorf("%s did not stop; it wrote: %s", s.cmd.Path, s.log())
		s.cmd.Process.Kill()
	}
}

func (s *process) endsWithin(d time.Duration) bool {
	select {
	case <-s.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// worker is a program that superd's side is played for.
type worker struct {
	*player.Worker
	network string
	slots   int
	next    int64
	held    map[int64]bool
	stopped bool
}

// startWorker starts a program as a worker and waits until it is ready.
func (w *world) startWorker(t *testing.T, slots int, conf []string, program string, words ...string) *worker {
	t.Helper()
	s := w.newWorker(t, player.Start{Conf: conf}, program, words...)
	s.slots = slots
	if err := s.Ready(player.Hello{Service: "test", Slots: slots, Conf: conf}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) newWorker(t *testing.T, start player.Start, program string, words ...string) *worker {
	t.Helper()
	start.Command = append([]string{"/usr/bin/perl", "-I" + w.lib, program}, words...)
	start.Wait = limit
	start.Env = append(start.Env, "PATH=/usr/sbin:/usr/bin", "LC_ALL=C")
	s := &worker{network: "tcp", held: map[int64]bool{}}
	var err error
	w.Do(func() { s.Worker, err = player.StartWorker(start) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (s *worker) dial(t *testing.T) net.Conn {
	t.Helper()
	pair, err := player.TCP("127.0.0.1")
	if s.network == "unix" {
		pair, err = player.Unix(filepath.Join(t.TempDir(), "s"), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pair.Client.Close() })
	s.handOver(t, pair)
	return pair.Client
}

// handOver gives the worker a connection when it has room for it.
func (s *worker) handOver(t *testing.T, pair *player.Pair) {
	t.Helper()
	for len(s.held) >= s.slots {
		s.answer(t)
	}
	s.next++
	if err := s.Send(pair.Message(s.next), pair.Server); err != nil {
		t.Fatal(err)
	}
	for s.answer(t) != fmt.Sprintf("taken %d", s.next) {
	}
	s.held[s.next] = true
	pair.Close()
}

// answer takes the worker's next message.
func (s *worker) answer(t *testing.T) string {
	t.Helper()
	a, err := s.Answer()
	if err != nil {
		t.Fatalf("%v; the worker wrote: %s", err, s.Log())
	}
	if a.Verb == "done" {
		if !s.held[a.ID] {
			t.Fatalf("the worker said %q of a connection that it does not hold", a)
		}
		delete(s.held, a.ID)
	}
	return a.String()
}

// done waits until the worker holds nothing.
func (s *worker) done(t *testing.T) {
	t.Helper()
	for len(s.held) > 0 {
		s.answer(t)
	}
}

func (s *worker) log() string { return s.Log() }

func (s *worker) stop(t *testing.T) {
	t.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	s.done(t)
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	s.exited(t)
}

// exited waits for the worker's end, which must be a good one.
func (s *worker) exited(t *testing.T) {
	t.Helper()
	if a, err := s.Answer(); !errors.Is(err, io.EOF) {
		t.Fatalf("the worker said %q (%v) at its end", a, err)
	}
	if err := s.ExpectExit("0"); err != nil {
		t.Fatal(err)
	}
	s.stopped = true
}

// lockedBuffer is written by exec's goroutine and read by the test's.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
