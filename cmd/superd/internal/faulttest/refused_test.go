// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"io"
	"net"
	"testing"
	"time"
)

// turnedAway has n clients refused, one after the other, who send something first.
func turnedAway(t *testing.T, addr string, n int) {
	t.Helper()
	for range n {
		c := dial(t, "tcp", addr)
		io.WriteString(c, "x\n")
		if b, err := io.ReadAll(c); len(b) > 0 {
			t.Fatalf("a client that should be refused read %q, %v", b, err)
		}
		c.Close()
	}
}

// soak has thousands of clients refused, by a service's own rule, and asserts
// that superd has then as much memory and as many descriptors as after the first
// of them.
func soak(t *testing.T, rest, reason string) {
	t.Helper()
	s, well, ill := beside(t, with{}, rest)
	before := s.descriptors()
	const first, more = 2000, 16000
	turnedAway(t, ill, first)
	s.waitLog(`event=refuse.*reason=` + reason)
	rss := s.field("VmRSS")
	turnedAway(t, ill, more)
	unharmed(t, well)
	s.quiet(before, "thousands of clients were refused")
	// The collector's ups and downs are up to some MB; 4 MB are 256 bytes a client,
	// less than the record of a session.
	if after := s.field("VmRSS"); after > rss+4<<10 && !raced {
		t.Errorf("%d kB resident after %d refusals, %d after %d", rss, first, after, first+more)
	}
}

// CVE-2003-0211: each connection that xinetd refused cost it memory, until it had
// none. CVE-2013-3571: each that socat refused by an address rule cost it a
// descriptor.
func TestCVE20030211(t *testing.T) {
	soak(t, "exec = [\"/bin/cat\"]\nonly_from = [\"192.0.2.0/24\"]", "address")
}

func TestCVE20133571(t *testing.T) {
	soak(t, "exec = [\"/bin/cat\"]\ncidr_deny = [\"127.0.0.0/8\"]\ncidr_allow = [\"0.0.0.0/0\"]\nbanner_fail = \"/etc/nologin\"", "address")
}

// xinetd opened /proc/loadavg, or what its C library did, at each look at the load
// and left it open.
func TestLoadLeavesNoDescriptor(t *testing.T) {
	busy := burners(t, 1)
	defer busy()
	s, _, ill := beside(t, with{}, "exec = [\"/bin/cat\"]\nmax_load = 0.000001")
	before := s.descriptors()
	turnedAway(t, ill, 200)
	s.quiet(before, "the load was looked at 200 times")
}

// finit#88: a refused datagram that nobody takes out of the queue wakes its server
// again and again.
func TestFinit88(t *testing.T) {
	s, well, ill := beside(t, with{}, "exec = [\"/bin/cat\"]\nproto = \"udp\"\nmode = \"wait\"\nonly_from = [\"192.0.2.0/24\"]")
	c := dial(t, "udp", ill)
	const n = 5
	for range n {
		io.WriteString(c, "not for you")
	}
	s.waitCount(`event=refuse service=ill`, n)
	s.idles("datagrams have been refused")
	if got := s.count(`event=refuse service=ill`); got != n {
		t.Errorf("%d lines about %d datagrams", got, n)
	}
	if got := s.count(`event=start service=ill`); got != 0 {
		t.Errorf("%d programs were started for strangers", got)
	}
	unharmed(t, well)
}

// A datagram service's program that never reads what started it: openbsd-inetd
// spins once it is above its limit, with the socket readable and nobody to read.
func TestUDPThatNobodyReads(t *testing.T) {
	s, well, ill := beside(t, with{}, "exec = [\"/bin/true\"]\nproto = \"udp\"\nmode = \"wait\"\nstarts_per_minute = 3")
	before := s.descriptors()
	io.WriteString(dial(t, "udp", ill), "anybody?")
	s.waitLog(`event=pause service=ill.*reason=starts_per_minute`)
	s.until("its programs to be gone", func() bool { return len(children(s.pid)) == 0 })
	s.idles("a datagram waits for the next minute")
	if got := s.count(`event=start service=ill`); got != 3 {
		t.Errorf("%d programs were started, and the limit is 3", got)
	}
	unharmed(t, well)
	s.quiet(before, "a datagram waits for the next minute")
}

// GNU's inetd sleeps a second after a program's end, so that clients who come one
// after the other take seconds each.
func TestClientsInTurn(t *testing.T) {
	_, well, _ := beside(t, with{}, `exec = ["/bin/true"]`)
	const n = 20
	slow := 0
	for i := range n {
		began := time.Now()
		if answer, err := ask(well, text(i)); err != nil || answer != text(i) {
			t.Fatalf("client %d read %q, %v", i, answer, err)
		}
		if time.Since(began) > 500*time.Millisecond {
			slow++
		}
	}
	if slow > n/4 && !raced { // the machine may be busy for a moment
		t.Errorf("%d of %d clients waited for half a second", slow, n)
	}
}

// openbsd-inetd closes connections from port 20, those of an FTP server that somebody
// used to reach where he could not. So does superd for the services of an inetd,
// and for no others.
func TestClientFromPort20(t *testing.T) {
	s, native, inetds := beside(t, with{}, `exec = ["/bin/cat"]
compat = "inetd"`)
	from20 := func(addr string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20}, Timeout: patience}
		c, err := d.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		return c
	}
	c := from20(native)
	io.WriteString(c, "x\n")
	expect(t, c, "x\n")
	reset(c) // there is one port 20
	c = from20(inetds)
	defer reset(c)
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read %d, %v; want the end", n, err)
	}
	s.waitLog(`event=refuse service=ill .*peer=127\.0\.0\.1:20 reason=address rule="source port 20"`)
	unharmed(t, inetds)
}
