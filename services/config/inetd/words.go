// SPDX-License-Identifier: Apache-2.0

package inetd

import "strings"

// split parts a line into words, from its byte at on. open is the place of a quote
// that is not closed; -1 if there is none.
func (l line) split(at int, q quoting) (words []word, open int) {
	for {
		for at < len(l.text) && isBlank(l.text[at]) {
			at++
		}
		if at == len(l.text) {
			return words, -1
		}
		w := word{pos: l.place(at)}
		start := at
		switch c := l.text[at]; {
		case (q == leading || q == parting) && (c == '"' || c == '\''):
			n := strings.IndexByte(l.text[at+1:], c)
			if n < 0 {
				return words, at
			}
			w.text, w.quoted = l.text[at+1:at+1+n], true
			at += n + 2
		case q == shellQuotes:
			if at, open = shellWord(l.text, at, &w); open >= 0 {
				return words, open
			}
		default:
			for at < len(l.text) && !isBlank(l.text[at]) && (q != parting || l.text[at] != '"') {
				at++
			}
			w.text = l.text[start:at]
		}
		words = append(words, w)
	}
}

// shellWord reads one word with quotes anywhere in it.
func shellWord(text string, at int, w *word) (next, open int) {
	var b strings.Builder
	quote, opened := byte(0), -1
	for ; at < len(text); at++ {
		c := text[at]
		switch {
		case quote == 0 && isBlank(c):
			w.text = b.String()
			return at, -1
		case quote == 0 && (c == '"' || c == '\''):
			quote, opened, w.quoted = c, at, true
		case c == quote && quote != 0:
			quote, opened = 0, -1
		default:
			b.WriteByte(c)
		}
	}
	w.text = b.String()
	return at, opened
}
