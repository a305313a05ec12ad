// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTalk(t *testing.T) {
	h := newHouse(t, 10)
	c, p := h.meet()
	defer p.Close()
	defer c.Close()
	for i := range 100 {
		h.say(c, fmt.Sprintf("question %d\n", i))
		h.hears(p, fmt.Sprintf("question %d\n", i))
		h.say(p, fmt.Sprintf("answer %d\n", i))
		h.hears(c, fmt.Sprintf("answer %d\n", i))
	}
}

func TestHalfClose(t *testing.T) {
	h := newHouse(t, 10)
	t.Run("client first", func(t *testing.T) {
		c, p := h.meet()
		defer p.Close()
		defer c.Close()
		h.say(c, "all")
		c.CloseWrite()
		h.hears(p, "all")
		h.hearsEnd(p)
		h.say(p, "the answer comes after the end")
		h.hears(c, "the answer comes after the end")
		p.Close()
		h.hearsEnd(c)
	})
	t.Run("program first", func(t *testing.T) {
		c, p := h.meet()
		defer p.Close()
		defer c.Close()
		h.say(p, "all")
		p.CloseWrite()
		h.hears(c, "all")
		h.hearsEnd(c)
		h.say(c, "the program still listens")
		h.hears(p, "the program still listens")
		c.CloseWrite()
		h.hearsEnd(p)
	})
	t.Run("both, and the program lives on", func(t *testing.T) {
		c, p := h.meet()
		defer p.Close()
		defer c.Close()
		c.CloseWrite()
		p.CloseWrite()
		h.hearsEnd(c)
		h.hearsEnd(p)
		h.breaks(c, unix.ECONNRESET, unix.EPIPE) // nobody has it any more
	})
	t.Run("program gone while the client goes on sending", func(t *testing.T) {
		c, p := h.meet()
		defer c.Close()
		h.say(p, "bye")
		p.Close()
		h.hears(c, "bye")
		h.hearsEnd(c)
		h.breaks(c, unix.ECONNRESET, unix.EPIPE)
	})
}

// TestVanishingClient: what was sent before a reset is still read, and what is written
// after it fails at once.
func TestVanishingClient(t *testing.T) {
	h := newHouse(t, 10)
	for name, stage := range map[string]func(c *net.TCPConn, p *net.UnixConn){
		"at once":          func(*net.TCPConn, *net.UnixConn) {},
		"after a question": func(c *net.TCPConn, p *net.UnixConn) { h.say(c, "x"); h.hears(p, "x") },
		"in an answer":     func(c *net.TCPConn, p *net.UnixConn) { h.say(p, "xy"); h.hears(c, "x") },
		"after its end":    func(c *net.TCPConn, p *net.UnixConn) { c.CloseWrite(); h.hearsEnd(p) },
		"after the program's end": func(c *net.TCPConn, p *net.UnixConn) {
			p.CloseWrite()
			h.hearsEnd(c)
		},
		"while the program is held up": func(c *net.TCPConn, p *net.UnixConn) { fill(p) },
		"while it is held up":          func(c *net.TCPConn, p *net.UnixConn) { fill(c) },
	} {
		t.Run(name, func(t *testing.T) {
			c, p := h.meet()
			defer p.Close()
			stage(c, p)
			vanish(c)
			p.SetDeadline(time.Now().Add(limit))
			if name != "after the program's end" {
				h.breaks(p, unix.EPIPE, unix.ECONNRESET)
			}
			if _, err := io.Copy(io.Discard, p); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Error(err)
			}
		})
	}
}

// fill writes until nothing goes any more.
func fill(c net.Conn) {
	c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	for buf := make([]byte, 1<<16); ; {
		if _, err := c.Write(buf); err != nil {
			return
		}
	}
}

// TestBothWays: 100 MB each way at the same time, with one who reads slowly at first.
func TestBothWays(t *testing.T) {
	h := newHouse(t, 10)
	c, p := h.meet()
	defer p.Close()
	defer c.Close()
	const size = 100 << 20
	var all sync.WaitGroup
	send := func(to net.Conn, seed byte, end func() error) {
		defer all.Done()
		if _, err := io.CopyN(to, noise(seed), size); err != nil {
			t.Error(err)
		}
		end()
	}
	read := func(from net.Conn, seed byte) {
		defer all.Done()
		got, want := sha256.New(), sha256.New()
		n, err := io.Copy(got, from)
		if err != nil || n != size {
			t.Errorf("%d bytes, %v", n, err)
		}
		io.CopyN(want, noise(seed), size)
		if !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
			t.Error("the bytes are others")
		}
	}
	for _, x := range []net.Conn{c, p} {
		x.SetDeadline(time.Now().Add(3 * limit))
	}
	all.Add(4)
	go send(c, 1, c.CloseWrite)
	go send(p, 2, p.CloseWrite)
	go read(p, 1)
	go read(c, 2)
	all.Wait()
}

func noise(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// TestHeldUp: who does not read holds up who writes, but not other pairs nor the
// other direction, and little is on the way.
func TestHeldUp(t *testing.T) {
	h := newHouse(t, 10)
	c, p := h.meet()
	defer p.Close()
	defer c.Close()
	p.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	sent := 0
	for buf := make([]byte, 4096); ; {
		n, err := p.Write(buf)
		sent += n
		if err != nil {
			break
		}
	}
	if sent > 16<<20 {
		t.Errorf("%d MiB were taken from a program whose client does not read", sent>>20)
	}
	h.say(c, "the other direction goes")
	h.hears(p, "the other direction goes")
	c2, p2 := h.meet()
	defer c2.Close()
	h.say(p2, "and so do others")
	h.hears(c2, "and so do others")
	p2.Close()
	p.Close()
	if n, err := io.Copy(io.Discard, c); n != int64(sent) || err != nil {
		t.Errorf("%d bytes of %d, %v", n, sent, err)
	}
}

// TestInputClosedEarly: a program that shuts its input goes on answering.
func TestInputClosedEarly(t *testing.T) {
	h := newHouse(t, 10)
	c, p := h.meet()
	defer c.Close()
	p.CloseRead()
	h.say(c, "unread")
	h.say(p, "answer")
	h.hears(c, "answer")
	h.say(c, "unread")
	h.say(p, "another")
	h.hears(c, "another")
	p.Close()
	if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
}

// TestOrphan: a client who takes nothing of what a program left is given up, one who
// takes it slowly is not.
func TestOrphan(t *testing.T) {
	h := newHouseWith(t, 10, time.Second, 20*time.Millisecond)
	slow, p := h.meet()
	defer slow.Close()
	never, q := h.meet()
	defer never.Close()
	var sent [2]int64
	for i, x := range []*net.UnixConn{p, q} {
		x.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		for buf := make([]byte, 1<<16); ; {
			n, err := x.Write(buf)
			if sent[i] += int64(n); err != nil {
				break
			}
		}
		x.Close()
	}
	var got int64
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for buf := make([]byte, 256<<10); ; <-tick.C {
		n, err := slow.Read(buf)
		if got += int64(n); err != nil {
			break
		}
	}
	if got != sent[0] {
		t.Errorf("one who takes its time had %d of %d bytes", got, sent[0])
	}
	h.Helper()
	unix.Close(h.channel) // the relay ends although one client never reads
	h.channel = -1
	h.ends()
	if n, _ := io.Copy(io.Discard, never); n >= sent[1] {
		t.Errorf("one that was given up had all %d bytes", n)
	}
	h.listen.Close()
}

// TestEndOfSuperd: what runs is finished, what is queued is begun, then the relay ends.
func TestEndOfSuperd(t *testing.T) {
	h := newHouse(t, 1)
	c, p := h.meet()
	defer c.Close()
	h.say(c, "x")
	h.hears(p, "x")
	c2, p2 := h.meet()
	defer c2.Close()
	unix.Close(h.channel)
	h.channel = -1
	h.say(p, "y")
	h.hears(c, "y")
	h.say(c2, "there is no room yet")
	p.Close()
	h.hears(p2, "there is no room yet")
	p2.Close()
	h.hearsEnd(c2)
	h.ends()
	h.listen.Close()
}

// TestNoRoom: messages wait while there are as many pairs as may be.
func TestNoRoom(t *testing.T) {
	h := newHouse(t, 2)
	var cs []*net.TCPConn
	var ps []*net.UnixConn
	for range 20 {
		c, p := h.meet()
		cs, ps = append(cs, c), append(ps, p)
	}
	for i := range cs {
		h.say(cs[i], "x")
		h.hears(ps[i], "x")
		ps[i].Close()
		h.hearsEnd(cs[i])
		cs[i].Close()
	}
}

// TestMalformed: what is no message costs nothing, and the next one is heard.
func TestMalformed(t *testing.T) {
	h := newHouse(t, 10)
	a, b := socketPair(t, unix.SOCK_STREAM)
	dgram, _ := socketPair(t, unix.SOCK_DGRAM)
	during := openFiles(t)
	for _, m := range []struct {
		text string
		fds  []int
	}{
		{"", nil}, {"", []int{a}}, {"relay\nid=1\n", nil}, {"relay\nid=1\n", []int{a}}, {"relay\nid=1\n", []int{a, b, a}},
		{"relay\nid=1\n", []int{a, dgram}}, {"other\nid=1\n", []int{a, b}}, {strings.Repeat("x", 10000), []int{a, b}},
	} {
		var rights []byte
		if m.fds != nil {
			rights = unix.UnixRights(m.fds...)
		}
		if err := unix.Sendmsg(h.channel, []byte(m.text), rights, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	h.settles("complaints", func() bool { return strings.Count(h.told.String(), "cannot use a message of superd") == 8 })
	h.settles("closed", func() bool { return openFiles(t) <= during+1 }) // and the relay's epoll
	c, p := h.meet()
	defer c.Close()
	defer p.Close()
	h.say(c, "x")
	h.hears(p, "x")
}

// TestThousands at once, then one after the other: nothing is mixed up or left.
func TestThousands(t *testing.T) {
	h := newHouse(t, 5000)
	n := 2000
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil && lim.Cur < uint64(4*n+100) {
		n = int(lim.Cur-100) / 4
	}
	cs, ps := make([]*net.TCPConn, n), make([]*net.UnixConn, n)
	for i := range n {
		cs[i], ps[i] = h.meet()
	}
	for i := range n {
		h.say(cs[i], fmt.Sprintf("question %d;", i))
		h.say(ps[i], fmt.Sprintf("answer %d;", i))
	}
	for i := range n {
		h.hears(ps[i], fmt.Sprintf("question %d;", i))
		h.hears(cs[i], fmt.Sprintf("answer %d;", i))
		switch i % 3 {
		case 0:
			ps[i].Close()
			h.hearsEnd(cs[i])
			cs[i].Close()
		case 1:
			vanish(cs[i])
			io.Copy(io.Discard, ps[i])
			ps[i].Close()
		default:
			cs[i].CloseWrite()
			h.hearsEnd(ps[i])
			ps[i].Close()
			cs[i].Close()
		}
	}
}

func TestUnixClient(t *testing.T) {
	h := newHouse(t, 10)
	a, b := socketPair(t, unix.SOCK_STREAM)
	fd, err := unix.FcntlInt(uintptr(b), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(b)
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.send(3, fd, ends[0])
	p := programOf(t, ends[1])
	defer p.Close()
	unix.Write(a, []byte("question"))
	h.hears(p, "question")
	unix.Close(a)
	h.breaks(p, unix.EPIPE)
	if n, err := p.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("after the end: %d, %v", n, err)
	}
}

func TestPairs(t *testing.T) {
	for limit, want := range map[uint64]int{0: 1, 17: 1, 18: 1, 20: 2, 1024: 504, ^uint64(0): 1 << 24} {
		if got := Pairs(limit); got != want {
			t.Errorf("with %d descriptors %d pairs, want %d", limit, got, want)
		}
	}
	for _, n := range []int{1, 2, 1000} {
		if got := Pairs(uint64(Descriptors(n))); got != n {
			t.Errorf("%d pairs need %d descriptors, which are enough for %d", n, Descriptors(n), got)
		}
	}
}
