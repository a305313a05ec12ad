// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// behaviours are what a client does; the program is /bin/sh -c of the text. Programs
// pass over SIGPIPE where the client is reset: on a connection the first write after
// that may give ECONNRESET, which brings no signal.
var behaviours = map[string]struct {
	program string
	client  func(x *talk)
}{
	"asks and ends":  {"cat", func(x *talk) { x.send("a\nb\n"); x.end(); x.rest() }},
	"asks and waits": {"read a; echo got $a", func(x *talk) { x.send("a\n"); x.rest() }},
	"one after the other": {"while read a; do echo $a$a; done", func(x *talk) {
		x.send("a\n")
		x.line()
		x.send("b\n")
		x.line()
		x.end()
		x.rest()
	}},
	"says nothing":         {"cat; echo empty", func(x *talk) { x.end(); x.rest() }},
	"is not asked":         {"echo hello", func(x *talk) { x.rest() }},
	"meets one who fails":  {"exit 3", func(x *talk) { x.rest() }},
	"meets one who dies":   {"echo x; kill -9 $$", func(x *talk) { x.rest() }},
	"counted after end":    {"wc -c", func(x *talk) { x.sendMuch(5 << 20); x.end(); x.rest() }},
	"gets much":            {"head -c 5000000 /dev/zero", func(x *talk) { x.rest() }},
	"gets much after end":  {"cat >/dev/null; head -c 5000000 /dev/zero", func(x *talk) { x.send("x"); x.end(); x.rest() }},
	"gets an end early":    {"exec >&-; cat >/dev/null", func(x *talk) { x.end(); x.rest() }},
	"input closed":         {"exec 0<&-; echo a; echo b", func(x *talk) { x.line(); x.line(); x.rest() }},
	"a child stays":        {"(read a; echo child $a) <&1 & echo parent", func(x *talk) { x.line(); x.send("x\n"); x.rest() }},
	"closes before output": {"trap '' PIPE; cat >/dev/null; while echo y; do :; done", func(x *talk) { x.send("x"); x.c.Close() }},
	"vanishes":             {"trap '' PIPE; read a; read b; while echo y; do :; done", func(x *talk) { x.send("x\n"); vanish(x.c) }},
	"vanishes in between":  {"trap '' PIPE; echo y; read a; while echo y; do :; done", func(x *talk) { x.line(); vanish(x.c) }},
	"vanishes from much":   {"trap '' PIPE; while echo yyyyyyyyyyyyyyyyyy; do :; done", func(x *talk) { x.line(); vanish(x.c) }},
	"vanishes unread":      {"trap '' PIPE; head -c 3 >/dev/null; while echo y; do :; done", func(x *talk) { x.send("x\ny"); x.line(); vanish(x.c) }},
	"urgent":               {"cat", func(x *talk) { x.send("a"); x.urgent(); x.send("b\n"); x.end(); x.rest() }},
}

// TestAsTheSocket: client and program see and end the same with the relay between
// them and without.
func TestAsTheSocket(t *testing.T) {
	h := newHouse(t, 100)
	for name, b := range behaviours {
		t.Run(name, func(t *testing.T) {
			run := func(relayed bool) string {
				c, conn := h.dial()
				defer c.Close()
				if !relayed {
					return converse(t, c, start(t, b.program, conn), b.client)
				}
				ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					t.Fatal(err)
				}
				cmd := start(t, b.program, ends[1])
				h.send(1, conn, ends[0])
				return converse(t, c, cmd, b.client)
			}
			direct, relayed := run(false), run(true)
			if direct != relayed {
				t.Errorf("on the socket itself:\n%s\nby the relay:\n%s", direct, relayed)
			}
		})
	}
}

// start starts a program with fd, which is given away, as its input and output.
func start(t *testing.T, text string, fd int) *exec.Cmd {
	t.Helper()
	f := os.NewFile(uintptr(fd), "stdio")
	defer f.Close()
	cmd := exec.Command("/bin/sh", "-c", text)
	cmd.Stdin, cmd.Stdout = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func converse(t *testing.T, c *net.TCPConn, cmd *exec.Cmd, client func(*talk)) string {
	t.Helper()
	x := &talk{c: c, r: bufio.NewReader(c)}
	client(x)
	watch := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	if !watch.Stop() {
		t.Error("the program did not end")
	}
	fmt.Fprintf(&x.log, "program: %v\n", err)
	return x.log.String()
}

// talk is a client who keeps a record.
type talk struct {
	c   *net.TCPConn
	r   *bufio.Reader
	log bytes.Buffer
}

func (x *talk) send(text string) {
	_, err := io.WriteString(x.c, text)
	fmt.Fprintf(&x.log, "sent %q: %v\n", text, err)
}

func (x *talk) sendMuch(n int64) {
	n, err := io.CopyN(x.c, noise(1), n)
	fmt.Fprintf(&x.log, "sent %d bytes: %v\n", n, err)
}

func (x *talk) urgent() {
	raw, err := x.c.SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { err = unix.Sendto(int(fd), []byte("!"), unix.MSG_OOB, nil) })
	}
	fmt.Fprintf(&x.log, "sent an urgent byte: %v\n", err)
}

func (x *talk) end() { fmt.Fprintf(&x.log, "end: %v\n", x.c.CloseWrite()) }

func (x *talk) line() {
	line, err := x.r.ReadString('\n')
	fmt.Fprintf(&x.log, "line %q: %v\n", line, err)
}

func (x *talk) rest() {
	b, err := io.ReadAll(x.r)
	fmt.Fprintf(&x.log, "%d bytes, first %.60q: %v\n", len(b), b[:min(len(b), 60)], err)
}
