// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, wrong string
		id          uint64
	}{
		{text: "relay\nid=17\n", id: 17},
		{text: "relay\nid=9223372036854775807\n", id: 1<<63 - 1},
		{text: "relay\nlater=\nid=1\nlater=x=y\n", id: 1},
		{text: "", wrong: "no end"},
		{text: "relay\nid=1", wrong: "no end"},
		{text: "relay\n", wrong: "no id"},
		{text: "\n", wrong: "verb"},
		{text: "conn\nid=1\n", wrong: `verb "conn"`},
		{text: "relay \nid=1\n", wrong: "verb"},
		{text: "relay\nid=1\nid=2\n", wrong: "twice"},
		{text: "relay\nid=0\n", wrong: "not a number"},
		{text: "relay\nid=01\n", wrong: "not a number"},
		{text: "relay\nid=+1\n", wrong: "not a number"},
		{text: "relay\nid=\n", wrong: "not a number"},
		{text: "relay\nid=9223372036854775808\n", wrong: "not a number"},
		{text: "relay\nid=1\n\n", wrong: "not key=value"},
		{text: "relay\nid=1\n=x\n", wrong: "not key=value"},
		{text: "relay\nid=1\nx=\x00\n", wrong: "NUL"},
	} {
		id, err := parse([]byte(c.text))
		if c.wrong == "" && (err != nil || id != c.id) {
			t.Errorf("%q: %d, %v", c.text, id, err)
		}
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q: %d, %v", c.text, id, err)
		}
	}
}

// FuzzMessage: whatever comes with however many descriptors of either kind, receive
// keeps those of a good message and closes all others.
func FuzzMessage(f *testing.F) {
	f.Add("relay\nid=17\n", uint8(2), false)
	f.Add("relay\nid=17\nkey=value\n", uint8(2), true)
	f.Add("relay\nid=17\n", uint8(0), false)
	f.Add("relay\nid=17\n", uint8(1), false)
	f.Add("relay\nid=17\n", uint8(3), false)
	f.Add("relay\nid=17\n", uint8(40), false)
	f.Add("", uint8(0), false)
	f.Add("", uint8(2), false)
	f.Add("conn\nid=1\n", uint8(2), false)
	f.Add("relay\nid="+strings.Repeat("1", 2*maxMessage)+"\n", uint8(2), false)
	f.Fuzz(func(t *testing.T, text string, n uint8, files bool) {
		n %= 64
		if len(text) > 1<<16 {
			return
		}
		kind := unix.SOCK_STREAM
		if files {
			kind = unix.SOCK_DGRAM
		}
		a, b := socketPair(t, unix.SOCK_SEQPACKET)
		give, _ := socketPair(t, kind)
		fds := make([]int, n)
		for i := range fds {
			fds[i] = give
		}
		before := openFiles(t)
		var rights []byte
		if n > 0 {
			rights = unix.UnixRights(fds...)
		}
		if err := unix.Sendmsg(a, []byte(text), rights, nil, 0); err != nil {
			t.Fatal(err)
		}
		o, err := receive(b)
		id, wrong := parse([]byte(text))
		good := wrong == nil && n == 2 && !files && len(text) <= maxMessage
		if good != (err == nil) {
			t.Fatalf("%.40q with %d descriptors: %v", text, n, err)
		}
		if good {
			if o.id != id {
				t.Errorf("id %d of %q", o.id, text)
			}
			unix.Close(o.client)
			unix.Close(o.program)
		} else if !errors.As(err, new(*malformedError)) {
			t.Errorf("%v", err)
		}
		if after := openFiles(t); after != before {
			t.Errorf("%d descriptors, %d before", after, before)
		}
		if _, err := receive(b); err != errAgain {
			t.Errorf("nothing more: %v", err)
		}
		unix.Shutdown(a, unix.SHUT_RDWR)
		if _, err := receive(b); err != errEnded {
			t.Errorf("the end: %v", err)
		}
	})
}

func socketPair(t *testing.T, kind int) (a, b int) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ends[0]); unix.Close(ends[1]) })
	return ends[0], ends[1]
}

func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
