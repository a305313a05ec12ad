// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// writeWait is how long a write waits for a reader of standard error.
const writeWait = 100 // milliseconds

// outlet is a descriptor that no write to waits long. A pipe that nobody reads,
// or a terminal that somebody has stopped, would else hold the log goroutine for
// ever, and with it whoever wants to reload or end superd.
type outlet struct {
	fd     int
	socket bool // as journald's: each write says that it must not wait
	ask    bool // a pipe or terminal that blocks: ask before each write
}

// outletTo makes an outlet of a descriptor that we share with others: O_NONBLOCK
// would be theirs too, so a pipe or terminal is opened once more.
func outletTo(fd int) outlet {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return outlet{fd: fd}
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return outlet{fd: fd, socket: true}
	case unix.S_IFIFO, unix.S_IFCHR:
		own, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		if err != nil { // no /proc, or not our file
			return outlet{fd: fd, ask: true}
		}
		if high, err := unix.FcntlInt(uintptr(own), unix.F_DUPFD_CLOEXEC, fd); err == nil {
			unix.Close(own)
			own = high
		}
		return outlet{fd: own}
	}
	return outlet{fd: fd}
}

func (o outlet) writeAll(text []byte) (n int, err error) {
	for n < len(text) {
		w, err := o.write(text[n:])
		switch {
		case err == nil:
			n += w
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if !o.ready() {
				return n, err
			}
		default:
			return n, err
		}
	}
	return n, nil
}

func (o outlet) write(text []byte) (int, error) {
	switch {
	case o.socket:
		return unix.SendmsgN(o.fd, text, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	case o.ask:
		if !o.ready() {
			return 0, unix.EAGAIN
		}
		text = text[:min(len(text), pipeRoom)]
	}
	return unix.Write(o.fd, text)
}

// pipeRoom is what a pipe has room for that poll(2) calls writable.
const pipeRoom = 4096

// ready waits a little until something can be written.
func (o outlet) ready() bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLOUT}}, writeWait)
	return n > 0 || err != nil
}
