// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"fmt"
	"strings"

	"superd/services"
	"superd/services/config"
)

// scope is the place where attributes take effect: a service, or the defaults of
// the file set.
type scope struct {
	run      *run
	defaults bool
	extra    bool // a file's second defaults: only what is stricter is taken
	assigns  []config.Assign
	remarks  []remark
	refused  bool

	attrs  map[string]*said         // by canonical name
	listed map[services.AttrID]bool // lists that something was said of

	flags, types map[string]word
	disable      bool // service: switched off

	// Of defaults alone:
	orders            []int // for each assign, how many services had been read before it
	enabled, disabled []word
	someEnabled       bool // enabled was said, be it with an empty list
}

// said is what a scope says of one attribute.
type said struct {
	pos   config.Pos
	words []word
	vain  bool // the line has no use, and was answered
	lost  bool // xinetd passes over the line
	extra bool // it stands in a file's second defaults
}

func newScope(r *run, defaults bool) scope {
	return scope{run: r, defaults: defaults, attrs: map[string]*said{}, listed: map[services.AttrID]bool{}}
}

// has tells whether an attribute has a value.
func (s *scope) has(name string) bool { x := s.attrs[name]; return x != nil && !x.vain }

// lost tells whether an attribute has a value that xinetd does not see.
func (s *scope) lost(name string) bool { return s.has(name) && s.attrs[name].lost }

// words gives an attribute's values.
func (s *scope) words(name string) []word {
	if !s.has(name) {
		return nil
	}
	return s.attrs[name].words
}

func (s *scope) warn(a attr, at config.Pos, format string, args ...any) {
	s.remarks = append(s.remarks, remark{sev: config.Warning, pos: at, attribute: a.name, message: fmt.Sprintf(format, args...)})
}

// aside reports what is as it should be, and xinetd takes otherwise.
func (s *scope) aside(a attr, at config.Pos, format string, args ...any) {
	s.remarks = append(s.remarks, remark{sev: config.Aside, pos: at, attribute: a.name, message: fmt.Sprintf(format, args...)})
}

// fail reports what costs the service, or, in defaults, the file set.
func (s *scope) fail(a attr, at config.Pos, format string, args ...any) {
	s.refused = true
	s.remarks = append(s.remarks, remark{sev: config.Error, pos: at, attribute: a.name, message: fmt.Sprintf(format, args...)})
}

// notBuilt refuses what is to come.
func (s *scope) notBuilt(a attr, at config.Pos, what string) {
	s.fail(a, at, "%s is not built yet", what)
}

// set replaces an attribute's value.
func (s *scope) set(a attr, id services.AttrID, v services.Value) { s.assign(a, id, config.Set, v) }

func (s *scope) assign(a attr, id services.AttrID, op config.Op, v services.Value) {
	pos := a.pos
	if len(a.words) > 0 {
		pos = a.words[0].pos
	}
	s.assigns = append(s.assigns, config.Assign{Attr: id, Op: op, Value: v, As: a.name, Pos: pos})
}

// list changes a list as xinetd does: in defaults = acts as +=, and where nothing
// is there += begins the list and -= makes it empty, which for only_from means
// nobody.
func (s *scope) list(a attr, id services.AttrID, items []string) {
	op := a.op
	if s.defaults && op == config.Set {
		op = config.Add
	}
	if !s.listed[id] && op == config.Remove {
		items = nil
	}
	if !s.listed[id] {
		op = config.Set
	}
	if items == nil {
		items = []string{}
	}
	s.listed[id] = true
	s.assign(a, id, op, items)
}

// texts gives the words' texts.
func texts(words []word) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.text
	}
	return list
}

// read carries out one attribute.
func (s *scope) read(a attr) {
	name := strings.ToLower(a.name)
	row, known := attributes[name]
	if row.as != "" {
		name = row.as
	}
	switch {
	case !known:
		s.unknown(a, name)
	case s.defaults && row.where == inService:
		s.notInDefaults(a, name, row)
	case !s.defaults && row.where == inDefaults:
		s.notInService(a, name)
	case s.extra && !s.tightens(name, row):
		s.warn(a, a.pos, "passed over: it stands in a file's second defaults")
	default:
		s.readRow(a, name, row)
	}
}

// readRow carries out an attribute that may stand here.
func (s *scope) readRow(a attr, name string, row attribute) {
	before := len(s.remarks)
	old := s.attrs[name]
	if x := (&said{pos: a.pos, extra: s.extra}); s.admit(&a, x, name, row) {
		x.words = a.words
		if row.values == anyList && s.has(name) {
			x.pos, x.extra = old.pos, old.extra // those of the first line
		}
		s.attrs[name] = x
		row.read(s, a)
	} else if old == nil {
		x.vain = true
		s.attrs[name] = x
	}
	for i := range s.remarks[before:] {
		s.remarks[before+i].always = name == "disable"
	}
}

// admit sees to repetition, operator and number of values.
func (s *scope) admit(a *attr, x *said, name string, row attribute) bool {
	if row.values == anyList {
		return true
	}
	if s.has(name) && !s.lost(name) {
		s.again(*a, name, s.attrs[name].pos)
		return false
	}
	switch {
	case a.op == config.Remove:
		s.fail(*a, a.pos, "\"-=\" is for lists; xinetd passes over the line")
		return false
	case a.op == config.Add && s.loosens(name):
		s.warn(*a, a.pos, "passed over, as xinetd does: \"+=\" is for lists")
		return false
	case a.op == config.Add:
		s.warn(*a, a.pos, "\"+=\" is for lists; xinetd passes over the line, superd takes it for \"=\"")
		x.lost = true
		a.op = config.Set
	}
	return row.values < 0 || s.count(a, x, name, row)
}

// loosens tells whether "+=" taken for "=" might let in, or allow, what xinetd does
// not, which passes over the line and goes on with what it assumes or inherits.
func (s *scope) loosens(name string) bool {
	switch name {
	case "flags", "type", "group", "groups", "umask", "nice", "cps", "libwrap", "server_args", "banner", "banner_success", "banner_fail":
		return true
	}
	return !s.defaults && s.run.common.has(name)
}

// again answers an attribute that has a value: xinetd keeps the first.
func (s *scope) again(a attr, name string, at config.Pos) {
	if name == "disable" && len(a.words) > 0 && strings.EqualFold(a.words[0].text, "yes") {
		s.disable = true
		s.warn(a, a.pos, "said in line %d already, which is what xinetd keeps; superd takes the \"yes\"", at.Line)
		return
	}
	s.warn(a, a.pos, "said in line %d already; the first value counts", at.Line)
}

// count sees to the number of values. xinetd passes over a line that has too many
// or too few and goes on without it, so that a comment behind a limit, or behind
// "disable = yes", undoes it. superd takes what is evident, and without that refuses
// the service, but for attributes by which nobody is kept out and nothing limited.
func (s *scope) count(a *attr, x *said, name string, row attribute) bool {
	if len(a.words) == row.values {
		return true
	}
	for i, w := range a.words {
		if w.text[0] == '#' && i == row.values {
			s.warn(*a, w.pos, "\"#\" begins no comment behind a value; xinetd passes over the whole line, superd takes %q", strings.Join(texts(a.words[:i]), " "))
			x.lost = true
			a.words = a.words[:i]
			return true
		}
	}
	if name == "cps" && len(a.words) > 0 && (len(a.words) == 1 || a.words[1].text[0] == '#') {
		s.warn(*a, a.pos, "the number of seconds is missing; xinetd passes over the line, superd takes \"%s 10\"", a.words[0].text)
		x.lost = true
		a.words = []word{a.words[0], {"10", a.words[0].pos}}
		return true
	}
	at := a.pos
	if len(a.words) > 0 {
		at = a.words[min(row.values, len(a.words)-1)].pos
	}
	hint, end := "", ""
	if name == "server" && len(a.words) > 1 {
		hint = "; arguments belong to server_args"
	}
	switch name {
	case "id", "nice", "groups", "banner", "banner_success", "banner_fail", "mdns", "deny_time":
		s.warn(*a, at, "wants %s, not %d; passed over, as xinetd does", plural(row.values, "value"), len(a.words))
		return false
	case "wait", "user", "server":
		end = ", and drops the service for lack of it"
	}
	s.fail(*a, at, "wants %s, not %d%s; xinetd passes over the line%s", plural(row.values, "value"), len(a.words), hint, end)
	return false
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
