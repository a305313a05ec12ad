// SPDX-License-Identifier: Apache-2.0

package stderrlog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// lines feeds the pieces and gives what comes out, with what was not kept.
func lines(l *liner, pieces ...string) (out []string) {
	for _, p := range pieces {
		l.feed([]byte(p), func(line []byte, over int64) { out = append(out, fmt.Sprintf("%s+%d", line, over)) })
	}
	return out
}

func TestLines(t *testing.T) {
	full := strings.Repeat("x", maxLine)
	for _, c := range []struct{ pieces, want []string }{
		{[]string{"a\nb\r\n\n\r\n c\n"}, []string{"a+0", "b+0", " c+0"}},
		{[]string{"a", "b\nc", "", "d\n"}, []string{"ab+0", "cd+0"}},
		{[]string{"no end"}, nil},
		{[]string{full + "\n"}, []string{full + "+0"}},
		{[]string{full + "yz\nb\n"}, []string{full + "+2", "b+0"}},
		{[]string{full, "y", "z", "\nb\n"}, []string{full + "+2", "b+0"}},
		{[]string{"a\x00b\n"}, []string{"a\x00b+0"}},
	} {
		if got := lines(&liner{}, c.pieces...); !slices.Equal(got, c.want) {
			t.Errorf("%.60q:\n got %.80q\nwant %.80q", c.pieces, got, c.want)
		}
	}
}

func TestFlushGivesWhatHasNoEnd(t *testing.T) {
	var l liner
	lines(&l, "a\npass", "word: ")
	var got string
	if !l.pending() {
		t.Error("nothing is pending")
	}
	l.flush(func(line []byte, _ int64) { got = string(line) })
	if got != "password: " || l.pending() || l.have != nil {
		t.Errorf("%q, and %q stays", got, l.have)
	}
	l.flush(func([]byte, int64) { t.Error("an empty line") })
}

// TestMemoryOfALineIsBounded: a handler that never ends its line keeps no more here
// than one that does.
func TestMemoryOfALineIsBounded(t *testing.T) {
	var l liner
	for range 10000 {
		lines(&l, strings.Repeat("y", 1000))
	}
	if cap(l.have) > 2*maxLine || l.over != 10000*1000-maxLine {
		t.Errorf("%d bytes, %d over", cap(l.have), l.over)
	}
}

// TestPiecesDoNotMatter: however the same bytes come, the same lines come out, none
// of them too long.
func TestPiecesDoNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		text := make([]byte, rnd.IntN(6000))
		for i := range text {
			text[i] = "ab\r\n"[min(rnd.IntN(4000), 3)]
			if rnd.IntN(4) > 0 {
				text[i] = 'c'
			}
		}
		whole := lines(&liner{}, string(text))
		var pieces []string
		for rest := text; len(rest) > 0; {
			n := 1 + rnd.IntN(len(rest))
			pieces = append(pieces, string(rest[:n]))
			rest = rest[n:]
		}
		if got := lines(&liner{}, pieces...); !slices.Equal(got, whole) {
			t.Fatalf("%q:\n got %q\nwant %q", text, got, whole)
		}
	}
}

func TestEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"plain, é, 漢字 and +":      "plain, é, 漢字 and +",
		"\x1b[31mred\x07\x7f\t":   "#033[31mred#007#177#011",
		"\x9b31m\xff":             "#23331m#377",
		"\u009b2J":                "#302#2332J", // the same control, in UTF-8
		"a\u202egnp.exe":          "a#342#200#256gnp.exe",
		"\x00":                    "#000",
		"line\u2028<13>FAIL: ftp": "line#342#200#250<13>FAIL: ftp",
	} {
		if got := string(appendLine(nil, "s", []byte(in), 0)); got != "s: "+want {
			t.Errorf("%q:\n got %q\nwant %q", in, got, "s: "+want)
		}
	}
	if got := string(appendLine(nil, "s", []byte("a"), 7)); got != "s: a... (7 bytes more)" {
		t.Errorf("%q", got)
	}
}

func FuzzAppendLine(f *testing.F) {
	f.Add([]byte("a\x1b\xc2\x9b\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		out := appendLine(nil, "s", line, 0)
		if !utf8.Valid(out) || bytes.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q", out)
		}
	})
}

func TestQuota(t *testing.T) {
	var q quota
	now := time.Unix(1000, 0)
	q.read(10, now)
	sent := 0
	for range 3 * maxLines {
		if q.line() {
			sent++
		}
	}
	if sent != maxLines || q.full() {
		t.Errorf("%d lines; full: %v", sent, q.full())
	}
	if _, _, ended := q.over(now.Add(window - 1)); ended {
		t.Error("the window ended early")
	}
	q.read(maxBytes-10, now)
	if !q.full() {
		t.Error("maxBytes are not full")
	}
	if lost, quiet, ended := q.over(now.Add(window)); lost != 2*maxLines || quiet || !ended {
		t.Error(lost, quiet, ended)
	}
	q.read(0, now)
	if !q.line() || q.full() {
		t.Error("the next window has no room")
	}
	if _, quiet, ended := q.over(now.Add(window)); !quiet || !ended {
		t.Error("nothing was read, and it was not quiet")
	}
}
