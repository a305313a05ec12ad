// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// faultyWorker is a worker of one fault, or of none.
type faultyWorker struct {
	fault  string
	held   sync.WaitGroup
	served int
}

func faulty(fault string) int {
	w := &faultyWorker{fault: fault}
	n, err := strconv.ParseUint(os.Getenv("SUPERD_WORKER"), 10, 64)
	if (err != nil || n < 1) && !w.is("works without SUPERD_WORKER") || w.is("exits before ready") {
		return 1
	}
	if !w.is("channel stays open on exec") {
		unix.CloseOnExec(3)
	}
	if w.is("deaf to SIGTERM") {
		signal.Ignore(syscall.SIGTERM)
	}
	if w.is("ready before hello") {
		w.say("ready\n")
	}
	status := 0
	if w.is("exits 1") {
		status = 1
	}
	if text, _, ok := w.receive(); !ok || !w.hello(text, n > 1) {
		return status
	}
	for {
		text, fd, ok := w.receive()
		if !ok {
			break
		}
		w.message(text, fd)
	}
	if w.is("goes on after the end") {
		select {}
	}
	if !w.is("drops what it holds") {
		w.held.Wait()
	}
	return status
}

func (w *faultyWorker) is(fault string) bool { return w.fault == fault }

// say sends a message in its own wrong way.
func (w *faultyWorker) say(text string) {
	var rights []byte
	if w.is("sends a descriptor") {
		rights = unix.UnixRights(0)
	}
	if w.is("long messages") {
		text += strings.Repeat("key=value\n", 30)
	}
	err := unix.Sendmsg(3, []byte(text), rights, nil, unix.MSG_NOSIGNAL)
	if err != nil && w.is("dies of SIGPIPE") {
		os.Exit(141)
	}
}

// hello answers the first message; false ends the worker.
func (w *faultyWorker) hello(text string, higher bool) bool {
	seen := map[string]bool{}
	for _, line := range strings.Split(text, "\n")[1:] {
		key, _, _ := strings.Cut(line, "=")
		if w.is("unknown keys confuse") && !strings.Contains(" version service slots max_requests conf ", " "+key+" ") ||
			w.is("conf must be unique") && key == "conf" && seen[key] {
			return false
		}
		seen[key] = true
	}
	switch {
	case w.is("small buffer") && !strings.HasSuffix(text, "\n"):
		return false
	case w.is("ready before hello"), w.is("never ready"):
	case w.is("ready without line feed"):
		w.say("ready")
	case higher && !w.is("claims any version"):
		w.say("ready\nversion=1\n")
	default:
		w.say("ready\n")
	}
	if w.is("ready twice") {
		w.say("ready\n")
	}
	return true
}

// receive gives a message and its descriptor or -1; false at the end.
func (w *faultyWorker) receive() (string, int, bool) {
	buf, oob := make([]byte, 65536), make([]byte, unix.CmsgSpace(4))
	if w.is("small buffer") {
		buf = buf[:4096]
	}
	for {
		n, oobn, _, _, err := unix.Recvmsg(3, buf, oob, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR, err == unix.ECONNRESET && !strings.HasPrefix(w.fault, "a reset is"):
			continue
		case err != nil && w.is("a reset is an error"):
			os.Exit(1)
		case err != nil, n == 0:
			return "", -1, false
		}
		fd := -1
		if controls, _ := unix.ParseSocketControlMessage(oob[:oobn]); len(controls) > 0 {
			if fds, _ := unix.ParseUnixRights(&controls[0]); len(fds) > 0 {
				fd = fds[0]
			}
		}
		return string(buf[:n]), fd, true
	}
}

func (w *faultyWorker) message(text string, fd int) {
	verb, rest, _ := strings.Cut(text, "\n")
	if verb != "conn" {
		if w.is("unknown verbs are an error") {
			os.Exit(1)
		}
		if fd >= 0 && !w.is("unknown verbs leak") {
			unix.Close(fd)
		}
		return
	}
	w.conn(w.id(rest), fd)
}

// id finds the connection's number, and judges the other keys.
func (w *faultyWorker) id(keys string) string {
	id := ""
	for line := range strings.Lines(keys) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if w.is("unknown keys confuse") && !strings.Contains(" id service network peer local uid gid pid ", " "+key+" ") ||
			w.is("no IPv6") && key == "peer" && strings.HasPrefix(value, "[") ||
			w.is("tcp only") && key == "network" && value != "tcp" {
			os.Exit(1)
		}
		if key == "id" {
			id = value
		}
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	switch {
	case w.is("leading zeros"):
		return "0" + id
	case w.is("ids of 32 bits"):
		return strconv.Itoa(int(int32(n)))
	case w.is("ids in floating point"):
		return strconv.FormatFloat(float64(n), 'f', 0, 64)
	}
	return id
}

func (w *faultyWorker) conn(id string, fd int) {
	if fd < 0 && w.is("exits 0 without a descriptor") {
		os.Exit(0)
	}
	if fd < 0 && !w.is("takes what it has not") {
		os.Exit(1)
	}
	if w.served++; w.served > 1 && w.is("serves one") {
		os.Exit(0)
	}
	if w.is("reads before taken") {
		unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK)
	}
	if w.is("sends before taken") {
		unix.Write(fd, []byte("220 ready\r\n"))
	}
	w.say("taken " + id + "\n")
	if w.is("unasked messages") {
		w.say("busy " + id + "\n")
	}
	if w.is("done before the end") {
		w.say("done " + id + "\n")
	}
	if w.is("one at a time") {
		w.serve(id, fd)
		return
	}
	w.held.Go(func() { w.serve(id, fd) })
}

func (w *faultyWorker) serve(id string, fd int) {
	if err := w.echo(fd); err != nil {
		if w.is("dies of its clients") || w.is("dies of SIGPIPE") && errors.Is(err, unix.EPIPE) {
			os.Exit(1)
		}
	}
	done := fmt.Sprintf("done %s\n", id)
	switch {
	case w.is("never closes"):
		w.say(done)
		return
	case w.is("done before close"):
		w.say(done)
		// The client's end is looked at once done is there: whoever is slow to
		// close is seen, and this one is slow for sure.
		unix.Poll(nil, 100)
		unix.Close(fd)
		return
	case w.is("leaks descriptors"):
		unix.Shutdown(fd, unix.SHUT_RDWR)
	default:
		unix.Close(fd)
	}
	if !w.is("done before the end") {
		w.say(done)
	}
	if w.is("done twice") {
		w.say(done)
	}
}

// echo ends without an error at the client's end.
func (w *faultyWorker) echo(fd int) error {
	buf := make([]byte, 65536)
	total := 0
	for {
		n, err := unix.Read(fd, buf)
		if n <= 0 || err != nil {
			return err
		}
		if total += n; total > 65536 && w.is("short echo") {
			return nil
		}
		for at := 0; at < n; {
			k, err := unix.SendmsgN(fd, buf[at:n], nil, nil, unix.MSG_NOSIGNAL)
			if err != nil {
				return err
			}
			at += k
		}
	}
}
