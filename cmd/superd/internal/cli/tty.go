// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"superd/cmd/superd/internal/screen"
)

// tty is a terminal that gives each key as it is pressed, until restore.
type tty struct {
	in, out *os.File
	before  unix.Termios
	more    bool // it can more than a VT100: another screen, a cursor that hides
}

// openTTY takes the terminal over.
func openTTY(in, out *os.File, term string) (*tty, error) {
	t := &tty{in: in, out: out, more: !strings.HasPrefix(term, "vt1")}
	mode, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil {
		return nil, err
	}
	t.before = *mode
	mode.Iflag &^= unix.ICRNL | unix.IXON | unix.ISTRIP
	mode.Oflag &^= unix.OPOST
	mode.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG | unix.IEXTEN
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, mode); err != nil {
		return nil, err
	}
	if t.more {
		_, _ = io.WriteString(out, "\x1b[?1049h\x1b[?25l")
	}
	return t, nil
}

// restore gives the terminal back as it was.
func (t *tty) restore() {
	text := "\x1b[m\x1b[H\x1b[J"
	if t.more {
		text = "\x1b[m\x1b[?25h\x1b[?1049l"
	}
	_, _ = io.WriteString(t.out, text)
	_ = unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, &t.before)
}

// draw shows a frame; anew clears what a terminal of another size shows.
func (t *tty) draw(frame string, anew bool) error {
	if anew {
		frame = "\x1b[m\x1b[H\x1b[J" + frame
	}
	_, err := io.WriteString(t.out, frame)
	return err
}

// keys waits for keys, not longer than a while. An error says that the terminal is
// gone.
func (t *tty) keys(wait time.Duration) ([]screen.Key, error) {
	fds := []unix.PollFd{{Fd: int32(t.in.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(max(0, wait)/time.Millisecond))
	if n <= 0 || err != nil {
		if err == unix.EINTR {
			err = nil
		}
		return nil, err
	}
	var buf [256]byte
	got, err := t.in.Read(buf[:])
	if err != nil {
		return nil, err
	}
	return screen.Keys(buf[:got]), nil
}
