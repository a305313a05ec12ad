// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// openFIFO makes the named pipe, or takes the one that lies there if nobody reads from
// it: writers who wait in open(2) for a reader hold that one, and would not hear of
// another. It is open for writing as well, as systemd opens it, so that it does not end
// when a writer goes.
func openFIFO(spec *Spec) (fd int, file fileID, err error) {
	err = unix.Mkfifo(spec.Path, spec.Mode) // cut by the umask, never wider than asked
	made := err == nil
	if err == unix.ENOENT {
		return -1, file, fmt.Errorf("the directory %q does not exist", filepath.Dir(spec.Path))
	}
	if err != nil && err != unix.EEXIST {
		return -1, file, err
	}
	if fd, err = openPipe(spec, made); err != nil {
		return -1, file, err
	}
	if file, err = setFIFO(fd, spec); err != nil {
		if made {
			file.remove(spec.Path)
		}
		unix.Close(fd)
		return -1, fileID{}, err
	}
	return fd, file, nil
}

// openPipe opens what lies at the path. In a folder that others may write to that could
// be anything, so it is looked at before it is opened, and is then the same.
func openPipe(spec *Spec, made bool) (int, error) {
	at, err := unix.Open(spec.Path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(at)
	var st unix.Stat_t
	if err := unix.Fstat(at, &st); err != nil {
		return -1, err
	}
	if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFIFO {
		return -1, fmt.Errorf("%s is in the way and is left alone", kindName(kind))
	}
	if uid := int(st.Uid); uid != unix.Geteuid() && uid != spec.UID {
		return -1, fmt.Errorf("a FIFO of user %d is in the way and is left alone", uid)
	}
	self := "/proc/self/fd/" + strconv.Itoa(at)
	if !made && hasReader(self) {
		return -1, unix.EADDRINUSE
	}
	return unix.Open(self, unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
}

// hasReader tells whether somebody has a FIFO open for reading, by the error that a
// writer gets without one (fifo(7)).
func hasReader(path string) bool {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

// setFIFO gives an open FIFO its owner and mode, and tells which file it is.
func setFIFO(fd int, spec *Spec) (fileID, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fileID{}, err
	}
	if spec.UID != Unset && uint32(spec.UID) != st.Uid || spec.GID != Unset && uint32(spec.GID) != st.Gid {
		if err := unix.Fchown(fd, spec.UID, spec.GID); err != nil {
			return idOf(&st), fmt.Errorf("set socket_user and socket_group: %w", err)
		}
	}
	if st.Mode&0o7777 != spec.Mode {
		if err := unix.Fchmod(fd, spec.Mode); err != nil {
			return idOf(&st), fmt.Errorf("set socket_mode: %w", err)
		}
	}
	return idOf(&st), nil
}
