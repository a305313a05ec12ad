// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"strconv"
	"strings"

	"superd/services/config"
)

// NetBSD's second syntax: NAME on|off KEY = VALUE …, KEY = VALUE …;
// Blanks, line ends and comments part the words; quotes hold backslashes.

// keyed tells whether a line begins a service in that syntax, whether that is
// switched on, and where what follows begins.
func keyed(l line, words []word) (on bool, at int, ok bool) {
	w := words[1]
	if w.quoted {
		return false, 0, false
	}
	state, _, comment := strings.Cut(w.text, "#")
	if state != "on" && state != "off" {
		return false, 0, false
	}
	at = int(w.pos.Col) - int(l.pos.Col) + len(state)
	if comment {
		at = len(l.text)
	}
	return state == "on", at, true
}

// cursor goes through the text of a file over line ends.
type cursor struct {
	s  *source
	l  line
	at int
}

// skip goes to the next word; false is the end of the file.
func (c *cursor) skip() bool {
	for {
		for c.at < len(c.l.text) && isBlank(c.l.text[c.at]) {
			c.at++
		}
		if c.at < len(c.l.text) && c.l.text[c.at] != '#' {
			return true
		}
		l, ok := c.s.take()
		if !ok {
			return false
		}
		c.l, c.at = l, 0
	}
}

func (c *cursor) place() config.Pos { return c.l.place(c.at) }

func (c *cursor) peek() byte {
	if c.at < len(c.l.text) {
		return c.l.text[c.at]
	}
	return 0
}

// keyValues reads the keys of a service up to the semicolon.
func (r *run) keyValues(e *entry, s *source, l line, at int) {
	c := &cursor{s: s, l: l, at: at}
	k := keys{entry: e, seen: map[string][]word{}, places: map[string]config.Pos{}}
	for more := true; more; {
		var broken string
		more, broken = k.pair(c)
		if broken == "" {
			continue
		}
		pos := c.place()
		e.fail("", pos, "%s; %s reads this file no further", broken, r.dialect.title())
		r.add(e)
		c.recover()
		c.putBack()
		r.ended = &pos
		return
	}
	k.apply()
	r.add(e)
	c.putBack()
}

// putBack leaves the rest of the line to be read as one of its own.
func (c *cursor) putBack() {
	if c.at < len(c.l.text) {
		rest := c.l
		rest.text, rest.pos = c.l.text[c.at:], c.place()
		if t := strings.TrimLeft(rest.text, " \t"); t != "" {
			rest.pos = rest.place(len(rest.text) - len(t))
			rest.text = t
			c.s.back = &rest
		}
	}
}

// recover goes on behind the next semicolon, or else at the next line.
func (c *cursor) recover() {
	for {
		if i := strings.IndexByte(c.l.text[min(c.at, len(c.l.text)):], ';'); i >= 0 {
			c.at = min(c.at, len(c.l.text)) + i + 1
			return
		}
		if !c.s.continues() {
			c.at = len(c.l.text)
			return
		}
		c.l, _ = c.s.take()
		c.at = 0
	}
}

// pair reads KEY = VALUE …; more is false behind a semicolon. broken tells what
// ends the reading of the file.
func (k *keys) pair(c *cursor) (more bool, broken string) {
	if !c.skip() {
		return false, "the file ends within the service"
	}
	pos, start := c.place(), c.at
	for b := c.peek(); b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'; b = c.peek() {
		c.at++
	}
	name := c.l.text[start:c.at]
	if b := c.peek(); b != '=' && b != '#' && !isBlank(b) || !c.skip() || c.peek() != '=' {
		return false, `"=" is missing behind ` + strconv.Quote(clip(name))
	}
	c.at++
	var values []word
	for {
		if !c.skip() {
			return false, "the file ends within the service"
		}
		if b := c.peek(); b == ',' || b == ';' {
			c.at++
			k.put(name, pos, values)
			return b == ',', ""
		}
		w, bad := c.value()
		if bad != "" {
			return false, bad
		}
		values = append(values, w)
	}
}

// value reads one word.
func (c *cursor) value() (word, string) {
	if c.l.bad != "" {
		return word{}, c.l.bad
	}
	w := word{pos: c.place()}
	var b strings.Builder
	for c.at < len(c.l.text) {
		switch x := c.peek(); {
		case isBlank(x), x == '#', x == ',', x == ';':
			w.text = b.String()
			return w, ""
		case x == '"', x == '\'':
			w.quoted = true
			if bad := c.quoted(x, &b); bad != "" {
				return w, bad
			}
		default:
			b.WriteByte(x)
			c.at++
		}
	}
	w.text = b.String()
	return w, ""
}

var escapes = map[byte]byte{'\\': '\\', 'n': '\n', 't': '\t', 'r': '\r', '\'': '\'', '"': '"'}

// quoted reads up to the closing quote.
func (c *cursor) quoted(quote byte, b *strings.Builder) string {
	for c.at++; c.at < len(c.l.text); c.at++ {
		x := c.peek()
		if x == quote {
			c.at++
			return ""
		}
		if x != '\\' {
			b.WriteByte(x)
			continue
		}
		c.at++
		if e, ok := escapes[c.peek()]; ok {
			b.WriteByte(e)
			continue
		}
		if c.peek() == 'x' && c.at+2 < len(c.l.text) {
			if n, err := strconv.ParseUint(c.l.text[c.at+1:c.at+3], 16, 8); err == nil && n != 0 {
				b.WriteByte(byte(n))
				c.at += 2
				continue
			}
		}
		return "bad escape in quotes"
	}
	return "the quote is not closed"
}
