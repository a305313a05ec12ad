// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"superd/internal/procnet"
)

// conn is a client's connection, or its connected datagram socket, with what
// came on it and no expect has taken yet.
type conn struct {
	net.Conn
	got bytes.Buffer
}

// splitAddr takes "udp:127.0.0.1:7" apart; without a network it is tcp, and a
// path is unix.
func splitAddr(addr string) (network, rest string) {
	for _, n := range []string{"tcp", "udp", "unix", "unixgram", "unixpacket"} {
		if rest, ok := strings.CutPrefix(addr, n+":"); ok {
			return n, rest
		}
	}
	if strings.HasPrefix(addr, "/") || strings.HasPrefix(addr, "@") {
		return "unix", addr
	}
	return "tcp", addr
}

var (
	givenMu sync.Mutex
	given   = map[int]bool{} // ports that some script of this process has
)

// ports sets variables to numbers of free ports. They lie below the range that
// the kernel gives to clients, so no other test's connection takes one.
func ports(s *state, ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Setenv(name, strconv.Itoa(freePort(ts)))
	}
}

func freePort(ts *testscript.TestScript) int {
	givenMu.Lock()
	defer givenMu.Unlock()
	for range 1000 {
		port := 10240 + rand.IntN(20000)
		if given[port] || !bindable(port) {
			continue
		}
		given[port] = true
		return port
	}
	ts.Fatalf("port: no free port found")
	return 0
}

func bindable(port int) bool {
	addr := fmt.Sprintf(":%d", port)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer l.Close()
	p, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	p.Close()
	return true
}

// waitPort waits until a socket is there, without becoming its client; negated,
// until there is none.
func waitPort(s *state, ts *testscript.TestScript, neg bool, args []string) {
	network, addr := splitAddr(args[0])
	for deadline := time.Now().Add(limit); ; time.Sleep(poll) {
		ok, err := s.bound(network, addr)
		ts.Check(err)
		if ok != neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("waitport: %s bound: %v\n%s", args[0], ok, s.outputs())
		}
	}
}

func (s *state) bound(network, addr string) (ok bool, err error) {
	look := func(dir string) {
		if strings.HasPrefix(network, "unix") {
			ok, err = procnet.BoundUnix(dir, addr)
			return
		}
		port, perr := strconv.ParseUint(addr[strings.LastIndexByte(addr, ':')+1:], 10, 16)
		if perr != nil {
			err = perr
			return
		}
		ok, err = procnet.Bound(dir, network, uint16(port))
	}
	if s.root == nil {
		look("/proc/thread-self/net")
		return ok, err
	}
	s.root.Do(func() { look("/proc/1/net") }) // its /proc does not know this process
	return ok, err
}

// dial makes a client. Negated, the connection must be refused.
func dial(s *state, ts *testscript.TestScript, neg bool, args []string) {
	var from string
	if args[0] == "-from" && len(args) == 4 {
		from, args = args[1], args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: dial [-from ADDR] NAME [NETWORK:]ADDR")
	}
	network, addr := splitAddr(args[1])
	c, err := s.connect(network, addr, from)
	if neg {
		if err == nil {
			c.Close()
			ts.Fatalf("dial: %s answers\n%s", args[1], s.outputs())
		}
		return
	}
	if err != nil {
		ts.Fatalf("dial: %v\n%s", err, s.outputs())
	}
	if old := s.conns[args[0]]; old != nil {
		old.Close()
	}
	s.conns[args[0]] = &conn{Conn: c}
}

func (s *state) connect(network, addr, from string) (c net.Conn, err error) {
	d := net.Dialer{Timeout: limit}
	switch {
	case network == "unixgram":
		// A peer can answer only a socket that has a name.
		d.LocalAddr = &net.UnixAddr{Net: network, Name: fmt.Sprintf("@superd-test-%d-%d", os.Getpid(), rand.Uint64())}
	case from != "" && network == "tcp":
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	case from != "" && network == "udp":
		d.LocalAddr = &net.UDPAddr{IP: net.ParseIP(from)}
	}
	if s.root == nil {
		return d.Dial(network, addr)
	}
	s.root.Do(func() { c, err = d.Dial(network, addr) })
	return c, err
}

func (s *state) conn(ts *testscript.TestScript, name string) *conn {
	c := s.conns[name]
	if c == nil {
		ts.Fatalf("no connection %q was dialled", name)
	}
	ts.Check(c.SetDeadline(time.Now().Add(limit)))
	return c
}

// send writes text, in which Go's escapes stand for what they mean.
func send(s *state, ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	_, err = io.WriteString(s.conn(ts, args[0]), text)
	ts.Check(err)
}

// expect reads until the pattern matches and takes all up to its end.
func expect(s *state, ts *testscript.TestScript, _ bool, args []string) {
	c, re := s.conn(ts, args[0]), pattern(ts, args[1])
	buf := make([]byte, 64<<10)
	for {
		if m := re.FindIndex(c.got.Bytes()); m != nil {
			c.got.Next(m[1])
			return
		}
		n, err := c.Read(buf)
		c.got.Write(buf[:n])
		if err != nil && n == 0 {
			ts.Fatalf("expect: %q has %q, then %v; want %q\n%s", args[0], c.got.String(), err, args[1], s.outputs())
		}
	}
}

// closes reads to the end of the stream; nothing may come before it but the
// end of a line whose text an expect took.
func closes(s *state, ts *testscript.TestScript, _ bool, args []string) {
	if rest, err := s.rest(ts, args[0]); err != nil || rest != "" {
		ts.Fatalf("closes: %q has %q, then %v\n%s", args[0], rest, err, s.outputs())
	}
}

// resets wants the connection to end with a reset.
func resets(s *state, ts *testscript.TestScript, _ bool, args []string) {
	if rest, err := s.rest(ts, args[0]); !errors.Is(err, syscall.ECONNRESET) {
		ts.Fatalf("resets: %q has %q, then %v\n%s", args[0], rest, err, s.outputs())
	}
}

func (s *state) rest(ts *testscript.TestScript, name string) (string, error) {
	c := s.conn(ts, name)
	_, err := io.Copy(&c.got, c.Conn)
	return strings.TrimLeft(c.got.String(), "\r\n"), err
}

// shutdown ends the client's sending side.
func shutdown(s *state, ts *testscript.TestScript, _ bool, args []string) {
	c, ok := s.conn(ts, args[0]).Conn.(interface{ CloseWrite() error })
	if !ok {
		ts.Fatalf("shutdown: %q is no stream", args[0])
	}
	ts.Check(c.CloseWrite())
}

// hangup closes the connection, with -rst by a reset.
func hangup(s *state, ts *testscript.TestScript, _ bool, args []string) {
	name := args[len(args)-1]
	c := s.conn(ts, name)
	if t, ok := c.Conn.(*net.TCPConn); ok && args[0] == "-rst" {
		ts.Check(t.SetLinger(0))
	}
	ts.Check(c.Close())
	delete(s.conns, name)
}
