// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// activate starts a program as a service manager would, with sockets. They stay
// open here to the end of the script, as the manager's do, and what is asked for
// again is the same socket.
func activate(s *state, ts *testscript.TestScript, _ bool, args []string) {
	name, args := args[0], args[1:]
	var files []*os.File
	var names, env []string
	for len(args) > 0 && args[0] != "--" {
		word, what, ok := strings.Cut(args[0], "=")
		switch {
		case !ok:
			ts.Fatalf("activate: %q: want NAME=SOCKET or VARIABLE=VALUE", args[0])
		case isVariable(word):
			env = append(env, args[0])
		default:
			f, err := s.inherit(ts, what)
			ts.Check(err)
			files, names = append(files, f), append(names, word)
		}
		args = args[1:]
	}
	if len(args) < 2 {
		ts.Fatalf("activate: no program")
	}
	// LISTEN_PID is known to nobody before the process is there.
	cmd := s.command(ts, "sh", append([]string{"-c", `export LISTEN_PID=${LISTEN_PID-$$}; exec "$@"`, "sh"}, args[1:]...))
	if path, err := lookPath(ts, args[1]); err == nil {
		cmd.Args[4] = path
	}
	cmd.ExtraFiles = files
	cmd.Env = append(cmd.Env, "LISTEN_FDS="+strconv.Itoa(len(files)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	cmd.Env = append(cmd.Env, env...)
	s.run(ts, name, cmd)
}

var isVariable = regexp.MustCompile(`^[A-Z_]+$`).MatchString

// inherit opens what a script asks for: NETWORK:ADDR, fifo:PATH, file:PATH,
// bound:ADDR (tcp, and nobody listens), closed.
func (s *state) inherit(ts *testscript.TestScript, what string) (*os.File, error) {
	if f, ok := s.given[what]; ok {
		return f, nil
	}
	f, err := openGiven(ts, what)
	if err != nil {
		return nil, fmt.Errorf("activate: %s: %v", what, err)
	}
	s.given[what] = f
	return f, nil
}

func openGiven(ts *testscript.TestScript, what string) (*os.File, error) {
	kind, rest, _ := strings.Cut(what, ":")
	switch kind {
	case "closed":
		return nil, nil
	case "file":
		return os.OpenFile(ts.MkAbs(rest), os.O_RDWR|os.O_CREATE, 0o600)
	case "fifo":
		if err := unix.Mkfifo(ts.MkAbs(rest), 0o666); err != nil {
			return nil, err
		}
		return os.OpenFile(ts.MkAbs(rest), os.O_RDWR|unix.O_NONBLOCK, 0)
	case "bound":
		return boundSocket(rest)
	}
	network, addr := splitAddr(what)
	var l interface{ File() (*os.File, error) }
	switch network {
	case "udp", "unixgram":
		c, err := net.ListenPacket(network, addr)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		l = c.(interface{ File() (*os.File, error) })
	default:
		c, err := net.Listen(network, addr)
		if err != nil {
			return nil, err
		}
		if u, ok := c.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		defer c.Close()
		l = c.(interface{ File() (*os.File, error) })
	}
	return l.File()
}

func boundSocket(addr string) (*os.File, error) {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), addr), nil
}
