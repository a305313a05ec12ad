// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Answer is what one client saw.
type Answer struct {
	Outcome string // "served", "turned away" (no report), "no socket" (the kernel refused)
	File    string // of a local socket: its mode and owners
	Banner  string
	Report  Report // of "served"
}

const (
	served = "served"
	turned = "turned away"
	closed = "no socket"
)

// Visit is one connection, or one datagram, of a client.
func (w *World) Visit(s Service, v Visit) Answer {
	w.t.Helper()
	if s.Datagram() {
		return w.datagram(v)
	}
	for deadline := time.Now().Add(w.giveUp); ; time.Sleep(25 * poll) {
		a := w.connect(v)
		// A limit that the handler before has not yet left is no refusal. More than
		// a few tries would be too many for cps.
		if a.Outcome == served || !v.In || !s.crowded() || s.byName() && v.From.IsLoopback() || time.Now().After(deadline) {
			return a
		}
	}
}

// connect makes one connection and reads to its end.
func (w *World) connect(v Visit) Answer {
	w.t.Helper()
	d := net.Dialer{Timeout: patience}
	network := "unix"
	if v.Path == "" {
		network, d.LocalAddr = "tcp", &net.TCPAddr{IP: v.From.AsSlice()}
	}
	c, err := w.dial(d, network, v)
	if errors.Is(err, unix.ECONNREFUSED) || v.Path != "" && errors.Is(err, unix.ENOENT) {
		return Answer{Outcome: closed}
	}
	w.check(err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	data, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.t.Errorf("%v: no end of the connection in %v, after %q", v, patience, data)
	}
	return w.answer(v, string(data))
}

// dial makes a socket of the root.
func (w *World) dial(d net.Dialer, network string, v Visit) (c net.Conn, err error) {
	to := v.Path
	if to == "" {
		to = v.To.String()
	}
	w.root.Do(func() { c, err = d.Dial(network, to) })
	if err != nil {
		err = fmt.Errorf("%v: %w", v, err)
	}
	return c, err
}

// sender makes a socket of the root that sends datagrams. To answer one, a program
// must know whose it was: on a local socket, an abstract name, which needs no file
// that its user may write to.
func (w *World) sender(v Visit) (net.Conn, error) {
	if v.Path != "" {
		return w.dial(net.Dialer{LocalAddr: &net.UnixAddr{Name: "@difftest", Net: "unixgram"}}, "unixgram", v)
	}
	return w.dial(net.Dialer{LocalAddr: &net.UDPAddr{IP: v.From.AsSlice()}}, "udp", v)
}

// socketFile tells what a local socket's file is to others.
func (w *World) socketFile(v Visit) (what string) {
	if v.Path == "" {
		return ""
	}
	w.root.Do(func() {
		var st unix.Stat_t
		if err := unix.Lstat(v.Path, &st); err != nil {
			what = err.Error()
			return
		}
		what = fmt.Sprintf("%o %d:%d", st.Mode, st.Uid, st.Gid)
	})
	return what
}

func (w *World) answer(v Visit, data string) Answer {
	w.t.Helper()
	banner, report, err := ParseReport(data)
	if err != nil {
		w.t.Errorf("%v: %v", v, err)
	}
	a := Answer{Outcome: turned, File: w.socketFile(v), Banner: banner, Report: report}
	if report != nil {
		a.Outcome = served
	}
	return a
}

// resend is after how long a datagram is sent again: xinetd throws those away
// that wait behind one that it refuses. A client who is to be let in gives up
// after giveUp, unless a World says otherwise, one who is not after quietly, since
// nothing tells him.
const (
	resend  = 100 * time.Millisecond
	giveUp  = 3 * time.Second
	quietly = 150 * time.Millisecond
)

// datagram sends one datagram and waits for one.
func (w *World) datagram(v Visit) Answer {
	w.t.Helper()
	c, err := w.sender(v)
	if v.Path != "" && (errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED)) {
		return Answer{Outcome: closed}
	}
	w.check(err)
	defer c.Close()
	last := time.Now().Add(w.giveUp)
	if !v.In {
		last = time.Now().Add(quietly)
	}
	buf := make([]byte, 65536)
	for {
		c.Write([]byte("x"))
		c.SetReadDeadline(time.Now().Add(resend))
		n, err := c.Read(buf)
		switch {
		case err == nil:
			return w.answer(v, string(buf[:n]))
		case errors.Is(err, unix.ECONNREFUSED):
			return Answer{Outcome: closed}
		case time.Now().After(last):
			return Answer{Outcome: turned, File: w.socketFile(v)}
		}
	}
}

// anyPort is "inet ADDRESS PORT" without the port.
func anyPort(s string) string {
	if f := strings.Fields(s); len(f) == 3 {
		return f[0] + " " + f[1]
	}
	return s
}
