// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is a Server of a test's.
type served struct {
	*Server
	path string
	hub  Hub
	told atomic.Int32 // of Audit
}

// serve starts a Server that knows "status" (read), "reload" (operate) and "pool"
// (operate, takes a service).
func serve(t *testing.T, change func(o *Options)) *served {
	t.Helper()
	dir, err := os.MkdirTemp("", "control")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	s := &served{path: filepath.Join(dir, "s")}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: s.path})
	}
	if err == nil {
		err = unix.Listen(fd, 128)
	}
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(s.path, 0o666)
	opt := Options{Socket: fd, HighBase: 100, UID: os.Getuid(), Hub: &s.hub,
		Audit: func(Caller, *Request) { s.told.Add(1) },
		Actions: map[string]Action{
			DoStatus: {Level: Read, Takes: []string{"brief"}, Do: func(context.Context, Caller, *Request) (any, error) {
				return Status{Version: StatusVersion, Pid: 7}, nil
			}},
			DoReload: {Level: Operate, Do: func(context.Context, Caller, *Request) (any, error) { return nil, errors.New("in vain") }},
			DoPool: {Level: Operate, Takes: []string{"service", "servers"}, Do: func(_ context.Context, c Caller, r *Request) (any, error) {
				return nil, Errorf(NotFound, "no service %q", r.Service)
			}},
		}}
	if change != nil {
		change(&opt)
	}
	s.Server, err = Serve(opt)
	unix.Close(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (s *served) dial(t *testing.T) *Client {
	t.Helper()
	c, err := Dial(s.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// raw is a client that says what it likes.
func (s *served) raw(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func code(err error) Code {
	e, _ := errors.AsType[*Error](err)
	if e == nil {
		return ""
	}
	return e.Code
}

const patience = 20 * time.Second

func TestCall(t *testing.T) {
	s := serve(t, nil)
	c := s.dial(t)
	for range 3 { // one connection, several requests
		var st Status
		if err := c.Call(Request{Do: DoStatus, Brief: true}, &st, patience); err != nil || st.Pid != 7 {
			t.Fatalf("status: %+v, %v", st, err)
		}
	}
	for _, x := range []struct {
		r    Request
		code Code
		text string
	}{
		{Request{Do: DoReload}, Failed, "in vain"},
		{Request{Do: DoPool, Service: "x"}, NotFound, `no service "x"`},
		{Request{Do: "nonsense"}, BadRequest, `there is no request "nonsense"`},
		{Request{Do: DoReload, Service: "x"}, BadRequest, `"reload" has no use for "service"`},
	} {
		err := c.Call(x.r, nil, patience)
		if code(err) != x.code || err.Error() != x.text {
			t.Errorf("%+v: %v (%s), want %s (%s)", x.r, err, code(err), x.text, x.code)
		}
	}
	if n := s.told.Load(); n != 2 { // what was not done is not told of
		t.Errorf("%d requests were told of, want 2", n)
	}
}

// TestNotOfThisProtocol: an error in words, and the connection's end.
func TestNotOfThisProtocol(t *testing.T) {
	s := serve(t, nil)
	for line, want := range map[string]string{
		"\n":                                        "not a request",
		"GET / HTTP/1.0\r\n":                        "not a request",
		"null\n":                                    "version 0",
		"[]\n":                                      "not a request",
		`{"do":"status"}` + "\n":                    "version 0",
		`{"v":2,"do":"later"}` + "\n":               "version 2 of the protocol is not spoken here",
		`{"v":1,"do":"status","x":1}` + "\n":        "unknown field",
		`{"v":1,"do":"status"} {}` + "\n":           "not a request",
		`{"v":1,"do":7}` + "\n":                     "not a request",
		strings.Repeat("[", 4000) + "\n":            "not a request",
		strings.Repeat("x", maxRequest+1):           "at most 4096 bytes",
		strings.Repeat("x", maxRequest) + "\n" + "": "at most 4096 bytes",
	} {
		c := s.raw(t)
		fmt.Fprint(c, line)
		got, err := io.ReadAll(c)
		var a Answer
		if err != nil && !errors.Is(err, unix.ECONNRESET) || json.Unmarshal(bytes.TrimSpace(got), &a) != nil || a.Error == nil ||
			a.Error.Code != BadRequest || !strings.Contains(a.Error.Message, want) {
			t.Errorf("%.40q: %q, %v, want %q", line, got, err, want)
		}
	}
}

// TestHostile: whatever clients do, another one is answered.
func TestHostile(t *testing.T) {
	s := serve(t, func(o *Options) {
		large := json.RawMessage(`"` + strings.Repeat("x", 8<<20) + `"`)
		o.Actions["large"] = Action{Do: func(context.Context, Caller, *Request) (any, error) { return large, nil }}
	})
	var wg sync.WaitGroup
	for range 8 {
		never := s.raw(t) // asks and never reads
		fmt.Fprintln(never, `{"v":1,"do":"large"}`)
		half := s.raw(t)
		fmt.Fprint(half, `{"v":1,"do":"st`)
		s.raw(t) // says nothing
		flood := s.raw(t)
		wg.Go(func() {
			junk := bytes.Repeat([]byte("x"), 10<<20)
			_, _ = flood.Write(junk)
		})
		many := s.raw(t) // sends faster than it reads
		wg.Go(func() {
			many.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = io.WriteString(many, strings.Repeat(`{"v":1,"do":"status"}`+"\n", 1<<16))
		})
		reset := s.raw(t)
		fmt.Fprintln(reset, `{"v":1,"do":"large"}`)
		reset.Close()
	}
	if err := s.dial(t).Call(Request{Do: DoStatus}, nil, patience); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// TestManyConnections: those above the number are told so, and whoever goes makes
// room.
func TestManyConnections(t *testing.T) {
	s := serve(t, nil)
	var all []*Client
	busy := 0
	for range 1000 {
		c, err := Dial(s.path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if len(all) < maxConns {
			if err := c.Call(Request{Do: DoStatus}, nil, patience); err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
			continue
		}
		if err := c.Call(Request{Do: DoStatus}, nil, patience); code(err) != Busy {
			t.Fatalf("%v, want busy", err)
		}
		busy++
	}
	all[0].Close()
	for deadline := time.Now().Add(patience); ; {
		err := s.dial(t).Call(Request{Do: DoStatus}, nil, patience)
		if err == nil {
			break
		}
		if code(err) != Busy || time.Now().After(deadline) {
			t.Fatalf("after one has gone: %v", err)
		}
	}
	if busy != 1000-maxConns {
		t.Errorf("%d were turned away", busy)
	}
}

// TestLevels: who may do what is by the kernel's word.
func TestLevels(t *testing.T) {
	s := serve(t, func(o *Options) { o.UID = os.Getuid() + 1000 })
	c := s.dial(t)
	if err := c.Call(Request{Do: DoStatus}, nil, patience); err != nil {
		t.Errorf("status: %v", err)
	}
	want := Code(Denied)
	if os.Getuid() == 0 {
		want = Failed // root may, whoever superd is
	}
	if err := c.Call(Request{Do: DoReload}, nil, patience); code(err) != want {
		t.Errorf("reload: %v, want %s", err, want)
	}
}

// TestReaders: another user may read and no more, and keeps nobody out.
func TestReaders(t *testing.T) {
	testneed.Need(t, "root")
	s := serve(t, nil)
	asUser(t, 65534, func() {
		var mine []*Client
		for i := range 2 * maxReadersUID {
			c, err := Dial(s.path)
			if err != nil {
				t.Error(err)
				return
			}
			mine = append(mine, c)
			err = c.Call(Request{Do: DoStatus}, nil, patience)
			if i < maxReadersUID && err != nil || i >= maxReadersUID && code(err) != Busy {
				t.Errorf("connection %d: %v", i, err)
			}
		}
		if err := mine[0].Call(Request{Do: DoReload}, nil, patience); code(err) != Denied {
			t.Errorf("reload: %v", err)
		}
		if err := s.dial(t).Call(Request{Do: DoStatus}, nil, patience); code(err) != Busy {
			t.Errorf("one too many: %v", err)
		}
		for _, c := range mine {
			defer c.Close()
		}
	})
	if err := s.dial(t).Call(Request{Do: DoReload}, nil, patience); code(err) != Failed {
		t.Errorf("root: %v", err)
	}
}

func TestEvents(t *testing.T) {
	s := serve(t, nil)
	all, one := s.dial(t), s.dial(t)
	if s.hub.Followed() {
		t.Fatal("somebody follows already")
	}
	for c, service := range map[*Client]string{all: "", one: "one"} {
		if err := c.Call(Request{Do: DoEvents, Service: service}, nil, patience); err != nil {
			t.Fatal(err)
		}
	}
	if !s.hub.Followed() {
		t.Fatal("nobody follows")
	}
	s.hub.Publish("two", []byte(`{"n":1}`+"\n"))
	s.hub.Publish("one", []byte(`{"n":2}`))
	for _, x := range []struct {
		c    *Client
		want string
	}{{all, `{"n":1}`}, {all, `{"n":2}`}, {one, `{"n":2}`}} {
		a, err := x.c.Next()
		if err != nil || string(a.Event) != x.want {
			t.Fatalf("%+v, %v, want %s", a, err, x.want)
		}
	}
	all.Close()
	one.Close()
	for deadline := time.Now().Add(patience); s.hub.Followed(); {
		if time.Now().After(deadline) {
			t.Fatal("followers that have gone are still there")
		}
		s.hub.Publish("one", []byte(`{}`))
	}
}

// TestSlowFollower: it loses events and is told how many; nobody waits for it.
func TestSlowFollower(t *testing.T) {
	s := serve(t, nil)
	slow := s.dial(t)
	if err := slow.Call(Request{Do: DoEvents}, nil, patience); err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	line := []byte(`{"text":"` + strings.Repeat("x", 100) + `"}`)
	for range n {
		s.hub.Publish("", line)
	}
	got, dropped := int64(0), int64(0)
	for got+dropped < n {
		a, err := slow.Next()
		if err != nil {
			t.Fatal(err)
		}
		if dropped += a.Dropped; a.Event != nil {
			got++
		}
	}
	if got+dropped != n || dropped == 0 || got == 0 {
		t.Errorf("%d events and %d dropped, of %d", got, dropped, n)
	}
}

// TestClose ends clients in whatever state they are.
func TestClose(t *testing.T) {
	begun := make(chan struct{})
	s := serve(t, func(o *Options) {
		o.Actions[DoReload] = Action{Level: Operate, Do: func(ctx context.Context, _ Caller, _ *Request) (any, error) {
			close(begun)
			<-ctx.Done()
			return nil, errStopping()
		}}
	})
	idle, events, busy := s.dial(t), s.dial(t), s.dial(t)
	if err := events.Call(Request{Do: DoEvents}, nil, patience); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- busy.Call(Request{Do: DoReload}, nil, patience) }()
	<-begun
	s.Server.Close()
	if err := <-ended; code(err) != Stopping { // the answer still came
		t.Errorf("the request in progress: %v", err)
	}
	for _, c := range []*Client{idle, events} {
		if _, err := c.Next(); err != io.EOF {
			t.Errorf("%v, want EOF", err)
		}
	}
	if _, err := Dial(s.path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("%v, want not running", err)
	}
}

func TestDial(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{filepath.Join(dir, "none"): ErrNotRunning, file: ErrNotRunning, file + "/below": ErrNotRunning} {
		if _, err := Dial(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	if _, err := Dial("/" + strings.Repeat("x", 200)); err == nil || !strings.Contains(err.Error(), "107 bytes") {
		t.Errorf("a long path: %v", err)
	}
}

// FuzzParse: no bytes of a client's do anything but give a request or an error.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"v":1,"do":"status"}`, `{"v":1,"do":"stop","drain":1e9}`, `{"v":1,"do":"kill","session":"1.2"}`, `{"v":1}{}`, `{`, "\x00", `{"v":1,"do":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, problem := parse(line)
		if (r == nil) == (problem == nil) {
			t.Fatalf("%q: %v, %v", line, r, problem)
		}
		if r != nil && r.Version != Version {
			t.Fatalf("%q: version %d", line, r.Version)
		}
		if !json.Valid(answerLine(nil, Errorf(BadRequest, "%s", line))) {
			t.Fatalf("%q: the answer is no JSON", line)
		}
	})
}
