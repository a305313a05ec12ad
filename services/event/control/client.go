// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What keeps a client from asking.
var (
	ErrNotRunning = errors.New("superd is not running")
	ErrDenied     = errors.New("permission denied")
)

// maxPath is the length of a unix socket's path that the kernel takes.
const maxPath = 107

// connectWait is how long a client waits for a superd that is too busy to accept.
const connectWait = 5 // seconds

// DefaultPath is where the control socket of a superd is that was told nothing else:
// root's, or that of a user whose runtime folder (XDG_RUNTIME_DIR) is dir. "" is none.
func DefaultPath(root bool, dir string) string {
	switch {
	case root:
		return "/run/superd/control.sock"
	case strings.HasPrefix(dir, "/"): // the specification: other values are to be ignored
		return dir + "/superd/control.sock"
	}
	return ""
}

// Client asks a superd.
type Client struct {
	path string
	file *os.File
	in   *bufio.Reader
}

// Dial connects to the control socket at path.
func Dial(path string) (*Client, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("cannot ask superd by %q: the path has more than %d bytes", path, maxPath)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket: %w", err)
	}
	// connect(2) waits for room in the backlog as long as a send may take.
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: connectWait})
	for err == nil {
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != unix.EINTR {
			break
		}
		err = nil
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return nil, dialError(path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	return &Client{path: path, file: f, in: bufio.NewReaderSize(f, 64<<10)}, nil
}

func dialError(path string, err error) error {
	switch err {
	case unix.ENOENT, unix.ENOTDIR, unix.ECONNREFUSED:
		return fmt.Errorf("cannot ask superd by %q: %w", path, ErrNotRunning)
	case unix.EACCES, unix.EPERM:
		return fmt.Errorf("cannot ask superd by %q: %w", path, ErrDenied)
	case unix.EAGAIN:
		return fmt.Errorf("cannot ask superd by %q: it does not answer", path)
	}
	return fmt.Errorf("cannot ask superd by %q: %w", path, err)
}

// Close ends the connection.
func (c *Client) Close() error { return c.file.Close() }

// Call sends a request and waits for the answer, whose result goes into what v points
// to; nil: it is not wanted. wait = 0 is for ever. An error of superd's is an
// *Error.
func (c *Client) Call(r Request, v any, wait time.Duration) error {
	r.Version = Version
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("cannot word the request: %w", err)
	}
	var until time.Time
	if wait > 0 {
		until = time.Now().Add(wait)
	}
	c.file.SetDeadline(until)
	// A superd that has no room for us says so before it reads: its answer is worth
	// more than the error of this write.
	_, werr := c.file.Write(append(data, '\n'))
	// The result is decoded in the one pass over the line: it may be large.
	a := struct {
		Version int    `json:"v"`
		Result  any    `json:"result"`
		Error   *Error `json:"error"`
	}{Result: v}
	err = c.next(&a)
	switch {
	case err == io.EOF && werr == nil:
		return fmt.Errorf("cannot ask superd by %q: it has closed the connection", c.path)
	case err != nil && werr != nil:
		return fmt.Errorf("cannot ask superd by %q: %w", c.path, werr)
	case err != nil:
		return err
	case a.Error != nil:
		return a.Error
	}
	return checkVersion(a.Version)
}

// Next reads a line of superd's. io.EOF says that superd has closed the connection.
func (c *Client) Next() (*Answer, error) {
	a := new(Answer)
	if err := c.next(a); err != nil {
		return nil, err
	}
	return a, checkVersion(a.Version)
}

func (c *Client) next(v any) error {
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("cannot ask superd by %q: it does not answer", c.path)
		}
		if err == io.EOF || errors.Is(err, unix.ECONNRESET) {
			return io.EOF
		}
		return fmt.Errorf("cannot ask superd by %q: %w", c.path, err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("cannot understand superd's answer: %w", err)
	}
	return nil
}

func checkVersion(v int) error {
	if v != Version {
		return fmt.Errorf("superd speaks version %d of the protocol, this is version %d", v, Version)
	}
	return nil
}

// Forever takes the time limit of the last Call away, for whoever calls Next.
func (c *Client) Forever() { c.file.SetDeadline(time.Time{}) }

// Process gives a pidfd of the superd at the other end, the caller's to close; -1 if
// there is none to be had.
func (c *Client) Process() int {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return -1
	}
	pidfd := -1
	_ = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil || cred.Pid <= 0 {
			return
		}
		if p, err := unix.PidfdOpen(int(cred.Pid), 0); err == nil {
			pidfd = p
		}
	})
	return pidfd
}
