// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	ps "github.com/mitchellh/go-ps"
	"golang.org/x/sys/unix"

	"superd/services"
)

// predecessorLimit is how long a superd that has been told to end may take until
// the next one gives up. Init scripts send QUIT and start again at once.
const predecessorLimit = 2 * time.Second

// awaitPredecessor waits for the superd that the pid file names to end: its sockets
// are in the way until then. One that stays is an error, before anything is opened.
func (d *Daemon) awaitPredecessor() error {
	name := d.settings.Str(services.PidFile)
	if name == "" {
		return nil
	}
	for end := time.Now().Add(predecessorLimit); ; {
		h, alive := holder(name)
		if !alive {
			return nil
		}
		left := time.Until(end)
		if left <= 0 {
			return fmt.Errorf("cannot write the pid file %q: process %d (%s), which it names, is alive", name, h.pid, h.program)
		}
		h.await(left)
	}
}

// process is one that a pid file names.
type process struct {
	pid     int
	program string // what go-ps calls it: a hint, as a process names itself
}

// await returns when the process has ended or the time is up.
func (p process) await(limit time.Duration) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil { // ended, or a kernel before 5.3
		unix.Poll(nil, 10)
		return
	}
	defer unix.Close(fd)
	unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, max(1, int(limit.Milliseconds())))
}

// originals are the programs in whose place superd may be started, and who then
// hold its sockets.
var originals = []string{"superd", "xinetd", "inetd"}

// holder tells whether a pid file names a living super-server: a process of this
// superd's own user that is the same program, or is called as one in whose place
// superd comes. A number that has been given to something else since does not
// count, and nobody else's process does: it can call itself what it likes.
func holder(name string) (p process, alive bool) {
	if p.pid = readPid(name); p.pid <= 1 || p.pid == os.Getpid() {
		return p, false
	}
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d", p.pid), &st) != nil || int(st.Uid) != os.Geteuid() {
		return p, false
	}
	if found, err := ps.FindProcess(p.pid); err == nil && found != nil {
		p.program = found.Executable()
	}
	return p, sameProgram(p.pid) || slices.Contains(originals, p.program)
}

func sameProgram(pid int) bool {
	self, err1 := os.Readlink("/proc/self/exe")
	other, err2 := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err1 == nil && err2 == nil && strings.TrimSuffix(other, " (deleted)") == strings.TrimSuffix(self, " (deleted)")
}

// readPid reads a pid file; 0 is no number. A link is not followed and a FIFO not
// waited for: the folder may be somebody else's.
func readPid(name string) (pid int) {
	f, err := os.OpenFile(name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	var buf [32]byte
	n, _ := f.Read(buf[:])
	if _, err := fmt.Sscanf(string(buf[:n]), "%d", &pid); err != nil {
		return 0
	}
	return pid
}

// writePidFile tells superd's pid once its sockets are open.
func (d *Daemon) writePidFile() error {
	name := d.settings.Str(services.PidFile)
	if name == "" {
		return nil
	}
	if err := replaceFile(name, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644); err != nil {
		return fmt.Errorf("cannot write the pid file %q: %w", name, err)
	}
	d.pidFile = name
	return nil
}

// removePidFile removes the pid file if it is still this superd's.
func (d *Daemon) removePidFile() {
	if d.pidFile != "" && readPid(d.pidFile) == os.Getpid() {
		os.Remove(d.pidFile)
	}
	d.pidFile = ""
}
