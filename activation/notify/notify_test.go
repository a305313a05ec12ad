// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// receiver is a service manager's end.
func receiver(t *testing.T) (fd int, s *Socket) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if s, err = Open([]string{"A=b", "NOTIFY_SOCKET=" + path, "NOTIFY_SOCKET=/else"}, 300); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return fd, s
}

// receive gives the next message and its descriptors.
func receive(t *testing.T, fd int) (string, []int) {
	t.Helper()
	buf, oob := make([]byte, 4096), make([]byte, 4096)
	n, oobn, _, _, err := unix.Recvmsg(fd, buf, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	if oobn == 0 {
		return string(buf[:n]), nil
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		t.Fatal(err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), fds
}

func TestOpen(t *testing.T) {
	for _, test := range []struct{ env, want string }{
		{"", ""}, {"NOTIFY_SOCKET=", ""},
		{"NOTIFY_SOCKET=relative", "want a path"}, {"NOTIFY_SOCKET=vsock:2:1234", "want a path"}, {"NOTIFY_SOCKET=/", "want a path"},
	} {
		s, err := Open([]string{test.env}, 300)
		if s != nil || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, %v", test.env, s, err)
		}
	}
	var none *Socket
	if err := none.Send("READY=1"); err != nil || none.Close() != nil {
		t.Errorf("without a manager: %v", err)
	}
	s, err := Open([]string{"NOTIFY_SOCKET=@nobody-is-there"}, 300)
	if err != nil || s.Send("READY=1") == nil {
		t.Errorf("to nobody: %v", err)
	}
	s.Close()
}

func TestMessages(t *testing.T) {
	fd, s := receiver(t)
	if err := s.Send("READY=1"); err != nil {
		t.Fatal(err)
	}
	if got, fds := receive(t, fd); got != "READY=1" || fds != nil {
		t.Errorf("%q %v", got, fds)
	}
	if err := s.Store("s0", fd); err != nil {
		t.Fatal(err)
	}
	got, fds := receive(t, fd)
	if got != "FDSTORE=1\nFDPOLL=0\nFDNAME=s0" || len(fds) != 1 {
		t.Errorf("%q %v", got, fds)
	}
	unix.Close(fds[0])
	if err := s.Remove("s0"); err != nil {
		t.Fatal(err)
	}
	if got, _ := receive(t, fd); got != "FDSTOREREMOVE=1\nFDNAME=s0" {
		t.Errorf("%q", got)
	}
	if got := Line("a\nREADY=1\x00\xff"); got != "a READY=1 ?" {
		t.Errorf("%q", got)
	}
}

func TestBarrier(t *testing.T) {
	fd, s := receiver(t)
	wait, err := s.Barrier()
	if err != nil {
		t.Fatal(err)
	}
	got, fds := receive(t, fd)
	if got != "BARRIER=1" || len(fds) != 1 {
		t.Fatalf("%q %v", got, fds)
	}
	unix.Close(fds[0])
	if err := wait(5 * time.Second); err != nil {
		t.Error(err)
	}
	if wait, err = s.Barrier(); err != nil {
		t.Fatal(err)
	}
	if err := wait(time.Millisecond); !errors.Is(err, ErrTimeout) {
		t.Errorf("a barrier that nobody has read: %v", err)
	}
}

func TestKeeps(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		fd, s := receiver(t)
		wait, err := s.Keeps()
		if err != nil {
			t.Fatal(err)
		}
		_, stored := receive(t, fd)
		_, barrier := receive(t, fd)
		if !keeps {
			unix.Close(stored[0])
		}
		unix.Close(barrier[0])
		if got, err := wait(5 * time.Second); got != keeps || err != nil {
			t.Errorf("%v, %v; want %v", got, err, keeps)
		}
		if keeps {
			if got, _ := receive(t, fd); !strings.HasPrefix(got, "FDSTOREREMOVE=1\nFDNAME=superd.probe") {
				t.Errorf("%q", got)
			}
			unix.Close(stored[0])
		}
	}
}

// TestFullQueue: a manager that does not read costs two seconds, not the daemon.
func TestFullQueue(t *testing.T) {
	_, s := receiver(t)
	var err error
	for range 100_000 {
		if err = s.Send("WATCHDOG=1"); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Errorf("the queue is full: %v", err)
	}
}
