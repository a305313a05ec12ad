// SPDX-License-Identifier: Apache-2.0

// Package notify speaks sd_notify(3) with a service manager: messages, with
// descriptors where wanted, and barriers.
//
// go-systemd's daemon.SdNotify sends neither descriptors (FDSTORE) nor barriers and
// opens a socket for each message; its SdWatchdogEnabled and SdNotifyMonotonicUsec
// serve, and are used. Of its activation package nothing is: it has no
// LISTEN_PIDFDID, no errors for values that lie, no bound on LISTEN_FDS, nothing for
// FIFOs, and takes descriptors that are not open (see activation.ReadListenFDs).
//
// Owns: the sending socket. Does not know: what the messages mean to superd.
// Concurrency: a Socket may be used by any goroutine.
// Errors: what the kernel says of a send. That a message was taken says nothing of
// whether the manager has acted on it; Barrier does.
package notify

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Socket is the way to the service manager.
type Socket struct {
	fd int
	to unix.Sockaddr
}

// sendTimeout is how long a message waits for room. A manager that does not read
// must not stop a daemon that serves.
const sendTimeout = 2 * time.Second

// Open makes the Socket that NOTIFY_SOCKET names; nil if nothing does.
func Open(environ []string, highBase int) (*Socket, error) {
	name := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, "NOTIFY_SOCKET="); ok {
			name = v
			break
		}
	}
	if name == "" {
		return nil, nil
	}
	if name[0] != '/' && name[0] != '@' || len(name) < 2 || strings.HasPrefix(name, "@@") {
		return nil, fmt.Errorf("cannot use NOTIFY_SOCKET %q: want a path, or @NAME", name)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket for the service manager: %w", err)
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highBase); err == nil {
		unix.Close(fd)
		fd = high
	}
	wait := unix.NsecToTimeval(int64(sendTimeout))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &wait); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot limit how long the service manager is waited for: %w", err)
	}
	return &Socket{fd: fd, to: &unix.SockaddrUnix{Name: name}}, nil
}

// Send sends one message: lines of KEY=VALUE, without a newline at the end. The
// kernel lets at most 253 descriptors travel with it.
func (s *Socket) Send(message string, fds ...int) error {
	if s == nil {
		return nil
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	for {
		err := unix.Sendmsg(s.fd, []byte(message), rights, s.to, unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return err
		}
	}
}

// ErrTimeout is of a barrier that the manager has not reached in time.
var ErrTimeout = errors.New("the service manager does not answer")

// Barrier sends a barrier. The function that it gives waits until the manager has
// dealt with all messages before it, and must be called once.
func (s *Socket) Barrier() (wait func(time.Duration) error, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	err = s.Send("BARRIER=1", p[1])
	unix.Close(p[1])
	if err != nil {
		unix.Close(p[0])
		return nil, err
	}
	return func(limit time.Duration) error {
		defer unix.Close(p[0])
		return hangup(p[0], limit)
	}, nil
}

// hangup waits until nobody has the other end of a pipe any more.
func hangup(fd int, limit time.Duration) error {
	for end := time.Now().Add(limit); ; {
		left := time.Until(end)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd)}}, max(0, int(left.Milliseconds())))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 1:
			return nil
		case left <= 0:
			return ErrTimeout
		}
	}
}

// Line makes one line of a text that may be anything: a newline would begin
// another KEY=VALUE.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// Keeps tells whether the manager keeps descriptors (FileDescriptorStoreMax= of the
// unit). Only from systemd 254 on does it say so, in $FDSTORE, and not even then
// whether there is room. So it is tried: one end of a pipe is given and let go of,
// and the other end shows whether somebody has it. The function that Keeps gives
// waits for the answer and must be called once.
func (s *Socket) Keeps() (wait func(time.Duration) (bool, error), err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	err = s.Send("FDSTORE=1\nFDNAME="+probeName+"\nFDPOLL=0", p[1])
	unix.Close(p[1])
	var reached func(time.Duration) error
	if err == nil {
		reached, err = s.Barrier()
	}
	if err != nil {
		unix.Close(p[0])
		return nil, err
	}
	return func(limit time.Duration) (bool, error) {
		defer unix.Close(p[0])
		if err := reached(limit); err != nil {
			return false, err
		}
		if hangup(p[0], 0) == nil {
			return false, nil
		}
		return true, s.Remove(probeName)
	}, nil
}

const probeName = "superd.probe"

// Store has the manager keep a descriptor, whatever becomes of it, under a name.
func (s *Socket) Store(name string, fd int) error {
	// Without FDPOLL=0 the manager would drop a socket as soon as a handler had
	// called shutdown on it, which superd mends.
	return s.Send("FDSTORE=1\nFDPOLL=0\nFDNAME="+name, fd)
}

// Remove has the manager drop what it keeps under a name.
func (s *Socket) Remove(name string) error { return s.Send("FDSTOREREMOVE=1\nFDNAME=" + name) }

// Close closes the Socket.
func (s *Socket) Close() error {
	if s == nil {
		return nil
	}
	return os.NewSyscallError("close", unix.Close(s.fd))
}
