// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// readyVar names the descriptor on which a superd in the background tells the one
// that started it how the start went: one byte, its exit code.
const readyVar = "SUPERD_READY"

// background starts this same command line again, in a session of its own, and
// ends with its verdict: when its sockets are open, or when it has given up. A Go
// process cannot fork and go on, so it is a new one.
func (inv *invocation) background(args []string) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return failf("cannot make a pipe: %v", err)
	}
	verdict := os.NewFile(uintptr(pipe[0]), "verdict")
	defer verdict.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		return failf("cannot go to the background: %v", err)
	}
	defer null.Close()
	env := append(withoutVar(inv.env, readyVar), readyVar+"=3")
	child, _, err := syscall.StartProcess("/proc/self/exe", args, &syscall.ProcAttr{
		Env: env, Files: []uintptr{null.Fd(), 1, 2, uintptr(pipe[1])}, Sys: &syscall.SysProcAttr{Setsid: true}})
	unix.Close(pipe[1])
	if err != nil {
		return failf("cannot go to the background: %v", err)
	}
	var code [1]byte
	if n, _ := verdict.Read(code[:]); n == 1 {
		return exit(int(code[0]))
	}
	p, err := os.FindProcess(child)
	if err != nil {
		return failf("cannot tell how the start went: %v", err)
	}
	state, err := p.Wait()
	if err != nil || state.ExitCode() <= 0 {
		return failf("superd ended before it was ready: %v", state)
	}
	return exit(state.ExitCode()) // it has said why
}

// starter is the pipe to the superd that started this one; nil if it was started
// in some other way.
func (inv *invocation) starter() (ready func()) {
	for _, kv := range inv.env {
		text, ok := strings.CutPrefix(kv, readyVar+"=")
		fd, err := strconv.Atoi(text)
		if !ok || err != nil || fd < 3 || !isPipe(fd) {
			continue
		}
		unix.CloseOnExec(fd)
		pipe := os.NewFile(uintptr(fd), "verdict")
		inv.env = withoutVar(inv.env, readyVar)
		setComm(name(inv.args))
		return func() {
			_, _ = pipe.Write([]byte{ExitDone})
			pipe.Close()
		}
	}
	return nil
}

// setComm gives the process the name that pgrep, killall and ps -C look for: that
// which the starter had. The kernel has named it "exe", after what was started.
func setComm(name string) {
	if f, err := os.OpenFile("/proc/self/comm", os.O_WRONLY, 0); err == nil {
		_, _ = f.WriteString(name)
		f.Close()
	}
}

// isPipe keeps a variable that somebody else has set from closing what it likes.
func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

func withoutVar(env []string, name string) []string {
	out := make([]string, 0, len(env)+1)
	for _, kv := range env {
		if !strings.HasPrefix(kv, name+"=") {
			out = append(out, kv)
		}
	}
	return out
}
