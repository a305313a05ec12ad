// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func newPair(t *testing.T) (ours *Channel, theirs int) {
	t.Helper()
	c, fd, err := NewChannel(1024)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	t.Cleanup(func() { unix.Close(fd) })
	return &c, fd
}

func TestChannelPassesADescriptor(t *testing.T) {
	c, theirs := newPair(t)
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if e := c.Send([]byte("conn\n"), int(f.Fd())); e != 0 {
		t.Fatal(e)
	}
	buf, oob := make([]byte, 100), make([]byte, 100)
	n, oobn, _, _, err := unix.Recvmsg(theirs, buf, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil || string(buf[:n]) != "conn\n" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(msgs) != 1 {
		t.Fatalf("%v, %v", msgs, err)
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 1 {
		t.Fatalf("%v, %v", fds, err)
	}
	var want, got unix.Stat_t
	if unix.Fstat(int(f.Fd()), &want) != nil || unix.Fstat(fds[0], &got) != nil || want.Rdev != got.Rdev {
		t.Error("another file arrived")
	}
	unix.Close(fds[0])
}

func TestChannelNeverWaits(t *testing.T) {
	c, _ := newPair(t)
	msg := make([]byte, 4096)
	for range 10_000 {
		if e := c.Send(msg); e != 0 {
			if e != unix.EAGAIN {
				t.Errorf("a worker that does not read: %v", e)
			}
			return
		}
	}
	t.Error("40 MB were taken from a worker's channel that nobody reads")
}

// TestChannelTakesNoDescriptors: a worker that sends 253 of them with each message
// must not fill superd's table.
func TestChannelTakesNoDescriptors(t *testing.T) {
	c, theirs := newPair(t)
	fds := make([]int, 253)
	if err := unix.Sendmsg(theirs, []byte("done 1\n"), unix.UnixRights(fds...), nil, 0); err != nil {
		t.Fatal(err)
	}
	before := openFiles(t)
	buf := make([]byte, MaxAnswer)
	n, odd, e := c.Receive(buf)
	if e != 0 || string(buf[:n]) != "done 1\n" || !odd {
		t.Errorf("%q, odd %v, %v", buf[:n], odd, e)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func TestChannelTellsOfLongMessagesAndEnds(t *testing.T) {
	c, theirs := newPair(t)
	buf := make([]byte, MaxAnswer)
	if _, _, e := c.Receive(buf); e != unix.EAGAIN {
		t.Errorf("nothing there: %v", e)
	}
	if err := unix.Send(theirs, make([]byte, 65536), 0); err != nil {
		t.Fatal(err)
	}
	if n, odd, e := c.Receive(buf); n != MaxAnswer || !odd || e != 0 {
		t.Errorf("64 KiB: %d, odd %v, %v", n, odd, e)
	}
	c.End()
	if n, err := unix.Read(theirs, buf); n != 0 || err != nil {
		t.Errorf("after the end a worker reads %d, %v", n, err)
	}
	if err := unix.Send(theirs, []byte("done 1\n"), 0); err != nil {
		t.Errorf("after the end a worker cannot answer: %v", err)
	}
	if n, _, e := c.Receive(buf); string(buf[:n]) != "done 1\n" || e != 0 {
		t.Errorf("%q, %v", buf[:n], e)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
