// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/contrib/worker/internal/player"
)

// The test's own program is the worker: what TestMain finds in envProgram says
// what it does. The suite of ../conformance tests the rest.
const envProgram = "WORKER_TEST"

func TestMain(m *testing.M) {
	name, ok := os.LookupEnv(envProgram)
	if !ok {
		os.Exit(m.Run())
	}
	if err := programs()[name](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func programs() map[string]func() error {
	return map[string]func() error{
		"facts": func() error {
			return Run(context.Background(), func(_ context.Context, c *Conn) error {
				_, err := fmt.Fprintf(c, "%d %s %s %v %v %v\n", c.ID, c.Service, c.Network, c.RemoteAddr(), c.LocalAddr(), c.Cred)
				return err
			})
		},
		"fails": func() error {
			return Run(context.Background(), func(_ context.Context, c *Conn) error {
				c.Close() // as a handler may
				return errors.New("out of cheese")
			})
		},
		"panics": func() error {
			return Run(context.Background(), func(context.Context, *Conn) error { panic("at the disco") })
		},
		"stops itself": func() error {
			ctx, stop := signal.NotifyContext(context.Background(), unix.SIGUSR1)
			defer stop()
			return Run(ctx, func(ctx context.Context, c *Conn) error {
				line, err := bufio.NewReader(c).ReadString('\n')
				fmt.Fprintf(c, "%s%v\n", line, ctx.Err())
				return err
			})
		},
		"dequeue": func() error {
			if Dequeue() {
				fmt.Fprintln(os.Stderr, "the queue is empty")
				return nil
			}
			return errors.New("this is no dequeue")
		},
	}
}

func start(t *testing.T, program string, s player.Start) *player.Worker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Command = []string{self}
	s.Env = append(s.Env, envProgram+"="+program)
	w, err := player.StartWorker(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// handOver gives a ready worker a connection of TCP, and returns the client's end.
func handOver(t *testing.T, w *player.Worker, id int64) io.ReadWriter {
	t.Helper()
	p, err := player.TCP("127.0.0.1")
	must(t, err)
	t.Cleanup(func() { p.Client.Close() })
	p.Client.SetDeadline(time.Now().Add(30 * time.Second))
	must(t, w.HandOver(id, p))
	return p.Client
}

func TestFacts(t *testing.T) {
	w := start(t, "facts", player.Start{})
	must(t, w.Ready(player.Hello{Service: "test"}))
	tcp, err := player.TCP("127.0.0.1")
	must(t, err)
	path := t.TempDir() + "/s"
	local, err := player.Unix(path, false)
	must(t, err)
	for i, c := range []struct {
		p    *player.Pair
		want string
	}{
		{tcp, fmt.Sprintf("1 test tcp %v %v <nil>\n", tcp.Client.LocalAddr(), tcp.Client.RemoteAddr())},
		{local, fmt.Sprintf("2 test unix  %s &{%d %d %d}\n", path, os.Getuid(), os.Getgid(), os.Getpid())},
	} {
		must(t, w.HandOver(int64(i+1), c.p))
		got, err := io.ReadAll(c.p.Client)
		if err != nil || string(got) != c.want {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
		c.p.Client.Close()
		must(t, w.Expect(fmt.Sprintf("done %d", i+1)))
	}
}

func TestHandlersErrorIsLoggedAndTheWorkerGoesOn(t *testing.T) {
	w := start(t, "fails", player.Start{})
	must(t, w.Ready(player.Hello{Service: "test", Slots: 2}))
	handOver(t, w, 1)
	must(t, w.Expect("done 1"))
	handOver(t, w, 2)
	must(t, w.Expect("done 2"))
	must(t, w.End())
	must(t, w.ExpectExit("0"))
	for _, want := range []string{"connection 1 of test, from 127.0.0.1:", ": out of cheese\n", "connection 2 of test"} {
		if !strings.Contains(w.Log(), want) {
			t.Errorf("the log has no %q: %q", want, w.Log())
		}
	}
}

// TestLogWithoutReader: what becomes of the log is not the clients' affair.
func TestLogWithoutReader(t *testing.T) {
	r, log, err := os.Pipe()
	must(t, err)
	r.Close()
	defer log.Close()
	w := start(t, "fails", player.Start{Stderr: log})
	must(t, w.Ready(player.Hello{Service: "test"}))
	for id := range int64(2) {
		handOver(t, w, id+1)
		must(t, w.Expect(fmt.Sprintf("done %d", id+1)))
	}
	must(t, w.End())
	must(t, w.ExpectExit("0"))
}

func TestPanicEndsTheWorker(t *testing.T) {
	w := start(t, "panics", player.Start{})
	must(t, w.Ready(player.Hello{Service: "test"}))
	handOver(t, w, 1)
	if status, err := w.Exit(); err != nil || status == "0" || !strings.Contains(w.Log(), "at the disco") {
		t.Errorf("status %q, %v: %q", status, err, w.Log())
	}
}

func TestContextEndsTheWorkerWhenAllIsServed(t *testing.T) {
	w := start(t, "stops itself", player.Start{})
	must(t, w.Ready(player.Hello{Service: "test", Slots: 2}))
	c := handOver(t, w, 1)
	must(t, w.Signal(unix.SIGUSR1))
	_, err := io.WriteString(c, "line\n")
	must(t, err)
	got, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(got), "line\n") {
		t.Errorf("the client got %q, %v", got, err)
	}
	must(t, w.Expect("done 1"))
	must(t, w.ExpectExit("1"))
	if !strings.Contains(w.Log(), context.Canceled.Error()) {
		t.Errorf("the log is %q", w.Log())
	}
}

func TestNotAWorker(t *testing.T) {
	for _, c := range []struct{ program, version, status, log string }{
		{"facts", "unset", "1", `this program is started by superd with worker = "pass"; SUPERD_WORKER is not set. Try: superd serve`},
		{"facts", "dequeue", "1", "periodic work"},
		{"dequeue", "dequeue", "0", "the queue is empty"},
		{"dequeue", "1", "1", "this is no dequeue"},
	} {
		w := start(t, c.program, player.Start{Version: c.version})
		if err := w.ExpectExit(c.status); err != nil || !strings.Contains(w.Log(), c.log) {
			t.Errorf("%+v: %v: %q", c, err, w.Log())
		}
	}
}

func TestDescriptor3IsNoChannel(t *testing.T) {
	r, wr, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer wr.Close()
	if ch, err := openChannel(int(r.Fd())); err == nil || !strings.Contains(err.Error(), "is not superd's channel") {
		t.Errorf("a pipe is taken: %v, %v", ch, err)
	}
	if _, err := unix.FcntlInt(r.Fd(), unix.F_GETFD, 0); err != nil {
		t.Errorf("somebody else's descriptor was closed: %v", err)
	}
}

// TestReports: lines of several connections are whole.
func TestReports(t *testing.T) {
	var log strings.Builder
	s := &session{log: &log}
	c := &Conn{ID: 5, Service: "x", Network: "unix", Cred: &Cred{UID: 7}}
	s.report(c, io.ErrUnexpectedEOF)
	if want := "connection 5 of x, from uid 7: unexpected EOF\n"; log.String() != want {
		t.Errorf("got %q, want %q", &log, want)
	}
}
