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
	for deadline := time.Now().Add(giveUp); ; time.Sleep(25 * poll) {
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
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: v.From.AsSlice()}}
	c, err := w.dial(d, "tcp", v)
	if errors.Is(err, unix.ECONNREFUSED) {
		return Answer{Outcome: closed}
	}
	w.check(err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	data, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.t.Errorf("%v: no end of the connection from %v in %v, after %q", v.To, v.From, patience, data)
	}
	return w.answer(v, string(data))
}

// dial makes a socket of the root.
func (w *World) dial(d net.Dialer, network string, v Visit) (c net.Conn, err error) {
	w.root.Do(func() { c, err = d.Dial(network, v.To.String()) })
	if err != nil {
		err = fmt.Errorf("%v from %v: %w", v.To, v.From, err)
	}
	return c, err
}

func (w *World) answer(v Visit, data string) Answer {
	w.t.Helper()
	banner, report, err := ParseReport(data)
	if err != nil {
		w.t.Errorf("%v: %v", v.To, err)
	}
	if report == nil {
		return Answer{Outcome: turned, Banner: banner}
	}
	return Answer{Outcome: served, Banner: banner, Report: report}
}

// resend is after how long a datagram is sent again: xinetd throws those away
// that wait behind one that it refuses. A client who is to be let in gives up
// after giveUp, one who is not after quietly, since nothing tells him.
const (
	resend  = 100 * time.Millisecond
	giveUp  = 3 * time.Second
	quietly = 150 * time.Millisecond
)

// datagram sends one datagram and waits for one.
func (w *World) datagram(v Visit) Answer {
	w.t.Helper()
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: v.From.AsSlice()}}
	c, err := w.dial(d, "udp", v)
	w.check(err)
	defer c.Close()
	last := time.Now().Add(giveUp)
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
			return Answer{Outcome: turned}
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
