// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"slices"
	"strings"
)

// Section is a set of the sections in which an option may stand.
type Section uint8

// The sections.
const (
	Unit Section = 1 << iota
	Install
	Socket
	Service
)

// String names the sections as units have them.
func (s Section) String() string {
	var names []string
	for _, x := range sectionNames {
		if s&x.section != 0 {
			names = append(names, "["+x.name+"]")
		}
	}
	return strings.Join(names, " ")
}

var sectionNames = []struct {
	section Section
	name    string
}{{Unit, "Unit"}, {Socket, "Socket"}, {Service, "Service"}, {Install, "Install"}}

// Word is what superd makes of an option.
type Word uint8

// The words.
const (
	Mapped      Word = iota // it becomes attributes
	Meaningless             // it concerns nothing that superd does, and nothing is said
	Warned                  // the service runs, and check tells what is otherwise
	Missing                 // the service is refused until it is built, unless --allow-missing names the option
)

func (w Word) String() string {
	return [...]string{"mapped", "no meaning here", "warned", "not built yet"}[w]
}

// Option is one row of the table: all that superd knows of an option.
type Option struct {
	Name string
	In   Section
	Word Word
	To   string // of Mapped: the attributes, parted by blanks
	Note string // what superd does, or why it does nothing
	// none are values that ask for nothing, and so are passed over in silence; an
	// empty one always is.
	none []string
	// apply makes assignments of the values; nil where several options together do
	// so, or none does.
	apply func(*entry, values)
	shed  bool // a program behind "+" does not get it
}

// group is several rows that have all but the name in common.
type group struct {
	names string // parted by blanks
	in    Section
	word  Word
	to    string
	note  string
	none  []string
	apply func(*entry, values)
	shed  bool
}

// Table returns all options of socket and service units, in the order of the
// documentation. It must not be written to.
func Table() []Option { return table }

var table = assemble(unitGroups, installGroups, socketGroups, serviceGroups, execGroups, protectionGroups, resourceGroups, ofSocketCommands())

func assemble(lists ...[]group) []Option {
	var rows []Option
	for _, list := range lists {
		for _, g := range list {
			for name := range strings.FieldsSeq(g.names) {
				rows = append(rows, Option{Name: name, In: g.in, Word: g.word, To: g.to, Note: g.note, none: g.none, apply: g.apply, shed: g.shed})
			}
		}
	}
	return rows
}

// ofSocketCommands are the options of [Service] that may stand in [Socket] as well,
// where they concern commands such as ExecStartPre alone.
func ofSocketCommands() []group {
	own := map[string]bool{}
	for _, g := range socketGroups {
		for name := range strings.FieldsSeq(g.names) {
			own[name] = true
		}
	}
	var names []string
	for _, list := range [][]group{execGroups, protectionGroups, resourceGroups} {
		for _, g := range list {
			for name := range strings.FieldsSeq(g.names) {
				if !own[name] && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return []group{{names: strings.Join(names, " "), in: Socket, word: Meaningless,
		note: "In a socket unit it concerns the commands ExecStartPre and its like, which superd does not run."}}
}

// byName are the table's rows by section and name.
var byName = index(table)

func index(rows []Option) map[[2]string]*Option {
	m := make(map[[2]string]*Option, len(rows))
	for i, o := range rows {
		for _, x := range sectionNames {
			if o.In&x.section != 0 {
				m[[2]string{x.name, o.Name}] = &rows[i]
			}
		}
	}
	return m
}

// CanBeMissing tells whether --allow-missing may name the option, and that there is
// such an option at all.
func CanBeMissing(name string) (missing, known bool) {
	for _, o := range table {
		if o.Name == name {
			known = true
			missing = missing || o.Word == Missing || slices.Contains(sometimesMissing, name)
		}
	}
	return missing, known
}

// sometimesMissing are options that are mapped, but for some of their values.
var sometimesMissing = []string{"StandardInput", "StandardOutput", "ListenStream", "ListenDatagram", "ListenSequentialPacket"}

// maxUnknown is how many options that there are not are told of: a file may consist
// of them.
const maxUnknown = 50

// apply makes of each option of a section what its row says.
func (e *entry) apply(u *unit, section string) {
	unknown := 0
	for _, name := range u.order {
		if name[0] != section {
			continue
		}
		v := u.settings[name]
		if o := byName[name]; o != nil {
			e.option(o, v)
		} else if unknown++; unknown <= maxUnknown && !strings.HasPrefix(name[1], "X-") {
			e.warn(v.last(), "there is no such option of [%s]: it is passed over", section)
		}
	}
}

func (e *entry) option(o *Option, v values) {
	list := v.list()
	if len(list) == 0 || slices.Contains(o.none, strings.ToLower(v.last().value)) {
		return
	}
	switch {
	case o.shed && e.command.privileged:
	case o.apply != nil:
		o.apply(e, list)
	case o.Word == Warned:
		e.warn(list.last(), "%s", o.Note)
	case o.Word == Missing:
		e.missing(list.last(), "")
	}
}

// Told tells whether a remark, of an option and in these words, is about something
// that superd does otherwise than systemd, or not at all.
func Told(option, message string) bool {
	if strings.Contains(message, notBuilt) {
		return true
	}
	for _, o := range table {
		if o.Name == option && o.Word == Warned {
			return true
		}
	}
	return slices.ContainsFunc(otherwise, func(words string) bool { return strings.Contains(message, words) })
}

const notBuilt = "not built yet"

// otherwise are the words of remarks that tell of a difference and are not those of
// an option's row.
var otherwise = []string{thrownAway, blocks, "goes to superd's log", "is left alone", "the service is off until it holds"}

const thrownAway = "what the program writes to descriptor 1 is thrown away; descriptor 2 is kept"
