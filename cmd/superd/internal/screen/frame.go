// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"superd/services/event/control"
)

// Style is what a terminal can.
type Style struct {
	Plain bool // no attributes at all, and no movement: text for a file
	Color bool // beyond a VT100's
}

// look is how a line is to stand out.
type look uint8

const (
	usual look = iota
	title
	chosen
	warned
	wrong
)

// The attributes of a VT100, and colours in their place.
var looks = map[look][2]string{title: {"\x1b[7m", "\x1b[7m"}, chosen: {"\x1b[1m", "\x1b[1m"}, warned: {"", "\x1b[33m"}, wrong: {"", "\x1b[31m"}}

type line struct {
	text string
	look look
}

// The least that a frame is drawn in; a smaller terminal sees its upper left part.
const (
	minColumns = 20
	minRows    = 6
)

// Frame draws the screen for a terminal of a size: the bytes that bring one that
// shows anything to show this.
func (t *Top) Frame(width, height int, style Style) string {
	lines := t.lines(max(width, minColumns), max(height, minRows))
	var b strings.Builder
	if style.Plain {
		for _, l := range lines {
			b.WriteString(strings.TrimRight(Cut(l.text, width), " ") + "\n")
		}
		return b.String()
	}
	b.WriteString("\x1b[H")
	for i, l := range lines[:min(len(lines), max(height, 1))] {
		if i > 0 {
			b.WriteString("\r\n")
		}
		text := Cut(l.text, width)
		on := looks[l.look][0]
		if style.Color {
			on = looks[l.look][1]
		}
		if l.look == title {
			text += strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
		}
		if on != "" {
			text = on + text + "\x1b[m"
		}
		b.WriteString(text)
		if utf8.RuneCountInString(l.text) < width && l.look != title { // behind the last column it would take that away
			b.WriteString("\x1b[K")
		}
	}
	return b.String()
}

// lines are the screen's: exactly height of them.
func (t *Top) lines(width, height int) []line {
	var out []line
	switch {
	case t.now == nil:
		out = append(out, line{text: "superd top: waiting for superd"})
	case t.help:
		out = helpLines()
	default:
		for _, s := range Summary(t.now, width) {
			out = append(out, line{text: s})
		}
		out = append(out, line{text: t.subject()})
		out = append(out, t.table(width, height-len(out)-1)...)
	}
	for len(out) < height-1 {
		out = append(out, line{})
	}
	return append(out[:height-1], line{text: t.foot()})
}

// subject says what is shown and how.
func (t *Top) subject() string {
	text := "sorted by " + sorts[t.sort].name
	if t.service != "" {
		text = "sessions of " + Clean(t.service)
		if t.detail == nil {
			text += ": there is no such service any more"
		}
	}
	if t.reverse {
		text += ", reversed"
	}
	if t.filter != "" || t.typing {
		text += ", with " + strconv.Quote(t.filter)
	}
	return text
}

// foot is the last line.
func (t *Top) foot() string {
	switch {
	case t.confirm != "":
		return "kill session " + Clean(t.confirm) + "? y kills, any other key does not"
	case t.Message != "":
		return Clean(t.Message)
	case t.typing:
		return "/" + Clean(t.filter) + "_"
	case t.help:
		return "any key goes back"
	case t.service != "":
		return "q back  k kill  / filter  r reverse  h help"
	}
	return "q quit  Enter sessions  s sort  r reverse  / filter  h help"
}

// table is the header and as many rows as there is room for, the selected one among
// them.
func (t *Top) table(width, room int) []line {
	if t.service != "" {
		rows := t.sessions()
		return t.body(len(rows), room, NewTable(width-2, SessionColumns()...), func(i int) (string, []string, look) {
			return rows[i].ID, SessionCells(rows[i], t.now.Time), usual
		})
	}
	rows := t.services()
	return t.body(len(rows), room, NewTable(width-2, serviceColumns(width, "/SEC")...), func(i int) (string, []string, look) {
		return rows[i].ID, serviceCells(rows[i], width, fmt.Sprintf("%.1f", t.rate(rows[i]))), lookOf(rows[i])
	})
}

func lookOf(s *control.Service) look {
	switch s.State {
	case control.Unbound, control.Rejected:
		return wrong
	case control.Full, control.Paused, control.Drained, control.Ending:
		return warned
	}
	return usual
}

// body scrolls as little as it can.
func (t *Top) body(n, room int, table *Table, row func(i int) (string, []string, look)) []line {
	t.rows = max(1, room-1)
	at := 0
	for i := range n {
		if id, _, _ := row(i); id == t.selected {
			at = i
			break
		}
	}
	t.first = max(0, min(t.first, at, n-t.rows))
	if at >= t.first+t.rows {
		t.first = at - t.rows + 1
	}
	end := min(n, t.first+t.rows)
	for i := t.first; i < end; i++ {
		_, cells, _ := row(i)
		table.Fit(cells)
	}
	out := []line{{"  " + table.Header(), title}}
	for i := t.first; i < end; i++ {
		_, cells, l := row(i)
		mark := "  "
		if i == at { // a mark, as there may be neither colours nor bold letters
			mark, l = "> ", chosen
		}
		out = append(out, line{mark + table.Row(cells), l})
	}
	return out
}

func helpLines() []line {
	var out []line
	for _, s := range []string{"superd top", "",
		"  arrows, j, PageUp, PageDown, g, G  move",
		"  Enter  the sessions of a service",
		"  q      back, or quit",
		"  k      kill the session, after y",
		"  s      sort by " + sortNames(),
		"  r      the other way round",
		"  /      only rows with a word; Escape takes that back", "",
		"  RUN    handlers, of at most MAX",
		"  /SEC   clients a second, since the last frame",
		"  CLIENTS, REFUSED, FAILED, TIMEOUT  since the service was added"} {
		out = append(out, line{text: s})
	}
	return out
}

func sortNames() string {
	var names []string
	for _, s := range sorts {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}
