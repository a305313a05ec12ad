// SPDX-License-Identifier: Apache-2.0

package player

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Start is how a worker is started.
type Start struct {
	Command []string
	Version string        // SUPERD_WORKER; "" is 1, "unset" is none
	Conf    []string      // lines of SUPERD_CONF
	Env     []string      // more variables
	Wait    time.Duration // for each thing that must happen; 0 is 10 s
	Stderr  *os.File      // the worker's descriptor 2; nil: Log has what it writes
}

// Worker is a running worker, seen from superd's side.
type Worker struct {
	wait    time.Duration
	cmd     *exec.Cmd
	channel *net.UnixConn
	inode   uint64 // of the worker's end of the channel
	log     lockedBuffer
	exited  chan struct{} // closed when cmd.ProcessState is there
}

// StartWorker starts a worker and sends nothing.
func StartWorker(s Start) (*Worker, error) {
	if s.Wait == 0 {
		s.Wait = 10 * time.Second
	}
	if s.Version == "" {
		s.Version = "1"
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a channel: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "worker's end")
	defer theirs.Close()
	conn, err := connOf(fds[0])
	if err != nil {
		return nil, err
	}
	w := &Worker{wait: s.Wait, channel: conn.(*net.UnixConn), exited: make(chan struct{})}
	var st unix.Stat_t
	if err := unix.Fstat(fds[1], &st); err != nil {
		w.channel.Close()
		return nil, fmt.Errorf("cannot look at the channel: %w", err)
	}
	w.inode = st.Ino
	w.cmd = exec.Command(s.Command[0], s.Command[1:]...)
	w.cmd.ExtraFiles = []*os.File{theirs} // descriptor 3
	w.cmd.Stderr = &w.log
	if s.Stderr != nil {
		w.cmd.Stderr = s.Stderr
	}
	w.cmd.Env = environment(s)
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// What the worker leaves behind must not keep Wait waiting for the log.
	w.cmd.WaitDelay = time.Second
	if err := w.cmd.Start(); err != nil {
		w.channel.Close()
		return nil, fmt.Errorf("cannot start %q: %w", s.Command[0], err)
	}
	go func() { // ends with the worker, which Close kills
		w.cmd.Wait()
		close(w.exited)
	}()
	return w, nil
}

func environment(s Start) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SUPERD_") {
			env = append(env, v)
		}
	}
	if s.Version != "unset" {
		env = append(env, "SUPERD_WORKER="+s.Version)
	}
	if len(s.Conf) > 0 {
		env = append(env, "SUPERD_CONF="+strings.Join(s.Conf, "\n"))
	}
	return append(env, s.Env...)
}

// Close kills the worker's session and frees what StartWorker made.
func (w *Worker) Close() {
	w.channel.Close()
	unix.Kill(-w.cmd.Process.Pid, unix.SIGKILL)
	<-w.exited
}

// PID is the worker's process.
func (w *Worker) PID() int { return w.cmd.Process.Pid }

// Log is what the worker has written to standard error.
func (w *Worker) Log() string { return w.log.String() }

// Signal sends the worker's process a signal.
func (w *Worker) Signal(s syscall.Signal) error { return unix.Kill(w.PID(), s) }

// End ends the channel as superd does that needs a worker no more: it sends
// nothing any more, and still receives.
func (w *Worker) End() error { return w.channel.CloseWrite() }

// Stop stops the worker's process as SIGSTOP does, and returns when it stands.
func (w *Worker) Stop() error {
	if err := w.Signal(unix.SIGSTOP); err != nil {
		return fmt.Errorf("cannot stop the worker: %w", err)
	}
	// The process stays ours to wait for: a stop is no end.
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, w.PID(), &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		return fmt.Errorf("cannot stop the worker: %w", err)
	}
	return nil
}

// Continue lets a stopped worker go on.
func (w *Worker) Continue() error { return w.Signal(unix.SIGCONT) }

// Pending waits until the worker has sent something that is not received yet.
func (w *Worker) Pending() error {
	raw, err := w.channel.SyscallConn()
	if err != nil {
		return err
	}
	w.channel.SetReadDeadline(time.Now().Add(w.wait))
	err = raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != unix.EAGAIN
	})
	return w.explain(err)
}

// Vanish closes the channel, as superd's death does.
func (w *Worker) Vanish() { w.channel.Close() }

// Exit waits for the worker's end and gives its status, as 0 or "signal: killed".
func (w *Worker) Exit() (string, error) {
	select {
	case <-w.exited:
	case <-time.After(w.wait):
		return "", fmt.Errorf("the worker did not exit in %v", w.wait)
	}
	status := w.cmd.ProcessState.String()
	return strings.TrimPrefix(status, "exit status "), nil
}

// ExpectExit waits for the worker's end with a status.
func (w *Worker) ExpectExit(status string) error {
	got, err := w.Exit()
	if err == nil && got != status {
		err = fmt.Errorf("the worker exited with status %s, not %s", got, status)
	}
	return w.explain(err)
}

// explain adds the worker's last words to an error.
func (w *Worker) explain(err error) error {
	log := strings.TrimSpace(w.Log())
	if err == nil || log == "" {
		return err
	}
	if len(log) > 2000 {
		log = "…" + log[len(log)-2000:]
	}
	return fmt.Errorf("%w; it wrote: %s", err, log)
}

// Answer receives the worker's next message, which must be as the protocol has
// it. io.EOF is the worker's end of the channel.
func (w *Worker) Answer() (Answer, error) {
	w.channel.SetReadDeadline(time.Now().Add(w.wait))
	a, err := w.receive()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the worker said nothing for %v", w.wait)
	}
	return a, w.explain(err)
}

// Expect receives the worker's next message, which must be this one.
func (w *Worker) Expect(first string) error {
	a, err := w.Answer()
	if err != nil {
		return fmt.Errorf("waiting for %q: %w", first, err)
	}
	if a.String() != first {
		return fmt.Errorf("the worker said %q, not %q", a, first)
	}
	return nil
}

// ExpectNothing is an error if a message of the worker's is there, or comes
// within a time.
func (w *Worker) ExpectNothing(within time.Duration) error {
	w.channel.SetReadDeadline(time.Now().Add(max(within, time.Millisecond)))
	a, err := w.receive()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case err != nil:
		return w.explain(err)
	}
	return fmt.Errorf("the worker said %q too early", a)
}

// lockedBuffer is written by exec's goroutine and read by ours.
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
