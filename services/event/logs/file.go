// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// writeSize is how many bytes a File collects before it writes without being
// told to.
const writeSize = 64 << 10

// File is a Sink that writes lines to a descriptor. Each write is of whole lines
// to the end of the file, so that handlers may write to the same file.
type File struct {
	path   string // "" for standard error
	mode   uint32
	fd     int
	out    outlet // what is written to
	encode Encoder
	buf    []byte

	lost  int64 // lines since the last write that succeeded
	cause error
	torn  bool // the last line in the file is not whole
}

// Descriptor is a File on a descriptor of the caller's, which it never closes.
// Where nobody reads what is written to it, lines are lost; no write waits long.
func Descriptor(fd int, encode Encoder) *File {
	return &File{fd: fd, out: outletTo(fd), encode: encode}
}

// Stderr is the Descriptor 2.
func Stderr(encode Encoder) *File { return Descriptor(2, encode) }

// OpenFile opens a log file for append, and makes it with mode 0640 if there is
// none. Its descriptor gets a number from highBase on, if RLIMIT_NOFILE has room
// there. A symbolic link is not followed.
func OpenFile(path string, highBase int, encode Encoder) (*File, error) {
	return OpenFileMode(path, 0o640, highBase, encode)
}

// OpenFileMode is OpenFile with another mode for a file that is made.
func OpenFileMode(path string, mode uint32, highBase int, encode Encoder) (*File, error) {
	fd, err := openLog(path, mode)
	if err != nil {
		return nil, err
	}
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, highBase); err == nil {
		unix.Close(fd)
		fd = high
	}
	return &File{path: path, mode: mode, fd: fd, out: outlet{fd: fd}, encode: encode}, nil
}

// AdoptFile is a File on a descriptor of path's that is open already, and becomes the
// File's; nil if fd is below 0. A file that is made by Reopen has mode 0640.
func AdoptFile(fd int, path string, encode Encoder) *File {
	return AdoptFileMode(fd, path, 0o640, encode)
}

// AdoptFileMode is AdoptFile with another mode for a file that is made.
func AdoptFileMode(fd int, path string, mode uint32, encode Encoder) *File {
	if fd < 0 {
		return nil
	}
	return &File{path: path, mode: mode, fd: fd, out: outlet{fd: fd}, encode: encode}
}

// Path is the file's; "" of a Descriptor.
func (f *File) Path() string { return f.path }

func openLog(path string, mode uint32) (int, error) {
	// O_NONBLOCK, because the open of a fifo that nobody reads would wait.
	const flags = unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NOCTTY | unix.O_NONBLOCK
	fd, err := unix.Open(path, flags, mode)
	if err == unix.ELOOP {
		err = errors.New("it is a symbolic link")
	}
	if err != nil {
		return -1, fmt.Errorf("cannot open the log file %q: %w", path, err)
	}
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	if kind := st.Mode & unix.S_IFMT; err == nil && kind != unix.S_IFREG && kind != unix.S_IFCHR {
		err = errors.New("it is neither a regular file nor a device")
	}
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("cannot open the log file %q: %w", path, err)
	}
	return fd, nil
}

// FD is the descriptor, the same one over a Reopen: a handler's stderr may be a
// copy of it.
func (f *File) FD() int { return f.fd }

// Emit appends e's line to what the next Flush writes.
func (f *File) Emit(e *event.Event) {
	f.buf = f.encode(f.buf, e)
	if len(f.buf) >= writeSize {
		f.Flush()
	}
}

// Size is how large the file is, of a device 0.
func (f *File) Size() int64 {
	var st unix.Stat_t
	if unix.Fstat(f.fd, &st) != nil {
		return 0
	}
	return st.Size
}

// Flush writes the lines. If the disk is full they are lost and counted; the
// first write that succeeds again says how many.
func (f *File) Flush() {
	if len(f.buf) == 0 {
		return
	}
	if f.lost == 0 || f.writeLoss() {
		f.write(f.buf)
	} else {
		f.lost += int64(bytes.Count(f.buf, newline))
	}
	f.buf = f.buf[:0]
	if cap(f.buf) > 2*writeSize {
		f.buf = nil // after one very long line
	}
}

// writeLoss tells in the log what was lost of it, and whether that worked.
func (f *File) writeLoss() bool {
	lost, cause := f.lost, f.cause
	var text []byte
	if f.torn {
		text = append(text, '\n')
	}
	text = f.encode(text, &event.Event{Time: time.Now(), Kind: event.Dropped, Level: event.LevelWarning, Count: lost, Err: cause.Error()})
	f.lost = 0
	if f.write(text); f.lost != 0 {
		f.lost, f.cause = lost, cause
		return false
	}
	return true
}

var newline = []byte{'\n'}

// write writes whole lines, and counts those that it could not.
func (f *File) write(text []byte) {
	n, err := f.out.writeAll(text)
	if err == nil {
		f.torn = false
		return
	}
	f.lost += int64(bytes.Count(text[n:], newline))
	f.cause = err
	if n > 0 {
		f.torn = text[n-1] != '\n'
	}
}

// Reopen opens the path anew, after log rotation has renamed the file.
func (f *File) Reopen() error {
	f.Flush()
	if f.path == "" {
		return nil
	}
	fd, err := openLog(f.path, f.mode)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	// The number stays: the engine's thread may hand it to a child just now.
	if err := unix.Dup3(fd, f.fd, unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("cannot open the log file %q: %w", f.path, err)
	}
	return nil
}

// Close writes what is left and closes the descriptor.
func (f *File) Close() error {
	f.Flush()
	if f.path == "" && f.out.fd != f.fd {
		unix.Close(f.out.fd)
		f.out.fd = f.fd
	}
	if f.path == "" || f.fd < 0 {
		return nil
	}
	err := unix.Close(f.fd)
	f.fd = -1
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("cannot close the log file %q: %w", f.path, err)
	}
	return nil
}
