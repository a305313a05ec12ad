// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"strings"
	"unicode/utf8"

	"superd/services"
	"superd/services/config"
)

// maxLine is where xinetd's line buffer ends: it takes what follows for a line of
// its own, so that the tail of a comment can become an attribute.
const maxLine = 16 << 10

// word is one value, with the column that it begins in.
type word struct {
	text string
	pos  config.Pos
}

// line is a line that says something: neither blank nor a comment.
type line struct {
	text string // without indentation
	pos  config.Pos
	bad  string // why it cannot be read; "" = it can
}

// source hands out the lines of one file.
type source struct {
	run    *run
	file   services.FileID
	rest   string
	number uint32
	back   *line // a line that was put back
	crlf   bool  // said already
	utf8   bool  // said already
}

func (s *source) unread(l line) { s.back = &l }

// next returns the next line that says something; ok is false at the end.
func (s *source) next() (l line, ok bool) {
	if s.back != nil {
		l, s.back = *s.back, nil
		return l, true
	}
	for s.rest != "" {
		text, rest, _ := strings.Cut(s.rest, "\n")
		s.rest = rest
		s.number++
		if l, ok = s.read(text); ok {
			return l, true
		}
	}
	return line{}, false
}

// read makes a line of text, unless it is blank or a comment.
func (s *source) read(text string) (line, bool) {
	if s.number == 1 && strings.HasPrefix(text, "\ufeff") {
		text = strings.TrimPrefix(text, "\ufeff")
		s.warn(1, "the file begins with a byte order mark, which xinetd takes for part of the first word; it is passed over here")
	}
	if strings.HasSuffix(text, "\r") {
		text = strings.TrimRight(text, "\r")
		if !s.crlf {
			s.crlf = true
			s.warn(uint32(len(text)+1), "the lines end in CR LF; xinetd takes the CR for part of the value and refuses the service, superd passes over it")
		}
	}
	body := strings.TrimLeft(text, blanks)
	l := line{text: body, pos: config.Pos{File: s.file, Line: s.number, Col: uint32(len(text)-len(body)) + 1}}
	nul := strings.IndexByte(text, 0)
	switch {
	case body == "":
		return l, false
	case body[0] == '#':
		if len(text) > maxLine {
			s.warn(maxLine+1, "the comment is longer than 16384 bytes; xinetd takes the rest of it for a line of its own")
		}
		return l, false
	case nul >= 0:
		l.pos.Col, l.bad = uint32(nul)+1, "there is a NUL byte in the line"
	case len(text) > maxLine:
		l.pos.Col, l.bad = maxLine+1, "the line is longer than 16384 bytes, where xinetd cuts it"
	case !s.utf8 && !utf8.ValidString(text):
		s.utf8 = true
		s.warn(firstInvalid(text), "the line is not UTF-8; its bytes are kept as they are")
	}
	return l, true
}

func (s *source) warn(col uint32, message string) {
	s.run.sink.Report(config.Warning, config.Pos{File: s.file, Line: s.number, Col: col}, "", "", message)
}

func firstInvalid(text string) uint32 {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return uint32(i) + 1
		}
		i += size
	}
	return 1
}

// blanks is C's isspace, by which xinetd finds the ends of a line and of an
// attribute's name. Values are separated by space and tab alone.
const blanks = " \t\v\f\r"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// only tells whether the line is the one character c.
func (l line) only(c byte) bool {
	return l.bad == "" && l.text[0] == c && strings.TrimRight(l.text[1:], blanks) == ""
}

// words splits the line at spaces and tabs, from its byte at on.
func (l line) words(at int) []word {
	var words []word
	for at < len(l.text) {
		n := strings.IndexAny(l.text[at:], " \t")
		if n == 0 {
			at++
			continue
		}
		if n < 0 {
			n = len(l.text) - at
		}
		words = append(words, word{l.text[at : at+n], l.at(at)})
		at += n
	}
	return words
}

// at gives the place of the line's i-th byte.
func (l line) at(i int) config.Pos {
	p := l.pos
	p.Col += uint32(i)
	return p
}

// keyword returns the line's first word and the others.
func (l line) keyword() (string, []word) {
	words := l.words(0)
	if l.bad != "" || len(words) == 0 {
		return "", nil
	}
	return words[0].text, words[1:]
}
