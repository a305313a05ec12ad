// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// translation is one Parse.
type translation struct {
	host    *config.Host
	sink    config.Sink
	command *Command
	unit    config.Unit
	entry   config.Entry
	said    map[string][]pair // by group, of the strongest source
	modes   []string          // what server_type says
	handed  map[string]bool   // keys that the program wants to see
	told    map[string]bool   // remarks made once
	invalid error             // the first value of the command line that is none
}

// translate makes the unit of what the command line and the file say.
func (t *translation) translate(file []pair) {
	var typed []pair
	if t.command != nil {
		typed = t.command.pairs
	}
	t.said = strongest(typed, file)
	if said := t.said["mode"]; len(said) > 0 { // others hang on it
		t.take(said)
	}
	for _, g := range slices.Sorted(maps.Keys(t.said)) {
		if g != "mode" {
			t.take(t.said[g])
		}
	}
	t.extras(file, typed)
	t.assumed()
}

// take translates what was said of one group. Where a source says the same in
// different words the last of them counts.
func (t *translation) take(said []pair) {
	last := said[len(said)-1]
	said = slices.DeleteFunc(slices.Clone(said), func(p pair) bool { return p.name != last.name || p.native != last.native })
	switch {
	case last.native:
		t.attribute(said)
	case last.name == "": // extras
	case keys[last.name].list:
		keys[last.name].take(t, said)
	default:
		keys[last.name].take(t, said[len(said)-1:])
	}
}

// attribute takes what stands under superd's own name.
func (t *translation) attribute(said []pair) {
	for i, p := range said {
		attr, ok := attribute(p.name)
		if !ok {
			t.bad(p, "%v", config.Unknown(strings.TrimPrefix(p.key, ownPrefix)))
			continue
		}
		row := attr.Row()
		v, err := row.Parse(flagText(row.Kind, p.value))
		if err != nil {
			t.bad(p, "%v", err)
			continue
		}
		op := config.Set
		if p.add || i > 0 && row.Lists {
			op = config.Add
		}
		to := &t.entry.Assigns
		if row.Scope == services.InDaemon {
			to = &t.unit.Daemon
		}
		if i > 0 && !row.Lists && lengthen(*to, attr, v) {
			continue
		}
		*to = append(*to, config.Assign{Attr: attr, Op: op, Value: v, As: p.key, Pos: p.at})
	}
}

// lengthen adds items to the list that the last assignment has, if it is one. Modes
// are one as soon as there are two of them.
func lengthen(list []config.Assign, attr services.AttrID, more services.Value) bool {
	if len(list) == 0 || list[len(list)-1].Attr != attr {
		return false
	}
	last := &list[len(list)-1]
	if _, ok := last.Value.([]string); !ok && attr != services.Mode {
		return false
	}
	v, err := attr.Row().FromTOML(slices.Concat(words(last.Value), words(more)))
	if err == nil {
		last.Value = v
	}
	return err == nil
}

func words(v services.Value) []string {
	if word, ok := v.(string); ok {
		return []string{word}
	}
	list, _ := v.([]string)
	return list
}

// flagText lets a flag be 1 and 0, as Net::Server's are.
func flagText(kind services.Kind, text string) string {
	if kind == services.KindBool && text == "1" {
		return "true"
	}
	if kind == services.KindBool && text == "0" {
		return "false"
	}
	return text
}

// hand marks a key of Net::Server's as one that the program wants to see.
func (t *translation) hand(p pair) {
	if t.handed == nil {
		t.handed = map[string]bool{}
	}
	t.handed[p.name] = true
}

// extras collects the program's keys in their order: those of the file that the
// command line does not say, then those of the command line.
func (t *translation) extras(file, typed []pair) {
	var items []string
	var at config.Pos
	for _, source := range [][]pair{file, typed} {
		for _, p := range source {
			theirs := p.name == "" || t.handed[p.name]
			if !theirs || p.native || t.said[p.group()][0].pos.File != p.pos.File {
				continue
			}
			items = append(items, p.key+" "+p.value)
			at = firstPlace(at, p.at)
		}
	}
	if len(items) == 0 {
		return
	}
	v, err := services.Extra.Row().FromTOML(items)
	if err != nil {
		t.bad(pair{key: "extra", pos: at, at: at}, "%v", err)
		return
	}
	t.entry.Assigns = append(t.entry.Assigns, config.Assign{Attr: services.Extra, Op: config.Add, Value: v, Pos: at})
}

func firstPlace(a, b config.Pos) config.Pos {
	if a == (config.Pos{}) {
		return b
	}
	return a
}

// set assigns a value of its attribute's kind.
func (t *translation) set(attr services.AttrID, p pair, v services.Value) {
	a := config.Assign{Attr: attr, Value: v, As: p.key, Pos: p.at}
	if attr.Row().Scope == services.InDaemon {
		t.unit.Daemon = append(t.unit.Daemon, a)
		return
	}
	t.entry.Assigns = append(t.entry.Assigns, a)
}

// parse assigns text.
func (t *translation) parse(attr services.AttrID, p pair, text string) {
	v, err := attr.Row().Parse(text)
	if err != nil {
		t.badFor(attr, p, err)
		return
	}
	t.set(attr, p, v)
}

func (t *translation) badFor(attr services.AttrID, p pair, err error) {
	if attr.Row().Scope != services.InDaemon || p.onCommandLine() {
		t.bad(p, "%v", err)
		return
	}
	t.sink.Report(config.Error, p.at, "", p.key, err.Error())
	t.unit.Failed = true
}

func (t *translation) warn(p pair, format string, args ...any) {
	t.sink.Report(config.Warning, p.at, t.entry.ID, p.key, fmt.Sprintf(format, args...))
}

// once makes a remark that one example is enough for.
func (t *translation) once(what string, pos config.Pos, message string) {
	if t.told == nil {
		t.told = map[string]bool{}
	}
	if !t.told[what] {
		t.told[what] = true
		t.sink.Report(config.Warning, pos, "", "", message)
	}
}

// refuse reports an error, which costs the service.
func (t *translation) refuse(key string, pos config.Pos, format string, args ...any) {
	t.sink.Report(config.Error, pos, t.entry.ID, clip(key), fmt.Sprintf(format, args...))
	t.entry.State = services.Refused
}

// bad refuses for a value that cannot be one. Who types such a value on a command
// line is told at once.
func (t *translation) bad(p pair, format string, args ...any) {
	t.refuse(p.key, p.at, format, args...)
	if p.onCommandLine() && t.invalid == nil {
		t.invalid = fmt.Errorf("attribute %q: %s", p.key, fmt.Sprintf(format, args...))
	}
}

// fromFile tells whether there is a file.
func (t *translation) fromFile() bool { return t.command == nil || t.command.ConfFile != "" }
