// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// limit is how long a script waits for anything. A machine under load must
// make no test fail; a test that hangs must still end.
const limit = 20 * time.Second

// poll is how often a condition that nothing announces is looked at.
const poll = 5 * time.Millisecond

// proc is a process that runs beside the script. Its one goroutine waits for
// the end of it.
type proc struct {
	cmd  *exec.Cmd
	out  output
	done chan struct{}
	err  error // of Wait, once done is closed
}

// output collects what a process prints, both streams as they come.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// command prepares a program where the script is: on the machine with the
// script's environment, or inside the root.
func (s *state) command(ts *testscript.TestScript, prog string, args []string) *exec.Cmd {
	if s.root == nil {
		cmd := exec.Command(prog, args...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = environ(ts)
		if path, err := lookPath(ts, prog); err == nil {
			cmd.Path, cmd.Err = path, nil
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return cmd
	}
	if path, err := lookPath(ts, prog); err == nil && strings.HasPrefix(path, os.TempDir()) {
		prog = path // one of the test's own commands
	}
	cmd := s.root.Command(prog, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(cmd.Env, "WORK="+ts.Getenv("WORK"))
	cmd.SysProcAttr.Setpgid = true
	return cmd
}

// environ is the script's environment, as far as a program may want it.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "WORK", "TMPDIR", "GOCOVERDIR", "LANG", "SUPERD_CONTROL"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// lookPath finds a program in the script's PATH.
func lookPath(ts *testscript.TestScript, prog string) (string, error) {
	if strings.Contains(prog, "/") {
		return ts.MkAbs(prog), nil
	}
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, prog)
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func (s *state) startCmd(cmd *exec.Cmd) error {
	if s.root != nil {
		return s.root.Start(cmd)
	}
	return cmd.Start()
}

// start runs a program beside the script.
func start(s *state, ts *testscript.TestScript, _ bool, args []string) {
	s.run(ts, args[0], s.command(ts, args[1], args[2:]))
}

// run starts what is prepared, under a name.
func (s *state) run(ts *testscript.TestScript, name string, cmd *exec.Cmd) {
	if p := s.procs[name]; p != nil && !p.ended() {
		ts.Fatalf("start: %q runs already", name)
	}
	p := &proc{cmd: cmd, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	// A handler that outlives its server keeps the output open; the server's
	// end is what a script waits for.
	p.cmd.WaitDelay = 100 * time.Millisecond
	if err := s.startCmd(p.cmd); err != nil {
		ts.Fatalf("start: %v", err)
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
	}()
	s.procs[name] = p
	ts.Setenv(name+"_PID", strconv.Itoa(p.cmd.Process.Pid))
}

func (p *proc) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// end asks the process to stop, so that a server can take its handlers along,
// and kills it if it does not.
func (p *proc) end() {
	if p.ended() {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

func (s *state) proc(ts *testscript.TestScript, name string) *proc {
	p := s.procs[name]
	if p == nil {
		ts.Fatalf("no process %q was started", name)
	}
	return p
}

func signal(s *state, ts *testscript.TestScript, _ bool, args []string) {
	sig := unix.SignalNum("SIG" + strings.TrimPrefix(args[0], "SIG"))
	if sig == 0 {
		ts.Fatalf("signal: no signal %q", args[0])
	}
	ts.Check(s.proc(ts, args[1]).cmd.Process.Signal(sig))
}

// waitExit waits for the end of a process, by default with status 0.
func waitExit(s *state, ts *testscript.TestScript, _ bool, args []string) {
	p := s.proc(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(limit):
		ts.Fatalf("waitexit: %q still runs\n%s", args[0], s.outputs())
	}
	want := "0"
	if len(args) > 1 {
		want = args[1]
	}
	if got := status(p.cmd.ProcessState); got != want {
		ts.Fatalf("waitexit: %q ended with %s, not %s\n%s", args[0], got, want, s.outputs())
	}
}

// status is an exit status, or the name of the signal that ended the process.
func status(st *os.ProcessState) string {
	if st == nil {
		return "nothing"
	}
	ws := st.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return strings.TrimPrefix(unix.SignalName(ws.Signal()), "SIG")
	}
	return strconv.Itoa(ws.ExitStatus())
}

// text is all that a process has printed, or all of a file.
func (s *state) text(ts *testscript.TestScript, name string) string {
	if p := s.procs[name]; p != nil {
		return p.out.String()
	}
	path := ts.MkAbs(name)
	if s.root != nil && filepath.IsAbs(name) {
		text, _ := s.root.ReadFile(path)
		return text
	}
	if fi, err := os.Stat(path); err == nil {
		if !os.SameFile(fi, s.files[name]) { // a new one has taken its place
			s.seen[name] = 0
		}
		s.files[name] = fi
	}
	b, _ := os.ReadFile(path)
	return string(b) // a file that is not there yet is empty
}

// waitLog waits for a pattern, in what came after the last match.
func waitLog(s *state, ts *testscript.TestScript, _ bool, args []string) {
	re := pattern(ts, args[1])
	for deadline := time.Now().Add(limit); ; time.Sleep(poll) {
		ended := s.procs[args[0]] != nil && s.procs[args[0]].ended()
		text := s.text(ts, args[0])
		from := min(s.seen[args[0]], len(text))
		if m := re.FindStringIndex(text[from:]); m != nil {
			s.seen[args[0]] = from + m[1]
			return
		}
		if ended || time.Now().After(deadline) {
			ts.Fatalf("waitlog: no match for %q in what %s says after\n%s\n%s", args[1], args[0], text[:from], s.outputs())
		}
	}
}

// checkLog tells whether a pattern is anywhere in the log as it is now.
func checkLog(s *state, ts *testscript.TestScript, neg bool, args []string) {
	text := s.text(ts, args[0])
	if found := pattern(ts, args[1]).MatchString(text); found == neg {
		ts.Fatalf("log: match for %q in %s: %v\n%s", args[1], args[0], found, text)
	}
}

// grab waits, as waitlog does, for a pattern and sets a variable to what its
// first group has matched: what only the program can tell, such as a number
// that the kernel chose.
func grab(s *state, ts *testscript.TestScript, _ bool, args []string) {
	re := pattern(ts, args[2])
	if re.NumSubexp() == 0 {
		ts.Fatalf("grab: %q has no group", args[2])
	}
	waitLog(s, ts, false, args[1:])
	text := s.text(ts, args[1])[:s.seen[args[1]]]
	all := re.FindAllStringSubmatch(text, -1)
	ts.Setenv(args[0], all[len(all)-1][1])
}

// pattern compiles a regular expression in which ^ and $ match at lines.
func pattern(ts *testscript.TestScript, expr string) *regexp.Regexp {
	re, err := regexp.Compile("(?m)" + expr)
	ts.Check(err)
	return re
}

// runInside runs a program and waits for it, inside the root if the script is
// there. Its output is what the stdout and stderr commands look at.
func runInside(s *state, ts *testscript.TestScript, neg bool, args []string) {
	cmd := s.command(ts, args[0], args[1:])
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	cmd.WaitDelay = time.Second
	if err := s.startCmd(cmd); err != nil {
		ts.Fatalf("in: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	stop()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if ctx.Err() != nil {
		ts.Fatalf("in: %s: no end after %v\n%s", args[0], 3*limit, s.outputs())
	}
	if (err != nil) != neg {
		ts.Fatalf("in: %s: status %s\n%s", args[0], status(cmd.ProcessState), s.outputs())
	}
}

// outputs is what the processes have printed, for a failure's message.
func (s *state) outputs() string {
	var names []string
	for name := range s.procs {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "--- %s (%s) ---\n%s\n", name, strings.Join(s.procs[name].cmd.Args, " "), s.procs[name].out.String())
	}
	return b.String()
}
