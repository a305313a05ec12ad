// SPDX-License-Identifier: Apache-2.0

package wrappers

import "bytes"

// lineBuffer is libwrap's for a line with its continuations, terminator included.
const lineBuffer = 2048

// reader gives logical lines as libwrap's xgets does: in pieces that fit the rest
// of its buffer, "\" before the newline joins, and a NUL hides what follows on
// its line, the newline as well.
type reader struct {
	data []byte
	line uint32 // newlines read
}

// next gives a line with its newline; ended is false for one that has none,
// because it is too long or the file's last. ok false: there is no more.
func (r *reader) next() (text string, first uint32, ended, ok bool) {
	var buf []byte
	first = r.line + 1
	for room := lineBuffer; room > 1; room = lineBuffer - len(buf) {
		piece := r.gets(room - 1)
		if piece == nil {
			break
		}
		if i := bytes.IndexByte(piece, 0); i >= 0 {
			piece = piece[:i]
		}
		n := len(piece)
		if n == 0 || piece[n-1] != '\n' {
			buf = append(buf, piece...)
			continue
		}
		r.line++
		if n < 2 || piece[n-2] != '\\' {
			return string(append(buf, piece...)), first, true, true
		}
		buf = append(buf, piece[:n-2]...)
	}
	return string(buf), first, false, len(buf) > 0
}

// gets takes at most n bytes, up to and with a newline; nil at the end.
func (r *reader) gets(n int) []byte {
	if len(r.data) == 0 {
		return nil
	}
	n = min(n, len(r.data))
	if i := bytes.IndexByte(r.data[:n], '\n'); i >= 0 {
		n = i + 1
	}
	piece := r.data[:n]
	r.data = r.data[n:]
	return piece
}

// splitAt cuts at the first c that is not between brackets.
func splitAt(s string, c byte) (before, after string, found bool) {
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth--
		case s[i] == c && depth == 0:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
