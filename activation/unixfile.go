// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileID tells a unix socket's file from any other that bears its name later.
// While the socket is open the kernel keeps the inode, so the pair is not given
// to another file. The zero value is no file.
type fileID struct{ dev, ino uint64 }

func idOf(st *unix.Stat_t) fileID { return fileID{uint64(st.Dev), st.Ino} }

// bindFile binds fd to spec.Path with the owner and mode that spec names.
//
// The file has its mode from the first moment on, cut by the umask and never
// wider than asked: on Linux bind(2) gives it the mode of the socket's own inode.
// So neither the umask, which all threads share, need be touched, nor a name be
// used that getsockname would show ever after. Owner and the rest of the mode
// follow before listen(2), until when nobody can connect.
func bindFile(fd int, spec *Spec) (fileID, error) {
	if err := unix.Fchmod(fd, spec.Mode); err != nil {
		return fileID{}, fmt.Errorf("set socket_mode: %w", err)
	}
	err := rawBind(fd, encodeUnix(spec.Path))
	if err == unix.EADDRINUSE {
		if err = removeStale(spec.Path); err != nil {
			return fileID{}, err
		}
		err = rawBind(fd, encodeUnix(spec.Path))
	}
	if err == unix.ENOENT {
		return fileID{}, fmt.Errorf("the directory %q does not exist", filepath.Dir(spec.Path))
	}
	if err != nil {
		return fileID{}, err
	}
	return setOwnerAndMode(fd, spec)
}

// setOwnerAndMode changes the file that fd is bound to, or is, and tells which it is.
func setOwnerAndMode(fd int, spec *Spec) (fileID, error) {
	if spec.IsFIFO() {
		return setFIFO(fd, spec)
	}
	file, err := openBound(fd, spec.Path)
	if err != nil {
		return fileID{}, fmt.Errorf("open the socket's file: %w", err)
	}
	defer unix.Close(file)
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return fileID{}, err
	}
	if spec.UID != Unset && uint32(spec.UID) != st.Uid || spec.GID != Unset && uint32(spec.GID) != st.Gid {
		if err := unix.Fchownat(file, "", spec.UID, spec.GID, unix.AT_EMPTY_PATH); err != nil {
			return idOf(&st), fmt.Errorf("set socket_user and socket_group: %w", err)
		}
	}
	if st.Mode&0o7777 != spec.Mode {
		if err := chmodPath(file, spec.Mode); err != nil {
			return idOf(&st), fmt.Errorf("set socket_mode: %w", err)
		}
	}
	return idOf(&st), nil
}

// siocUnixFile is SIOCUNIXFILE of linux/un.h, since Linux 4.15.
const siocUnixFile = unix.SIOCPROTOPRIVATE

// openBound opens, as an O_PATH descriptor, the file that fd is bound to. As
// root it asks the socket itself (SIOCUNIXFILE): in a directory that others may
// write to, the path could lead to another file by now. Without CAP_NET_ADMIN
// the path must do; chown and chmod then fail on files of others.
func openBound(fd int, path string) (int, error) {
	r, _, errno := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), siocUnixFile, 0)
	if errno == 0 {
		return int(r), nil
	}
	return unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// chmodPath is fchmod for an O_PATH descriptor.
func chmodPath(fd int, mode uint32) error {
	if err := unix.Fchmodat(fd, "", mode, unix.AT_EMPTY_PATH); err == nil {
		return nil // fchmodat2, Linux 6.6
	}
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
}

// removeStale removes the socket file at path if no socket is bound to it any
// more. Whatever else is there stays, and is the error.
func removeStale(path string) error {
	file, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil // gone meanwhile
	}
	if err != nil {
		return err
	}
	defer unix.Close(file) // until then the inode is not given to another file
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return err
	}
	if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFSOCK {
		return fmt.Errorf("%s is in the way and is left alone", kindName(kind))
	}
	if err := probe(path); err != unix.ECONNREFUSED {
		return unix.EADDRINUSE
	}
	return idOf(&st).remove(path)
}

// probe tells whether a socket is bound to path: ECONNREFUSED if not. It asks as
// a datagram socket, so that it never stands in a living server's accept queue,
// and a stream socket that is bound and does not listen yet counts as alive: the
// kernel compares types (EPROTOTYPE) before it looks for a listener.
func probe(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return rawCall(unix.SYS_CONNECT, fd, encodeUnix(path))
}

// remove unlinks path if it is still the file id. Between a look and an unlink
// another process could have put its own socket there, so the file is first
// moved aside, looked at where nobody else expects it, and put back if it is
// not ours. The new name is never one that exists.
func (id fileID) remove(path string) error {
	if id == (fileID{}) || !id.isAt(path) {
		return nil
	}
	aside := filepath.Join(filepath.Dir(path), ".superd."+strconv.Itoa(unix.Getpid())+"."+strconv.FormatUint(id.ino, 10))
	err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, aside, unix.RENAME_NOREPLACE)
	if err == unix.ENOENT {
		return nil // somebody was faster
	}
	if err != nil {
		return fmt.Errorf("move the stale socket away: %w", err)
	}
	if id.isAt(aside) {
		return unix.Unlink(aside)
	}
	if err := unix.Renameat2(unix.AT_FDCWD, aside, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE); err != nil {
		return fmt.Errorf("move %q back: %w", aside, err)
	}
	return unix.EADDRINUSE
}

func (id fileID) isAt(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil && idOf(&st) == id
}

func kindName(kind uint32) string {
	switch kind {
	case unix.S_IFREG:
		return "a regular file"
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFLNK:
		return "a symbolic link"
	}
	return "a special file"
}

func rawBind(fd int, sa []byte) error { return rawCall(unix.SYS_BIND, fd, sa) }

// rawCall is bind or connect with an address as bytes: x/sys takes abstract
// names by another rule, and IPv6 zones by number only.
func rawCall(call uintptr, fd int, sa []byte) error {
	_, _, errno := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa[0])), uintptr(len(sa)))
	if errno != 0 {
		return errno
	}
	return nil
}
