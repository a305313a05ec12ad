// SPDX-License-Identifier: Apache-2.0

package player

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The limits of the text, in bytes.
const (
	LargestToWorker   = 65536
	largestFromWorker = 256
)

// Answer is a message of a worker.
type Answer struct {
	Verb    string
	ID      int64 // of taken and done
	Version int   // of a ready that names one, else 0
}

// String is the message's first line.
func (a Answer) String() string {
	if a.ID == 0 {
		return a.Verb
	}
	return fmt.Sprintf("%s %d", a.Verb, a.ID)
}

// receive gives the next message, or an error where it is not one of the
// protocol's.
func (w *Worker) receive() (Answer, error) {
	buf, oob := make([]byte, LargestToWorker), make([]byte, unix.CmsgSpace(4*253))
	n, oobn, _, _, err := w.channel.ReadMsgUnix(buf, oob)
	if err != nil {
		return Answer{}, err
	}
	if n == 0 {
		return Answer{}, io.EOF
	}
	if fds := descriptors(oob[:oobn]); len(fds) > 0 {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return Answer{}, fmt.Errorf("the worker sent %d descriptors with %.80q", len(fds), buf[:n])
	}
	return parseAnswer(string(buf[:n]))
}

func descriptors(oob []byte) []int {
	var all []int
	controls, _ := unix.ParseSocketControlMessage(oob)
	for i := range controls {
		fds, _ := unix.ParseUnixRights(&controls[i])
		all = append(all, fds...)
	}
	return all
}

// parseAnswer is as strict as superd may be.
func parseAnswer(text string) (Answer, error) {
	bad := func(why string) (Answer, error) {
		return Answer{}, fmt.Errorf("the worker sent %.300q: %s", text, why)
	}
	first, rest, ended := strings.Cut(text, "\n")
	switch {
	case len(text) > largestFromWorker:
		return bad(fmt.Sprintf("more than %d bytes", largestFromWorker))
	case !ended || rest != "" && !strings.HasSuffix(rest, "\n"):
		return bad("a line does not end in a line feed")
	}
	verb, id, hasID := strings.Cut(first, " ")
	a := Answer{Verb: verb}
	switch {
	case verb == "ready" && !hasID:
		for line := range strings.Lines(rest) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), "version="); ok {
				a.Version, _ = strconv.Atoi(v)
			}
		}
		return a, nil
	case verb != "taken" && verb != "done":
		return bad("not one of the three messages")
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64 || strconv.FormatUint(n, 10) != id {
		return bad("the id is not a decimal number from 1 to 2^63-1 without leading zeros")
	}
	a.ID = int64(n)
	return a, nil
}

// Hello is superd's first message.
type Hello struct {
	Version     int // 0 is 1
	Service     string
	Slots       int // 0 is 1
	MaxRequests int // 0: no such key
	Conf        []string
	More        string // further lines
}

// String is the message.
func (h Hello) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "hello\nversion=%d\nservice=%s\nslots=%d\n", max(h.Version, 1), h.Service, max(h.Slots, 1))
	if h.MaxRequests > 0 {
		fmt.Fprintf(&b, "max_requests=%d\n", h.MaxRequests)
	}
	for _, line := range h.Conf {
		fmt.Fprintf(&b, "conf=%s\n", line)
	}
	return b.String() + h.More
}

// Send sends a message and, unless it is nil, a descriptor with it. The caller
// closes its own copy.
func (w *Worker) Send(text string, f *os.File) error {
	var rights []byte
	if f != nil {
		c, err := f.SyscallConn()
		if err != nil {
			return err
		}
		// f.Fd would make the client's end of a pipe block.
		if err := c.Control(func(fd uintptr) { rights = unix.UnixRights(int(fd)) }); err != nil {
			return err
		}
	}
	if _, _, err := w.channel.WriteMsgUnix([]byte(text), rights, nil); err != nil {
		return w.explain(fmt.Errorf("cannot send %.40q to the worker: %w", text, err))
	}
	return nil
}

// Ready sends a hello and waits until the worker is ready.
func (w *Worker) Ready(h Hello) error {
	if err := w.Send(h.String(), nil); err != nil {
		return err
	}
	return w.Expect("ready")
}

// HandOver sends a connection and waits until it is taken; then superd's copy is
// closed, as in superd. After an error it is closed as well.
func (w *Worker) HandOver(id int64, p *Pair) error {
	defer p.Close()
	if err := w.Send(p.Message(id), p.Server); err != nil {
		return err
	}
	return w.Expect(fmt.Sprintf("taken %d", id))
}
