// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"superd/services"
	"superd/services/config"
)

// setting is one KEY=VALUE of a unit, its line ends taken out.
type setting struct {
	section, key, value string
	pos                 config.Pos // of the value, or of the key if that is empty
	order               int        // among all of the unit
}

// values are what a unit and its drop-ins say of one key, in order, and never none.
type values []setting

// last is what counts of a key that has one value.
func (v values) last() setting { return v[len(v)-1] }

// list is what counts of a key whose values add up: an empty one forgets those
// before it.
func (v values) list() values {
	for i := len(v) - 1; i >= 0; i-- {
		if v[i].value == "" {
			return v[i+1:]
		}
	}
	return v
}

// maxLine is systemd's LONG_LINE_MAX: it reads no file that has a longer line.
const maxLine = 1 << 20

// parser reads one file into a unit.
type parser struct {
	run      *run
	file     services.FileID
	sections []string // those that the kind of unit has
	unit     *unit

	section string // the one that lines belong to; empty: none, or an unknown one
	known   bool
	line    uint32 // of the text that is read now
	begun   uint32 // where a line began that goes on, and its first text
	text    strings.Builder
	goesOn  bool
}

// parse adds what a file says to the unit.
func (r *run) parse(u *unit, file services.FileID, data string) {
	p := &parser{run: r, file: file, unit: u, sections: []string{"Unit", "Install", u.section()}}
	data = strings.TrimPrefix(data, "\uFEFF")
	for data != "" && !u.broken {
		var line string
		line, data = cutLine(data)
		p.line++
		p.take(line)
	}
	if p.goesOn {
		p.finish()
	}
}

// cutLine ends a line where systemd does: at LF, CR, CR LF or NUL.
func cutLine(s string) (line, rest string) {
	i := strings.IndexAny(s, "\n\r\x00")
	if i < 0 {
		return s, ""
	}
	if line, rest = s[:i], s[i+1:]; s[i] == '\r' {
		rest = strings.TrimPrefix(rest, "\n")
	}
	return line, rest
}

const blanks = " \t\n\r"

// take reads one line: a comment, also between the parts of a line that goes on, or
// a part of one.
func (p *parser) take(line string) {
	first := strings.TrimLeft(line, blanks)
	if first != "" && (first[0] == '#' || first[0] == ';') {
		return
	}
	if len(line)+p.text.Len() > maxLine {
		p.unit.broken = true
		p.run.sink.Report(config.Error, p.at(1), "", "", fmt.Sprintf("the line is longer than %d bytes; systemd does not read such a file", maxLine))
		return
	}
	if !p.goesOn {
		p.begun = p.line
		p.text.Reset()
	}
	if p.goesOn = endsInBackslash(line); p.goesOn {
		p.text.WriteString(line[:len(line)-1] + " ")
		return
	}
	p.text.WriteString(line)
	p.finish()
}

// endsInBackslash tells whether the last byte is a backslash that no other one
// escapes.
func endsInBackslash(s string) bool {
	n := len(s) - len(strings.TrimRight(s, `\`))
	return n%2 == 1
}

// finish reads a whole line.
func (p *parser) finish() {
	full := p.text.String()
	p.text.Reset()
	p.goesOn = false
	line := strings.Trim(full, blanks)
	col := uint32(len(full)-len(strings.TrimLeft(full, blanks))) + 1
	switch {
	case line == "":
	case !utf8.ValidString(line):
		p.warn(col, "the line is not UTF-8: systemd passes over it, and so does superd")
	case line[0] == '[':
		p.header(line, col)
	default:
		p.assignment(full, line, col)
	}
}

func (p *parser) at(col uint32) config.Pos {
	line := p.begun
	if line == 0 {
		line = p.line
	}
	return config.Pos{File: p.file, Line: line, Col: col}
}

func (p *parser) warn(col uint32, format string, args ...any) {
	p.run.sink.Report(config.Warning, p.at(col), "", "", fmt.Sprintf(format, args...))
}

func (p *parser) header(line string, col uint32) {
	p.section, p.known = strings.TrimSuffix(line[1:], "]"), false
	switch {
	case !strings.HasSuffix(line, "]"):
		p.unit.broken = true
		p.run.sink.Report(config.Error, p.at(col), "", "", fmt.Sprintf("%q: want [SECTION]; systemd does not read such a file", clip(line)))
	case slices.Contains(p.sections, p.section):
		p.known = true
	case !strings.HasPrefix(p.section, "X-"):
		p.warn(col, "a .%s unit has no section %q: what stands in it is passed over", p.unit.kind, clip(p.section))
	}
}

func (p *parser) assignment(full, line string, col uint32) {
	key, value, ok := strings.Cut(line, "=")
	switch {
	case p.section == "":
		p.warn(col, "%q stands before any section: it is passed over", clip(line))
		return
	case !p.known:
		return
	case !ok:
		p.warn(col, "%q: want KEY=VALUE: it is passed over", clip(line))
		return
	}
	key, value = strings.TrimRight(key, blanks), strings.TrimLeft(value, blanks)
	if key == "" {
		p.warn(col, "%q: want KEY=VALUE: it is passed over", clip(line))
		return
	}
	// Of a line that goes on, the value's first byte may stand in another line.
	if at := strings.IndexByte(full, '=') + 1; value != "" && p.begun == p.line {
		col = uint32(at+len(full[at:])-len(strings.TrimLeft(full[at:], blanks))) + 1
	}
	p.unit.add(setting{section: p.section, key: key, value: value, pos: p.at(col)})
}

// longest is how much of a text a message repeats.
const longest = 200

func clip(s string) string {
	if len(s) <= longest {
		return s
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
