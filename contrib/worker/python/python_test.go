// SPDX-License-Identifier: Apache-2.0

// Package python_test runs programs that use superd_worker.py. The suite of
// ../conformance tests how they speak with superd; this is what their authors
// see.
package python_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"superd/contrib/worker/internal/player"
	"superd/internal/testneed"
)

func start(t *testing.T, program string, s player.Start) *player.Worker {
	t.Helper()
	return startFile(t, s, "testdata/programs.py", program)
}

func startFile(t *testing.T, s player.Start, words ...string) *player.Worker {
	t.Helper()
	testneed.Need(t, "machine:python3")
	s.Command, s.Wait = append([]string{"python3"}, words...), 30*time.Second
	w, err := player.StartWorker(s)
	must(t, err)
	t.Cleanup(w.Close)
	return w
}

func ready(t *testing.T, program string, slots int) *player.Worker {
	t.Helper()
	w := start(t, program, player.Start{})
	must(t, w.Ready(player.Hello{Service: "test", Slots: slots}))
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func tcp(t *testing.T) *player.Pair {
	t.Helper()
	p, err := player.TCP("127.0.0.1")
	must(t, err)
	t.Cleanup(func() { p.Client.Close() })
	p.Client.SetDeadline(time.Now().Add(30 * time.Second))
	return p
}

// receive hands over a connection and gives all that the client gets.
func receive(t *testing.T, w *player.Worker, id int64, p *player.Pair) string {
	t.Helper()
	must(t, w.HandOver(id, p))
	got, err := io.ReadAll(p.Client)
	must(t, err)
	must(t, w.Expect(fmt.Sprintf("done %d", id)))
	return string(got)
}

// host is an address as Python shows a pair of it.
func host(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	return fmt.Sprintf("('%v', %d)", tcp.IP, tcp.Port)
}

func TestFacts(t *testing.T) {
	conf := []string{"greeting Hello, you", "bare", "greeting a=b"}
	const confShown = "[('greeting', 'Hello, you'), ('bare', ''), ('greeting', 'a=b')]"
	w := start(t, "facts", player.Start{Conf: conf})
	must(t, w.Ready(player.Hello{Service: "test", Conf: conf}))
	p := tcp(t)
	want := fmt.Sprintf("[1, 'test', 'tcp', %s, %s, None, None, None, %s]\n", host(p.Client.LocalAddr()), host(p.Client.RemoteAddr()), confShown)
	if got := receive(t, w, 1, p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	path := t.TempDir() + "/a=b"
	p, err := player.Unix(path, false)
	must(t, err)
	want = fmt.Sprintf("[2, 'test', 'unix', None, '%s', %d, %d, %d, %s]\n", path, os.Getuid(), os.Getgid(), os.Getpid(), confShown)
	if got := receive(t, w, 2, p); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFactsOfIPv6(t *testing.T) {
	w := ready(t, "facts", 1)
	for i, c := range []struct{ keys, want string }{
		{"peer=[2001:db8::1]:4711\nlocal=[::1]:79\n", "('2001:db8::1', 4711), ('::1', 79)"},
		{"peer=[fe80::1%eth0]:1\nlocal=[fe80::2%eth0]:65535\n", "('fe80::1%eth0', 1), ('fe80::2%eth0', 65535)"},
	} {
		p := tcp(t)
		must(t, w.Send(fmt.Sprintf("conn\nid=%d\nnetwork=tcp\n%s", i+1, c.keys), p.Server))
		must(t, w.Expect(fmt.Sprintf("taken %d", i+1)))
		p.Close()
		got, err := io.ReadAll(p.Client)
		if err != nil || !strings.Contains(string(got), c.want) {
			t.Errorf("got %q, %v; want %q in it", got, err, c.want)
		}
		must(t, w.Expect(fmt.Sprintf("done %d", i+1)))
	}
}

func TestFactsInALoop(t *testing.T) {
	for _, program := range []string{"facts-async", "facts-loop"} {
		t.Run(program, func(t *testing.T) {
			w := ready(t, program, 2)
			p := tcp(t)
			want := fmt.Sprintf("[7, %s, []]\n", host(p.Client.LocalAddr()))
			if got := receive(t, w, 7, p); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			must(t, w.End())
			must(t, w.ExpectExit("0"))
		})
	}
}

// TestFilesSendAtOnce: a client that waits for each line gets it.
func TestFilesSendAtOnce(t *testing.T) {
	w := ready(t, "lines", 1)
	p := tcp(t)
	must(t, w.HandOver(1, p))
	for _, line := range []string{"one\n", "two\n"} {
		_, err := io.WriteString(p.Client, line)
		must(t, err)
		buf := make([]byte, len(line))
		if _, err := io.ReadFull(p.Client, buf); err != nil || string(buf) != strings.ToUpper(line) {
			t.Fatalf("got %q, %v", buf, err)
		}
	}
	must(t, p.Client.Close())
	must(t, w.Expect("done 1"))
}

func TestExceptionIsLoggedAndTheWorkerGoesOn(t *testing.T) {
	for _, program := range []string{"fails", "fails-threading", "fails-forking", "fails-async"} {
		t.Run(program, func(t *testing.T) {
			slots := 1
			if program != "fails" {
				slots = 2
			}
			w := ready(t, program, slots)
			for id := range int64(2) {
				p := tcp(t)
				must(t, w.HandOver(id+1, p))
				must(t, w.Expect(fmt.Sprintf("done %d", id+1)))
			}
			must(t, w.End())
			must(t, w.ExpectExit("0"))
			for _, want := range []string{"connection 1 of test, from 127.0.0.1 port ", "Traceback", "ValueError: out of cheese", "connection 2 of test"} {
				if !strings.Contains(w.Log(), want) {
					t.Errorf("the log has no %q: %s", want, w.Log())
				}
			}
		})
	}
}

// TestLogWithoutReader: what becomes of the log is not the clients' affair.
func TestLogWithoutReader(t *testing.T) {
	for _, program := range []string{"fails", "fails-threading", "fails-forking", "fails-async"} {
		r, log, err := os.Pipe()
		must(t, err)
		r.Close()
		w := start(t, program, player.Start{Stderr: log})
		log.Close()
		must(t, w.Ready(player.Hello{Service: "test"}))
		for id := range int64(2) {
			must(t, w.HandOver(id+1, tcp(t)))
			if err := w.Expect(fmt.Sprintf("done %d", id+1)); err != nil {
				t.Errorf("%s: %v", program, err)
			}
		}
		must(t, w.End())
		if err := w.ExpectExit("0"); err != nil {
			t.Errorf("%s: %v", program, err)
		}
	}
}

func TestClientThatGoesIsOneLine(t *testing.T) {
	w := ready(t, "hangs-up", 1)
	must(t, w.HandOver(1, tcp(t)))
	must(t, w.Expect("done 1"))
	must(t, w.End())
	must(t, w.ExpectExit("0"))
	if log := w.Log(); strings.Count(log, "\n") != 1 || !strings.HasSuffix(log, ": gone\n") {
		t.Errorf("the log is %q", log)
	}
}

func TestExitEndsTheWorkerAfterDone(t *testing.T) {
	w := ready(t, "leaves", 1)
	if got := receive(t, w, 1, tcp(t)); got != "bye\n" {
		t.Errorf("got %q", got)
	}
	must(t, w.ExpectExit("3"))
}

// TestForks: what a handler does to the program ends with its process, and so
// does a handler that is killed.
func TestForks(t *testing.T) {
	for program, want := range map[string][]string{"counts": {"1\n", "2\n"}, "counts-forking": {"1\n", "1\n"}} {
		w := ready(t, program, 1)
		for i, line := range want {
			if got := receive(t, w, int64(i+1), tcp(t)); got != line {
				t.Errorf("%s: got %q, want %q", program, got, line)
			}
		}
	}
	w := ready(t, "kills-itself", 2)
	for id := range int64(2) {
		p := tcp(t)
		must(t, w.HandOver(id+1, p))
		_, err := io.WriteString(p.Client, "x")
		must(t, err)
		must(t, w.Expect(fmt.Sprintf("done %d", id+1)))
	}
	must(t, w.End())
	must(t, w.ExpectExit("0"))
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		program string
		start   player.Start
		hello   string
		want    string
	}{
		{"facts", player.Start{Version: "unset"}, "", `this program is started by superd with worker = "pass"; SUPERD_WORKER is not set. Try: superd serve`},
		{"facts", player.Start{Version: "٣"}, "", "SUPERD_WORKER is '٣'"},
		{"facts", player.Start{Version: "dequeue"}, "", "periodic work"},
		{"facts", player.Start{}, "hello\nversion=1\nslots=2\n", "the service has slots = 2, and run() serves one connection at a time"},
		{"facts", player.Start{}, "hullo\nversion=1\n", `first message is 'hullo', not "hello"`},
		{"facts", player.Start{}, "hello\nversion=\n", "is not a decimal number"},
		{"facts-async", player.Start{}, "hullo\n", "first message is 'hullo'"},
	} {
		w := start(t, c.program, c.start)
		if c.hello != "" {
			must(t, w.Send(c.hello, nil))
		}
		if err := w.ExpectExit("1"); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if log := w.Log(); !strings.Contains(log, c.want) || strings.Contains(log, "Traceback") {
			t.Errorf("%q: the log is %s", c.want, log)
		}
	}
}

func TestDequeue(t *testing.T) {
	for _, program := range []string{"dequeue", "dequeue-threading", "dequeue-forking", "dequeue-async"} {
		w := start(t, program, player.Start{Version: "dequeue"})
		must(t, w.ExpectExit("0"))
		if w.Log() != "the queue is empty\n" {
			t.Errorf("%s: the log is %q", program, w.Log())
		}
	}
}

func TestGreeting(t *testing.T) {
	w := startFile(t, player.Start{Conf: []string{"greeting Good day"}}, "examples/greeting.py")
	must(t, w.Ready(player.Hello{Service: "test"}))
	if got := receive(t, w, 1, tcp(t)); got != "Good day, 127.0.0.1!\n" {
		t.Errorf("got %q", got)
	}
}

// TestOldPython: the syntax of the file is that of Python 3.9.
func TestOldPython(t *testing.T) {
	testneed.Need(t, "machine:python3")
	const check = "import ast, sys; ast.parse(open('superd_worker.py').read(), feature_version=(3, 9))"
	if out, err := exec.Command("python3", "-c", check).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDescriptor3IsNoChannel: neither a file nor another socket is spoken to.
func TestDescriptor3IsNoChannel(t *testing.T) {
	testneed.Need(t, "machine:python3")
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	p := tcp(t)
	defer p.Close()
	for _, c := range []struct {
		third *os.File
		want  string
	}{
		{w, "cannot use superd's channel, descriptor 3"},
		{p.Server, "descriptor 3 is not superd's channel"},
	} {
		cmd := exec.Command("python3", "testdata/programs.py", "facts")
		cmd.Env = append(os.Environ(), "SUPERD_WORKER=1")
		cmd.ExtraFiles = []*os.File{c.third}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), c.want) {
			t.Errorf("%v: %s; want %q", err, out, c.want)
		}
	}
}
