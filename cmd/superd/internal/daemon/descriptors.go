// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// descriptors is how superd lays its own descriptors out. 0, 1 and 2 are
// /dev/null, so that nothing that a child inherits by mistake is worth anything.
// log is a low number, because a child's private table holds only what lies
// below its connection: it is what handlers get whose stderr is the log. All
// that superd keeps for long lies at highBase and above.
type descriptors struct {
	log      int // the log, or the standard error that superd was started with
	stderr   int // the standard error that superd was started with, high
	stdout   int // the standard output, likewise: a log may be sent to /dev/stdout
	highBase int
}

// arrangeDescriptors is called once, before anything is opened.
func arrangeDescriptors() (*descriptors, error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open /dev/null: %w", err)
	}
	d := &descriptors{highBase: highBase()}
	err2 := 2
	if _, e := unix.FcntlInt(2, unix.F_GETFD, 0); e != nil {
		err2 = null
	}
	if d.stderr, err = unix.FcntlInt(uintptr(err2), unix.F_DUPFD_CLOEXEC, d.highBase); err != nil {
		return nil, fmt.Errorf("cannot keep the standard error: %w", err)
	}
	if d.log, err = unix.FcntlInt(uintptr(err2), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		return nil, fmt.Errorf("cannot keep the standard error: %w", err)
	}
	if d.stdout, err = unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, d.highBase); err != nil {
		if d.stdout, err = unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, d.highBase); err != nil {
			return nil, fmt.Errorf("cannot keep the standard output: %w", err)
		}
	}
	for fd := range 3 {
		if err := unix.Dup3(null, fd, 0); err != nil {
			return nil, fmt.Errorf("cannot make descriptor %d /dev/null: %w", fd, err)
		}
	}
	if null > 2 {
		unix.Close(null)
	}
	return d, nil
}

// highBase leaves room below for connections on their way, and most of the table
// above for listeners and sessions.
func highBase() int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 256
	}
	return int(min(1024, r.Cur/4))
}

// std are the paths that mean what superd was started with, and not what it has
// there now, /dev/null.
func (d *descriptors) std() map[string]int {
	return map[string]int{"/dev/stderr": d.stderr, "/dev/fd/2": d.stderr, "/proc/self/fd/2": d.stderr,
		"/dev/stdout": d.stdout, "/dev/fd/1": d.stdout, "/proc/self/fd/1": d.stdout}
}

// spare keeps n descriptors for what is opened when clients may have taken all others;
// release gives them back.
func (d *descriptors) spare(n int) (release func()) {
	var list []int
	for range n {
		if fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, d.highBase); err == nil {
			list = append(list, fd)
		}
	}
	return func() {
		for _, fd := range list {
			unix.Close(fd)
		}
	}
}

// setLog makes fd what handlers get as the log. Dup3 replaces the descriptor in
// one step: no handler can be started without.
func (d *descriptors) setLog(fd int) error {
	if err := unix.Dup3(fd, d.log, unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("cannot give handlers the log: %w", err)
	}
	return nil
}

// forgetStreams lets go of the terminal or pipe that superd was started with:
// whoever reads there waits for its end. Their numbers lead to nowhere then.
func (d *descriptors) forgetStreams() {
	for _, fd := range []int{d.stderr, d.stdout} {
		unix.Dup3(0, fd, unix.O_CLOEXEC) // 0 is /dev/null
	}
}

// giveStreamsBack lays the streams out as superd found them, for another image of it.
func (d *descriptors) giveStreamsBack() {
	unix.Dup3(d.stdout, 1, 0)
	unix.Dup3(d.stderr, 2, 0)
}

// takeStreams is arrangeDescriptors again, should that image not come.
func (d *descriptors) takeStreams() {
	for fd := 1; fd < 3; fd++ {
		unix.Dup3(0, fd, 0)
	}
}

func (d *descriptors) close() {
	for fd := range 3 { // a superd that ends may still have something to say
		if fd == 2 {
			unix.Dup3(d.stderr, fd, 0)
		}
	}
	unix.Close(d.stderr)
	unix.Close(d.stdout)
	unix.Close(d.log)
}

func ptr[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }
