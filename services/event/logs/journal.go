// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

// IsJournal tells whether fd leads to systemd's journal: stream is the value of
// JOURNAL_STREAM, DEVICE:INODE. The variable alone says nothing, since it is
// inherited by those whose standard error was sent elsewhere (systemd.exec(5)).
func IsJournal(stream string, fd int) bool {
	device, inode, ok := strings.Cut(stream, ":")
	if !ok {
		return false
	}
	dev, err1 := strconv.ParseUint(device, 10, 64)
	ino, err2 := strconv.ParseUint(inode, 10, 64)
	var st unix.Stat_t
	return err1 == nil && err2 == nil && unix.Fstat(fd, &st) == nil && uint64(st.Dev) == dev && st.Ino == ino
}

// Leveled puts the level before each of another Encoder's lines as the journal
// reads it, "<3>" for an error (sd-daemon(3)).
func Leveled(encode Encoder) Encoder {
	return func(buf []byte, e *event.Event) []byte {
		return encode(append(buf, '<', '0'+byte(min(e.Level+3, 7)), '>'), e)
	}
}
