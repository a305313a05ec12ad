// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"iter"
	"strings"
)

// variables reads the text of an EnvironmentFile as systemd does, which is not quite
// as a shell does: NAME=VALUE in lines; comments begin with # or ;; values may be
// quoted in whole or in part; a backslash at the end of a line joins it with the next
// one, and before another character takes its meaning away.
func variables(text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		x := envFile{text: text}
		for {
			name, value, more := x.next()
			if !more || name != "" && !yield(name, value) {
				return
			}
		}
	}
}

// envFile is a file that is read.
type envFile struct{ text string }

// next reads one line, or several that a quote or a backslash joins. name is empty
// of a line that has no assignment.
func (x *envFile) next() (name, value string, more bool) {
	x.text = strings.TrimLeft(x.text, blanks)
	if x.text == "" {
		return "", "", false
	}
	if x.text[0] == '#' || x.text[0] == ';' {
		x.comment()
		return "", "", true
	}
	end := strings.IndexAny(x.text, "=\n\r")
	if end < 0 {
		x.text = ""
		return "", "", true
	}
	name = strings.TrimRight(x.text[:end], blanks)
	mark := x.text[end]
	if x.text = x.text[end+1:]; mark != '=' {
		return "", "", true
	}
	return name, x.value(), true
}

// comment passes over a comment, which goes on in the next line behind a backslash.
func (x *envFile) comment() {
	for i := 0; i < len(x.text); i++ {
		switch x.text[i] {
		case '\\':
			i++
		case '\n', '\r':
			x.text = x.text[i:]
			return
		}
	}
	x.text = ""
}

// value reads what stands behind "=". A quote is one only where no other text
// stands before it: of a"b" the quotes stay.
func (x *envFile) value() string {
	var b strings.Builder
	keep, bare := 0, false // how much of it stays when blanks at its end go
	for i := 0; i < len(x.text); i++ {
		switch c := x.text[i]; {
		case c == '\n' || c == '\r':
			x.text = x.text[i:]
			return b.String()[:keep]
		case c == '\\':
			bare = true
			if i++; i < len(x.text) && x.text[i] != '\n' && x.text[i] != '\r' {
				b.WriteByte(x.text[i])
				keep = b.Len()
			}
		case !bare && (c == '"' || c == '\''):
			i = x.quoted(&b, i+1, c)
			keep = b.Len()
		case c == ' ' || c == '\t':
			if bare {
				b.WriteByte(c)
			}
		default:
			bare = true
			b.WriteByte(c)
			keep = b.Len()
		}
	}
	x.text = ""
	return b.String()[:keep]
}

// quoted reads up to the closing quote, and gives its place.
func (x *envFile) quoted(b *strings.Builder, i int, quote byte) int {
	for ; i < len(x.text); i++ {
		c := x.text[i]
		if c == quote {
			return i
		}
		if c == '\\' && quote == '"' && i+1 < len(x.text) {
			i++
			switch next := x.text[i]; {
			case strings.IndexByte("\"\\`$", next) >= 0:
				b.WriteByte(next)
			case next != '\n':
				b.WriteByte('\\')
				b.WriteByte(next)
			}
			continue
		}
		b.WriteByte(c)
	}
	return i
}
