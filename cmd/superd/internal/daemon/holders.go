// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services/engine"
	"superd/services/event"
)

// A handler of a wait service has the socket itself, and lives on when superd is
// killed or restarted under systemd. The next superd gets the same socket back and
// must not give it to a second one meanwhile. Who has it is asked of the kernel and
// not noted down: a note would have to be written at each start of each handler,
// and would be wrong after a kill in between.

// findHolders looks who has one of the sockets, by inode. Process 1 and the parent
// are the service manager; of others' processes only root is told.
func findHolders(offers []*activation.Offer, base int) map[uint64][]engine.Holder {
	found := map[uint64][]engine.Holder{}
	wanted := map[string]*activation.Offer{}
	for _, o := range offers {
		wanted[linkOf(o)] = o
	}
	if len(wanted) == 0 {
		return found
	}
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range procs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == 1 || pid == os.Getpid() || pid == os.Getppid() {
			continue
		}
		for inode := range heldBy(pid, dir, wanted) {
			if fd := pidfdOf(pid, dir, wanted, inode, base); fd >= 0 {
				found[inode] = append(found[inode], engine.Holder{Pid: pid, Pidfd: fd})
			}
		}
	}
	return found
}

// linkOf is what /proc has for a descriptor: of a socket what no other has, of a FIFO
// where it lies.
func linkOf(o *activation.Offer) string {
	if !o.Spec.IsFIFO() {
		return fmt.Sprintf("socket:[%d]", o.Inode)
	}
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(o.FD))
	if err != nil {
		return o.Spec.Path
	}
	return link
}

// heldBy gives those of the wanted sockets that a process has.
func heldBy(pid int, dir string, wanted map[string]*activation.Offer) map[uint64]bool {
	has := map[uint64]bool{}
	d, err := os.Open(dir + "/fd")
	if err != nil {
		return has
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	for _, name := range names {
		link, err := os.Readlink(dir + "/fd/" + name)
		if err != nil {
			continue
		}
		if o := wanted[link]; o != nil && (!o.Spec.IsFIFO() || sharesFIFO(pid, dir, name, o.FD)) {
			has[o.Inode] = true
		}
	}
	return has
}

// sharesFIFO tells a process that was given a FIFO from one that has opened it to write
// to us: only the former has the same open file (kcmp(2)). Where the kernel does not
// compare, whoever has it open for reading counts.
func sharesFIFO(pid int, dir, name string, fd int) bool {
	theirs, err := strconv.Atoi(name)
	if err != nil {
		return false
	}
	const kcmpFile = 0
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(pid), kcmpFile, uintptr(fd), uintptr(theirs), 0)
	if errno == 0 {
		return order == 0
	}
	var a, b unix.Stat_t
	if unix.Fstat(fd, &a) != nil || unix.Stat(dir+"/fd/"+name, &b) != nil || a.Dev != b.Dev || a.Ino != b.Ino {
		return false
	}
	info, _ := os.ReadFile(dir + "/fdinfo/" + name)
	_, text, _ := strings.Cut(string(info), "flags:")
	text, _, _ = strings.Cut(text, "\n")
	flags, err := strconv.ParseUint(strings.TrimSpace(text), 8, 64)
	return err == nil && flags&unix.O_ACCMODE != unix.O_WRONLY
}

// pidfdOf opens a process, and looks again whether it is still the one that has
// the socket; -1 if not.
func pidfdOf(pid int, dir string, wanted map[string]*activation.Offer, inode uint64, base int) int {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, base); err == nil {
		unix.Close(fd)
		fd = high
	}
	if !heldBy(pid, dir, wanted)[inode] {
		unix.Close(fd)
		return -1
	}
	return fd
}

// holdersOf gives a new service those who have its sockets. A socket from which
// superd accepts by itself is superd's whoever else has it.
func (d *Daemon) holdersOf(spec *engine.Spec) {
	for _, sock := range spec.Sockets {
		inode := sock.Inode()
		all := d.holders[inode]
		if len(all) == 0 {
			continue
		}
		delete(d.holders, inode)
		if spec.Mode != engine.Wait && sock.IsStream() {
			closeHolders(all)
			if spec.Mode == engine.Inet {
				sock.SetNonblock(true)
			}
			continue
		}
		if spec.Holders == nil {
			spec.Holders = map[*activation.Socket][]engine.Holder{}
		}
		spec.Holders[sock] = all
		d.post(event.Event{Kind: event.Note, Level: event.LevelNotice, Service: spec.ID,
			Text: fmt.Sprintf("process %d, which an earlier superd has started, has %s; it is waited for", all[0].Pid, sock)})
	}
}

func closeHolders(all []engine.Holder) {
	for _, h := range all {
		unix.Close(h.Pidfd)
	}
}

// forgetHolders is for those of sockets that no service has.
func (d *Daemon) forgetHolders() {
	for inode, all := range d.holders {
		closeHolders(all)
		delete(d.holders, inode)
	}
}
