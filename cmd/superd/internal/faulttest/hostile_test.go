// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hostile is a worker that does one thing which it must not do.
type hostile struct {
	how    string
	served int
}

// hostileWorker is the program "hostile": its argument says what it does.
func hostileWorker(how string) error {
	w := &hostile{how: how}
	if !w.start() {
		w.hang()
	}
	for {
		id, fd, ok := w.receive()
		if !ok {
			return nil
		}
		w.serve(id, fd)
		w.served++
	}
}

func (w *hostile) is(how string) bool { return w.how == how }

// hang waits for the signal that ends it.
func (w *hostile) hang() {
	for {
		time.Sleep(time.Hour)
	}
}

func (w *hostile) say(format string, a ...any) error {
	return unix.Sendto(3, fmt.Appendf(nil, format, a...), unix.MSG_NOSIGNAL, nil)
}

func (w *hostile) exit(when string) {
	if status, ok := strings.CutPrefix(w.how, "exits "+when+" "); ok {
		code, _ := strconv.Atoi(status)
		os.Exit(code)
	}
}

// start is all before the first connection; false: it takes none.
func (w *hostile) start() bool {
	w.exit("before ready")
	if id, ok := strings.CutPrefix(w.how, "answers "); ok { // the other half of "forks"
		w.say("taken %s\n", id)
		w.say("done %s\n", id)
		os.Exit(0)
	}
	switch w.how {
	case "never reads", "never reads of many":
		w.say("ready\n")
		return false
	case "speaks first":
		w.say("done 1\n")
		return false
	case "floods":
		w.flood(bytes.Repeat([]byte("taken 1\n"), 8), nil)
		return false
	case "floods ready":
		w.flood([]byte("ready\n"), nil)
		return false
	case "64 KiB":
		w.flood(bytes.Repeat([]byte{'x', 0, '\n', 0xff}, 16<<10), nil)
		return false
	case "descriptors":
		w.flood([]byte("ready\n"), unix.UnixRights(make([]int, 253)...))
		return false
	case "closes before ready":
		unix.Close(3)
		return false
	}
	if _, _, ok := w.receive(); !ok {
		os.Exit(0)
	}
	w.say("ready\n")
	w.exit("after ready")
	switch w.how {
	case "ready twice":
		w.say("ready\n")
	case "says nothing":
		w.say("")
	case "closes after ready":
		unix.Close(3)
		return false
	case "will not listen":
		unix.Shutdown(3, unix.SHUT_RD)
		return false
	case "will not speak":
		unix.Shutdown(3, unix.SHUT_WR)
	}
	return true
}

// flood sends a GiB, as far as it is let.
func (w *hostile) flood(msg, rights []byte) {
	for sent := 0; sent < 1<<30; sent += len(msg) {
		if unix.Sendmsg(3, msg, rights, nil, unix.MSG_NOSIGNAL) != nil {
			return
		}
	}
}

func (w *hostile) receive() (id, fd int, ok bool) {
	buf, oob := make([]byte, 65536), make([]byte, 64)
	n, oobn, _, _, err := unix.Recvmsg(3, buf, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil || n == 0 {
		return 0, -1, false
	}
	fd = -1
	if msgs, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil && len(msgs) > 0 {
		if fds, err := unix.ParseUnixRights(&msgs[0]); err == nil {
			fd = fds[0]
		}
	}
	_, text, _ := strings.Cut(string(buf[:n]), "id=")
	text, _, _ = strings.Cut(text, "\n")
	id, _ = strconv.Atoi(text)
	return id, fd, true
}

// serve is a connection's life: the client has the worker's pid, and no more.
func (w *hostile) serve(id, fd int) {
	w.exit("before taken")
	switch w.how {
	case "another's id":
		id--
	case "stops untaken":
		stop()
	case "done before taken":
		w.say("done %d\n", id)
	case "forks":
		w.fork(id)
	}
	if w.is("lingers") {
		linger(fd)
		unix.Close(fd)
	}
	w.say("taken %d\n", id)
	w.exit("after taken")
	switch w.how {
	case "taken twice":
		w.say("taken %d\n", id)
	case "stops", "stops deaf":
		stop()
	case "execs":
		unix.FcntlInt(3, unix.F_SETFD, 0)
		syscall.Exec("/bin/sleep", []string{"sleep", "1000"}, nil)
	case "execs with close-on-exec":
		unix.CloseOnExec(3)
		syscall.Exec("/bin/sleep", []string{"sleep", "1000"}, nil)
	case "closes and serves":
		unix.Close(3)
		io.Copy(os.NewFile(uintptr(fd), "client"), endless{})
	}
	unix.Write(fd, fmt.Appendln(nil, os.Getpid()))
	unix.Close(fd)
	w.exit("before done")
	w.say("done %d\n", id)
	w.exit("after done")
	if w.is("done twice") {
		w.say("done %d\n", id)
	}
}

// stop stops the process before it does anything else. A signal to the process may be
// another thread's to look at, and this one goes on until then.
func stop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP)
}

// fork makes another process that answers as this one does, in a session of its own.
func (w *hostile) fork(id int) {
	attr := &syscall.ProcAttr{Files: []uintptr{0, 1, 2, 3}, Env: os.Environ(), Sys: &syscall.SysProcAttr{Setsid: true}}
	syscall.ForkExec("/proc/self/exe", []string{os.Args[0], "hostile", fmt.Sprint("answers ", id)}, attr)
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
