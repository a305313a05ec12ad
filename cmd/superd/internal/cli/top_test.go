// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/services/config"
	"superd/services/event/control"
)

// screenful is what a terminal has been sent.
type screenful struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screenful) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// pseudoTerminal gives both ends of a terminal of 80x24.
func pseudoTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		testneed.Missing(t, "a terminal for top: "+err.Error())
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close(); master.Close() })
	return master, slave
}

// askable serves a state that never changes.
func askable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "top")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "c")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	}
	if err == nil {
		err = unix.Listen(fd, 8)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	s, err := control.Serve(control.Options{Socket: fd, HighBase: 64, UID: os.Getuid(), Hub: &control.Hub{}, Actions: map[string]control.Action{
		control.DoStatus: {Takes: []string{"brief", "service"}, Do: func(context.Context, control.Caller, *control.Request) (any, error) {
			return control.Status{Version: 1, Pid: 7, Started: time.Now(), Time: time.Now(), Services: []control.Service{
				{ID: "finger", State: control.Serving, Mode: "inet"}, {ID: "wrong", State: control.Unbound, Mode: "inet"}}}, nil
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return path
}

// TestTopOnATerminal: it draws, follows another size, ends with q, gives the terminal
// back as it was, and sends none more than it can take.
func TestTopOnATerminal(t *testing.T) {
	path := askable(t)
	for term, c := range map[string]struct {
		noColor         bool
		another, colour bool // the other screen, and colours, are used
	}{
		"xterm": {another: true, colour: true}, "xterm-256color": {noColor: true, another: true}, "vt100": {},
	} {
		t.Run(term, func(t *testing.T) {
			master, slave := pseudoTerminal(t)
			test, err := unix.Open(slave.Name(), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(test)
			var shown screenful
			go func() { // ends with the terminal
				var buf [4096]byte
				for {
					n, err := master.Read(buf[:])
					if err != nil {
						return
					}
					shown.mu.Lock()
					shown.buf.Write(buf[:n])
					shown.mu.Unlock()
				}
			}()
			before, err := unix.IoctlGetTermios(test, unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			env := []string{"TERM=" + term}
			if c.noColor {
				env = append(env, "NO_COLOR=")
			}
			var stderr bytes.Buffer
			inv := &invocation{env: env, stdin: slave, stdout: slave, stderr: &stderr}
			inv.host = func() *config.Host { return inv.osHost() }
			ended := make(chan int)
			go func() { ended <- inv.run([]string{"superd", "top", "--every", "100ms", "--control", path}) }()
			await := func(what string) {
				t.Helper()
				for deadline := time.Now().Add(20 * time.Second); !strings.Contains(shown.text(), what); time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						text := shown.text()
						t.Fatalf("never showed %q: %q, %q", what, text[max(0, len(text)-2000):], stderr.String())
					}
				}
			}
			await("finger")
			if err := unix.IoctlSetWinsize(test, unix.TIOCSWINSZ, &unix.Winsize{Row: 7, Col: 30}); err != nil {
				t.Fatal(err)
			}
			await("\r\n2 services (1 in error), 0 ha+\r\n") // cut at 30
			master.WriteString("/f\rq")
			if code := <-ended; code != ExitDone {
				t.Errorf("exit %d, %q", code, stderr.String())
			}
			after, err := unix.IoctlGetTermios(test, unix.TCGETS)
			if err != nil || *after != *before {
				t.Errorf("the terminal is not as it was: %+v, %v", after, err)
			}
			if got := strings.Contains(shown.text(), "\x1b[?1049h"); got != c.another {
				t.Errorf("another screen: %v", got)
			}
			if got := strings.Contains(shown.text(), "\x1b[31m"); got != c.colour {
				t.Errorf("colours: %v", got)
			}
		})
	}
}
