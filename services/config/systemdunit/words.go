// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errQuote = errors.New("a quote is not closed")

// cutWord takes the first word off s, quotes and backslash escapes resolved, as
// systemd does in command lines and lists. More tells whether there was a word.
// Of an escape that there is not, the backslash stays. With relax a quote may stay
// open, as in what a variable holds.
func cutWord(s string, relax bool) (word, rest string, more bool, err error) {
	s = strings.TrimLeft(s, blanks)
	if s == "" {
		return "", "", false, nil
	}
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\':
			n := unescapeC(&b, s[i:])
			i += n
			continue
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && strings.IndexByte(blanks, c) >= 0:
			return b.String(), strings.TrimLeft(s[i:], blanks), true, nil
		default:
			b.WriteByte(c)
		}
		i++
	}
	if quote != 0 && !relax {
		return "", "", false, errQuote
	}
	return b.String(), "", true, nil
}

// splitWords cuts all words.
func splitWords(s string, relax bool) (list []string, err error) {
	for {
		word, rest, more, err := cutWord(s, relax)
		if err != nil || !more {
			return list, err
		}
		list, s = append(list, word), rest
	}
}

// unescapeC writes what an escape at the beginning of s stands for, and tells how
// long it is.
func unescapeC(b *strings.Builder, s string) int {
	if len(s) < 2 {
		b.WriteByte('\\')
		return 1
	}
	const plain, made = `abfnrtvs\"'`, "\a\b\f\n\r\t\v \\\"'"
	if i := strings.IndexByte(plain, s[1]); i >= 0 {
		b.WriteByte(made[i])
		return 2
	}
	for _, x := range []struct {
		mark   byte
		digits int
	}{{'x', 2}, {'u', 4}, {'U', 8}} {
		if s[1] != x.mark || len(s) < 2+x.digits {
			continue
		}
		n, err := strconv.ParseUint(s[2:2+x.digits], 16, 32)
		switch {
		case err != nil || n == 0:
		case x.mark == 'x':
			b.WriteByte(byte(n))
			return 4
		case utf8.ValidRune(rune(n)):
			b.WriteRune(rune(n))
			return 2 + x.digits
		}
	}
	if len(s) >= 4 {
		if n, err := strconv.ParseUint(s[1:4], 8, 8); err == nil && n != 0 {
			b.WriteByte(byte(n))
			return 4
		}
	}
	b.WriteString(s[:2])
	return 2
}
