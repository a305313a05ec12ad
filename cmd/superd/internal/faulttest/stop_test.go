// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stubborn is a service whose handler says that it is there and ignores TERM, on
// a unix socket.
const stubborn = `[daemon]
log_level = 3
stop_timeout = 1
dump_file = "$DIR/dump.json"
%s
[defaults]
user = "nobody"
[services.stubborn]
port = "$DIR/stubborn.sock|unix"
exec = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
[services.cat]
port = "$DIR/cat.sock|unix"
exec = ["/bin/cat"]
`

// startStubborn starts it with one client.
func startStubborn(t *testing.T, more string) (*super, net.Conn) {
	t.Helper()
	s := start(t, with{}, fmt.Sprintf(stubborn, more))
	c := dial(t, "unix", s.path("stubborn.sock"))
	expect(t, c, "ready\n")
	return s, c
}

// gone asserts that superd has ended well, soon, and left nothing.
func (s *super) gone(limit time.Duration) {
	s.t.Helper()
	if code := s.waitEnd(limit); code != 0 {
		s.t.Errorf("superd ended with %d", code)
	}
	if left, _ := filepath.Glob(s.path("*.sock")); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
}

// TERM and INT end superd within stop_timeout, whatever its handlers do.
func TestTerm(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGINT} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			s, c := startStubborn(t, "")
			s.signal(sig)
			s.until("no new clients", func() bool {
				_, err := os.Stat(s.path("cat.sock"))
				return err != nil
			})
			if got := readAll(t, c); got != "" { // KILL closes it
				t.Errorf("read %q", got)
			}
			s.gone(5 * time.Second)
		})
	}
}

// QUIT waits for handlers; a second signal, or drain_timeout, cuts that short.
func TestQuit(t *testing.T) {
	for _, second := range []syscall.Signal{0, unix.SIGQUIT, unix.SIGTERM, unix.SIGINT} {
		t.Run("then "+unix.SignalName(second), func(t *testing.T) {
			more := ""
			if second == 0 {
				more = "drain_timeout = 1"
			}
			s, c := startStubborn(t, more)
			cat := dial(t, "unix", s.path("cat.sock"))
			fmt.Fprintln(cat, "before")
			expect(t, cat, "before\n")
			s.signal(unix.SIGQUIT)
			s.until("no new clients", func() bool {
				_, err := os.Stat(s.path("cat.sock"))
				return err != nil
			})
			fmt.Fprintln(cat, "still served")
			expect(t, cat, "still served\n")
			if second != 0 {
				s.signal(second)
			}
			readAll(t, cat)
			readAll(t, c)
			s.gone(5 * time.Second)
		})
	}
}

// TERM ends a superd whose handlers hang in their exec, and one that is out of
// descriptors.
func TestTermInTrouble(t *testing.T) {
	t.Run("exec hangs", func(t *testing.T) {
		s, _, ill := beside(t, with{}, `exec = ["$DIR/program"]`)
		text, err := os.ReadFile("/bin/cat")
		if err != nil {
			t.Fatal(err)
		}
		defer lease(t, s.write("program", string(text), 0o755))()
		os.Chmod(s.path("program"), 0o755)
		for range 20 {
			dial(t, "tcp", ill)
		}
		s.until("eight that hang", func() bool { return len(children(s.pid)) >= 8 })
		s.signal(unix.SIGTERM)
		s.gone(5 * time.Second)
	})
	t.Run("out of descriptors", func(t *testing.T) {
		s, _, ill := beside(t, with{wrap: []string{"nofile=64"}}, `exec = ["/bin/cat"]`)
		for range 100 {
			dial(t, "tcp", ill)
		}
		s.waitLog(`event=pause`)
		s.signal(unix.SIGTERM)
		s.gone(5 * time.Second)
	})
}

// A handler that superd may not kill must not keep superd: one that is setuid,
// while superd is not root.
func TestTermNotAllowed(t *testing.T) {
	s := start(t, with{wrap: []string{fmt.Sprintf("uid=%d", alone)}}, `[daemon]
stop_timeout = 1
[services.root]
port = "@superd-faulttest-setuid|unix"
exec = ["$BIN/setuid", "root"]
`)
	text, err := os.ReadFile(filepath.Join(bin, "superd"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(bin, "setuid")
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(name)
	if err := os.Chmod(name, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	expect(t, dial(t, "unix", "@superd-faulttest-setuid"), "ready\n")
	left := children(s.pid)
	s.signal(unix.SIGTERM)
	if code := s.waitEnd(5 * time.Second); code != 0 {
		t.Errorf("superd ended with %d", code)
	}
	for _, pid := range left { // superd's child no more: init's
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// USR1 writes a dump that a program can read, into a file of superd's own: one
// that was planted under its name is not written to.
func TestDump(t *testing.T) {
	s, _ := startStubborn(t, "")
	precious := s.write("precious", "precious\n", 0o600)
	if err := os.Symlink(precious, s.path("dump.json")); err != nil {
		t.Fatal(err)
	}
	s.signal(unix.SIGUSR1)
	s.until("the link to be replaced", func() bool {
		fi, err := os.Lstat(s.path("dump.json"))
		return err == nil && fi.Mode().IsRegular()
	})
	if text, _ := os.ReadFile(precious); string(text) != "precious\n" {
		t.Errorf("the planted link was followed: %q", text)
	}
	fi, err := os.Stat(s.path("dump.json"))
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	var doc struct {
		Version, Pid int
		Services     []struct {
			ID       string
			Running  int
			Sessions []struct{ Pid int }
		}
	}
	text, err := os.ReadFile(s.path("dump.json"))
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil || doc.Version != 1 || doc.Pid != s.pid || len(doc.Services) != 2 {
		t.Fatalf("%v\n%s", err, text)
	}
	if x := doc.Services[1]; x.ID != "stubborn" || x.Running != 1 || len(x.Sessions) != 1 || x.Sessions[0].Pid != children(s.pid)[0] {
		t.Errorf("%+v", x)
	}
	if left, _ := filepath.Glob(s.path(".dump*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Signals without a meaning have no effect.
func TestSignalsIgnored(t *testing.T) {
	s, c := startStubborn(t, "")
	for _, sig := range []syscall.Signal{unix.SIGTTIN, unix.SIGTTOU, unix.SIGUSR2, unix.SIGWINCH, unix.SIGALRM, unix.SIGPIPE,
		unix.SIGCHLD, unix.SIGURG, unix.SIGIO, unix.SIGVTALRM, unix.SIGPROF, unix.SIGCONT, unix.SIGPWR} {
		s.signal(sig)
		cat := dial(t, "unix", s.path("cat.sock"))
		fmt.Fprintln(cat, sig)
		expect(t, cat, fmt.Sprintln(sig))
		cat.Close()
	}
	if s.ended() {
		t.Fatalf("superd has ended: %v", s.err)
	}
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); err == io.EOF {
		t.Error("the handler has ended")
	}
}

// A crash leaves its trace where superd's messages go.
func TestCrashTrace(t *testing.T) {
	s, _ := startStubborn(t, "")
	s.signal(unix.SIGABRT)
	<-s.done
	if s.count(`SIGABRT: abort`) == 0 || s.count(`^goroutine 1 `) == 0 {
		t.Errorf("no trace: %s", s.text())
	}
}
