// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"superd/services"
	"superd/services/config"
)

// maxLine bounds what is read as one line, far above any buffer of an inetd.
const maxLine = 64 << 10

// word is one word, with its place. quoted: it had quotes about it, or within.
type word struct {
	text   string
	pos    config.Pos
	quoted bool
}

// line is one line of a file, without its end.
type line struct {
	text string
	pos  config.Pos // of its first byte
	bad  string     // why it cannot be read; "" = it can
	at   uint32     // … and the column of that
}

// source hands out the lines of one file.
type source struct {
	run    *run
	file   services.FileID
	rest   string
	number uint32
	next   line  // looked at already
	some   bool  // there is one in next
	back   *line // what of a line was put back
	crlf   bool  // said already
	utf8   bool  // said already
}

func newSource(r *run, file services.FileID, text string) *source {
	s := &source{run: r, file: file, rest: text}
	if rest, ok := strings.CutPrefix(text, "\ufeff"); ok {
		s.rest = rest
		s.warn(1, 1, "the file begins with a byte order mark; it is passed over here")
	}
	s.advance()
	return s
}

func (s *source) warn(number, col uint32, message string) {
	s.run.sink.Report(config.Warning, config.Pos{File: s.file, Line: number, Col: col}, "", "", message)
}

// take returns the next line; ok is false at the end.
func (s *source) take() (l line, ok bool) {
	if s.back != nil {
		l, s.back = *s.back, nil
		return l, true
	}
	l, ok = s.next, s.some
	s.advance()
	return l, ok
}

// continues tells whether the next line is indented.
func (s *source) continues() bool {
	return s.some && s.next.text != "" && isBlank(s.next.text[0])
}

func (s *source) advance() {
	if s.some = s.rest != ""; !s.some {
		return
	}
	text, rest, _ := strings.Cut(s.rest, "\n")
	s.rest = rest
	s.number++
	if strings.HasSuffix(text, "\r") {
		text = strings.TrimRight(text, "\r")
		if !s.crlf && s.run.dialect != GNU { // which passes over it, too
			s.crlf = true
			s.warn(s.number, uint32(len(text)+1), "the lines end in CR LF; an inetd takes the CR for part of the last word, superd passes over it")
		}
	}
	s.next = line{text: text, pos: config.Pos{File: s.file, Line: s.number, Col: 1}}
	s.check(&s.next)
}

// check finds what is wrong with a line as a whole.
func (s *source) check(l *line) {
	longest := s.run.dialect.habits().maxLine
	comment := strings.HasPrefix(l.text, "#")
	nul := strings.IndexByte(l.text, 0)
	switch {
	case len(l.text) > maxLine:
		l.bad, l.at = fmt.Sprintf("the line is longer than %d bytes", maxLine), maxLine+1
	case nul >= 0:
		l.bad, l.at = "there is a NUL byte in the line", uint32(nul)+1
	case longest > 0 && len(l.text) >= longest:
		s.warn(l.pos.Line, uint32(longest), fmt.Sprintf("the line has %d bytes; %s takes what is behind the first %d for a line of its own, superd does not",
			len(l.text), s.run.dialect.title(), longest-1))
	case !comment && !s.utf8 && !utf8.ValidString(l.text):
		s.utf8 = true
		s.warn(l.pos.Line, firstInvalid(l.text), "the line is not UTF-8; its bytes are kept as they are")
	}
}

func firstInvalid(text string) uint32 {
	for i, r := range text {
		if r == utf8.RuneError {
			return uint32(i) + 1
		}
	}
	return 1
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// place gives the place of the line's i-th byte.
func (l line) place(i int) config.Pos {
	p := l.pos
	p.Col += uint32(i)
	return p
}

// badPlace is where the line cannot be read.
func (l line) badPlace() config.Pos {
	p := l.pos
	p.Col = l.at
	return p
}
