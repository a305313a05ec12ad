// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Column is one of a table's.
type Column struct {
	Title string
	Right bool // numbers
	Min   int  // it is never made narrower; 0 = it is not made narrower at all
}

// Table lays rows out in columns. Show it all cells with Fit before the first Row.
type Table struct {
	width   int
	columns []Column
	widths  []int
	laid    bool
}

// gap is between two columns.
const gap = 2

// NewTable makes a Table that is at most width wide, if its columns' Min let it.
func NewTable(width int, columns ...Column) *Table {
	t := &Table{width: width, columns: columns, widths: make([]int, len(columns))}
	for i, c := range columns {
		t.widths[i] = utf8.RuneCountInString(c.Title)
	}
	return t
}

// Fit takes a row's cells into account.
func (t *Table) Fit(cells []string) {
	for i := range t.columns {
		if i < len(cells) {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(Clean(cells[i])))
		}
	}
}

// lay takes from the widest columns what is too much.
func (t *Table) lay() {
	if t.laid {
		return
	}
	t.laid = true
	for over := t.total() - t.width; over > 0; over-- {
		widest := -1
		for i, c := range t.columns {
			if c.Min > 0 && t.widths[i] > c.Min && (widest < 0 || t.widths[i] > t.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		t.widths[widest]--
	}
}

func (t *Table) total() int {
	n := gap * (len(t.columns) - 1)
	for _, w := range t.widths {
		n += w
	}
	return n
}

// Header is the line of titles.
func (t *Table) Header() string {
	cells := make([]string, len(t.columns))
	for i, c := range t.columns {
		cells[i] = c.Title
	}
	return t.Row(cells)
}

// Row is one line, without blanks at its end and never wider than the table.
func (t *Table) Row(cells []string) string {
	t.lay()
	var b strings.Builder
	for i, c := range t.columns {
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		cell = Cut(Clean(cell), t.widths[i])
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		pad := strings.Repeat(" ", t.widths[i]-utf8.RuneCountInString(cell))
		if c.Right {
			cell, pad = pad, cell
		}
		b.WriteString(cell)
		b.WriteString(pad)
	}
	return Cut(strings.TrimRight(b.String(), " "), t.width)
}

// Cut makes text at most width runes long; what is cut ends in +.
func Cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	r := []rune(s)
	return string(r[:width-1]) + "+"
}

// Clean is text whose every rune a terminal prints in one column: others stand as
// escapes. Names come from files, and some of what stands in them from clients.
func Clean(s string) string {
	for i, r := range s {
		if !oneColumn(r) || r == utf8.RuneError {
			return s[:i] + escape(s[i:])
		}
	}
	return s
}

// oneColumn leaves out what is wide or combines: East Asian scripts and emoji begin
// above, and of the scripts below marks are not printed by themselves.
func oneColumn(r rune) bool {
	return r >= ' ' && r < 0x7f || r > 0xa0 && r < 0x1100 && unicode.IsPrint(r) && !unicode.Is(unicode.Mn, r)
}

func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if oneColumn(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRuneToASCII(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}
