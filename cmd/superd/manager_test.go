// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/peers"
)

// testManager is a service manager as far as superd speaks to one: it notes what it
// is told, keeps descriptors, answers barriers, and starts superd with what it has.
type testManager struct {
	t      *testing.T
	superd string
	path   string // of NOTIFY_SOCKET
	fd     int
	most   int // FileDescriptorStoreMax=
	env    []string
	args   []string

	mu    sync.Mutex
	told  []string
	names []string
	kept  []*os.File

	cmd *exec.Cmd
	log syncBuffer
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newTestManager(t *testing.T, most int, args ...string) *testManager {
	t.Helper()
	m := &testManager{t: t, superd: peers.Build(t, "superd/cmd/superd"), path: filepath.Join(t.TempDir(), "notify"), most: most, args: args}
	var err error
	if m.fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(m.fd, &unix.SockaddrUnix{Name: m.path}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go m.receive(done)
	t.Cleanup(func() {
		if m.cmd != nil {
			m.cmd.Process.Kill()
			m.cmd.Wait()
		}
		unix.Shutdown(m.fd, unix.SHUT_RDWR)
		<-done
		unix.Close(m.fd)
		for _, f := range m.kept {
			f.Close()
		}
		if t.Failed() {
			t.Logf("superd said:\n%s\nthe manager was told:\n%s", m.log.String(), strings.Join(m.messages(), "\n"))
		}
	})
	return m
}

func (m *testManager) receive(done chan<- struct{}) {
	defer close(done)
	buf, oob := make([]byte, 64<<10), make([]byte, 4096)
	for {
		n, oobn, _, _, err := unix.Recvmsg(m.fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return
		}
		var fds []int
		if messages, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(messages) > 0 {
			fds, _ = unix.ParseUnixRights(&messages[0])
		}
		m.take(string(buf[:n]), fds)
	}
}

func (m *testManager) take(message string, fds []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, message)
	_, name, _ := strings.Cut(message, "FDNAME=")
	name, _, _ = strings.Cut(name, "\n")
	switch {
	case strings.HasPrefix(message, "FDSTOREREMOVE=1"):
		for i := len(m.names) - 1; i >= 0; i-- {
			if m.names[i] == name {
				m.kept[i].Close()
				m.names, m.kept = slices.Delete(m.names, i, i+1), slices.Delete(m.kept, i, i+1)
			}
		}
	case strings.HasPrefix(message, "FDSTORE=1") && len(fds) == 1 && len(m.kept) < m.most:
		m.names, m.kept = append(m.names, name), append(m.kept, os.NewFile(uintptr(fds[0]), name))
		fds = nil
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func (m *testManager) messages() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

// await waits for a message, of those from the n-th on, that begins so, and gives
// it and its number.
func (m *testManager) await(from int, prefix string) (string, int) {
	m.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for i, text := range m.messages() {
			if i >= from && strings.HasPrefix(text, prefix) {
				return text, i
			}
		}
	}
	m.t.Fatalf("the manager is not told %q", prefix)
	return "", 0
}

func (m *testManager) keeps() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.names)
}

func (m *testManager) awaitKept(n int) {
	m.t.Helper()
	m.awaitThat(fmt.Sprintf("%d descriptors are kept", n), func() bool { return len(m.keeps()) == n })
}

func (m *testManager) awaitThat(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("it never comes that %s; kept is %q", what, m.keeps())
		}
	}
}

// start starts superd with all that is kept, and waits until it is ready.
func (m *testManager) start() {
	m.t.Helper()
	m.mu.Lock()
	from := len(m.told)
	m.cmd = exec.Command("/bin/sh", append([]string{"-c", `export LISTEN_PID=$$; exec "$@"`, "sh", m.superd}, m.args...)...)
	m.cmd.Env = append([]string{"PATH=/bin:/usr/bin", "NOTIFY_SOCKET=" + m.path}, m.env...)
	if len(m.kept) > 0 {
		m.cmd.Env = append(m.cmd.Env, fmt.Sprint("LISTEN_FDS=", len(m.kept)), "LISTEN_FDNAMES="+strings.Join(m.names, ":"))
		m.cmd.ExtraFiles = slices.Clone(m.kept)
	}
	m.cmd.Stdout, m.cmd.Stderr = &m.log, &m.log
	m.cmd.WaitDelay = 100 * time.Millisecond
	err := m.cmd.Start()
	m.mu.Unlock()
	if err != nil {
		m.t.Fatal(err)
	}
	m.await(from, "READY=1")
}

func (m *testManager) signal(sig syscall.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(sig); err != nil {
		m.t.Fatal(err)
	}
}

// stop stops superd and waits until it stands still: what it accepts before that is
// in its hands.
func (m *testManager) stop() {
	m.t.Helper()
	m.signal(syscall.SIGSTOP)
	m.awaitThat("superd is stopped", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.cmd.Process.Pid))
		return err == nil && bytes.Contains(stat, []byte(") T "))
	})
}

func (m *testManager) wait() {
	m.cmd.Wait()
	m.cmd = nil
}
