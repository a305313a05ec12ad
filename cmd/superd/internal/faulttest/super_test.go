// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"superd/internal/testneed"
)

// patience is how long a test waits for what must come; a machine under load
// must make no test fail.
const patience = 30 * time.Second

// super is a running superd.
type super struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	pid  int
	done chan struct{}
	err  error // of Wait, once done is closed
	log  string
}

// with is what a superd is started with beside its configuration.
type with struct {
	wrap   []string // changes before it starts: see wrap
	env    []string
	stderr *os.File // its standard error; nil: a file that log reads
	flags  uintptr  // namespaces
	log    string   // where [daemon] puts the log; "": stderr
}

// folder makes a folder of the test's own that everybody can enter.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// start starts a superd that is ended with the test, and waits until it has
// opened its sockets. In conf $DIR is the test's folder and $BIN that of its
// programs.
func start(t *testing.T, w with, conf string) *super {
	t.Helper()
	testneed.Need(t, "root")
	s := &super{t: t, dir: folder(t), done: make(chan struct{})}
	s.log = filepath.Join(s.dir, "stderr")
	s.configure(conf)
	args := append(append([]string{"faulty", "wrap"}, w.wrap...), "superd", "run", "-c", s.path("superd.toml"))
	s.cmd = &exec.Cmd{Path: filepath.Join(bin, "faulty"), Args: args, Dir: "/", Env: append(os.Environ(), w.env...)}
	s.cmd.Args[0] = s.cmd.Path
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: w.flags}
	s.cmd.Stderr = w.stderr
	if w.stderr == nil {
		f, err := os.OpenFile(s.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s.cmd.Stderr = f
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = s.cmd.Process.Pid
	if w.log != "" { // maybe in a mount namespace that only superd sees
		s.log = fmt.Sprintf("/proc/%d/root%s", s.pid, strings.ReplaceAll(w.log, "$DIR", s.dir))
	}
	go func() { s.err = s.cmd.Wait(); close(s.done) }()
	t.Cleanup(s.end)
	if w.stderr == nil {
		s.waitLog(`superd has started`)
	}
	return s
}

func (s *super) path(name string) string { return filepath.Join(s.dir, name) }

// configure writes superd's configuration anew. The control socket has the same path for
// every superd of the machine: none of these is to have it, and what belongs to it.
func (s *super) configure(conf string) {
	s.t.Helper()
	daemon := "[daemon]\ncontrol = \"none\"\n"
	if rest, ok := strings.CutPrefix(conf, "[daemon]\n"); ok {
		conf = daemon + rest
	} else {
		conf = daemon + conf
	}
	conf = strings.NewReplacer("$DIR", s.dir, "$BIN", bin).Replace(conf)
	tmp := s.path("superd.toml.new")
	if err := os.WriteFile(tmp, []byte(conf), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(tmp, s.path("superd.toml")); err != nil {
		s.t.Fatal(err)
	}
}

// routine is what a test that failed need not show: of thousands of clients those who
// fared well.
var routine = regexp.MustCompile(`(?m)^.*(event=(reload|listening|closed|start) |event=exit .* status=0|SIGUSR1|state written).*\n`)

// end kills superd and all that it started, and shows the log of a test that
// failed. Of one that has ended the number may be another process's: with a thousand
// starts a second they are given out anew every half minute.
func (s *super) end() {
	if !s.ended() {
		syscall.Kill(s.pid, syscall.SIGSTOP) // a pool would replace those that are killed while the list is made
		for _, pid := range append(descendants(s.pid), s.pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	<-s.done
	if s.t.Failed() {
		// Reloads say much, and what went wrong is seldom in the last of them.
		text := routine.ReplaceAllString(s.text(), "")
		s.t.Logf("superd said, less the lines of reloads:\n%s", text[max(0, len(text)-8000):])
	}
}

func (s *super) text() string {
	b, err := os.ReadFile(s.log)
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(b)
}

// count says how often a pattern is in the log.
func (s *super) count(pattern string) int {
	return len(regexp.MustCompile("(?m)"+pattern).FindAllString(s.text(), -1))
}

func (s *super) waitLog(pattern string) {
	s.t.Helper()
	s.waitCount(pattern, 1)
}

// waitCount waits until a pattern is at least n times in the log.
func (s *super) waitCount(pattern string, n int) {
	s.t.Helper()
	s.until("the log to say "+pattern, func() bool { return s.count(pattern) >= n })
}

// until waits for a condition, as long as superd lives.
func (s *super) until(what string, cond func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !cond(); {
		if s.ended() && !cond() {
			s.t.Fatalf("superd has ended (%v) while the test waited for %s", s.err, what)
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (s *super) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *super) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.pid, sig); err != nil {
		s.t.Fatal(err)
	}
}

// reload sends HUP and waits until superd has said what it did.
func (s *super) reload() {
	s.t.Helper()
	n := s.count(`msg=reload|msg="reload: `)
	s.signal(syscall.SIGHUP)
	s.waitCount(`msg=reload|msg="reload: `, n+1)
}

// waitEnd waits for superd's end and gives its exit code, -1 for a signal.
func (s *super) waitEnd(limit time.Duration) int {
	s.t.Helper()
	select {
	case <-s.done:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		s.t.Fatalf("superd has not ended after %v", limit)
		return 0
	}
}

// port gives a free TCP port of the loopback address.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
