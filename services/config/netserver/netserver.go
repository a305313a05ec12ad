// SPDX-License-Identifier: Apache-2.0

// Package netserver is the front-end for Net::Server's own configuration: its
// conf_file, one "key value" a line, and its options on a command line. Both become
// one service, in a config.Unit whose assignments carry native attribute names and
// normalised values.
//
// A line is read as Net::Server's code reads it, which its document misstates. Where
// that code loses a protection that a line evidently asks for, superd takes the
// stricter meaning; where superd decides otherwise, a warning says so at the place.
// Keys that neither knows are the program's and become the attribute extra.
//
// Owns: the keys, how lines and words are parted, the order of strength between
// command line, file and what Net::Server assumes. Does not know: sockets,
// processes, nor how an attribute takes effect.
// Concurrency: a FrontEnd is a value; Parse may run many times at once.
// Errors: Parse sends all of them to the sink; ParseCommand returns its own, which
// are those of whoever typed the words.
package netserver

import (
	"path"
	"regexp"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Format is the name of this format, as in "-c netserver:FILE" and Unit.Format.
const Format = "netserver"

// defaultPort is where Net::Server listens that nobody told where to.
const defaultPort = "20203"

// FrontEnd reads a conf_file.
type FrontEnd struct {
	// Command is what stands on the command line, and is stronger than the file;
	// nil: there is none, and the file must say all.
	Command *Command
}

var _ config.FrontEnd = FrontEnd{}

// Parse reads name, whose content is data. Without a conf_file a Command has no
// data.
func (f FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	t := &translation{host: host, sink: sink, command: f.Command, unit: config.Unit{Format: Format}}
	t.entry.Pos = config.Pos{File: services.FromCommandLine}
	if f.Command == nil || f.Command.ConfFile != "" {
		t.entry.Pos = config.Pos{File: sink.File(name), Line: 1, Col: 1}
	}
	t.entry.ID = f.id(name)
	if m := nameLine.FindSubmatch(data); m != nil && f.Command == nil {
		t.entry.ID = cleanID(string(m[1]))
	}
	t.entry.Name = t.entry.ID
	var file []pair
	if t.fromFile() {
		file = t.read(t.entry.Pos.File, string(data))
	}
	t.translate(file)
	t.unit.Entries = []config.Entry{t.entry}
	return t.unit
}

// nameLine names the service, for who has two files of one name.
var nameLine = regexp.MustCompile(`(?m)^[ \t]*superd_name[ \t=:]+(\S+)`)

// id names the one service: by its program, or by the file.
func (f FrontEnd) id(name string) string {
	switch c := f.Command; {
	case c == nil:
	case len(c.Program) > 0:
		return cleanID(path.Base(c.Program[0]))
	case c.ConfFile == "":
		return "superd"
	}
	if name == "-" {
		return Format
	}
	base := path.Base(name)
	return cleanID(strings.TrimSuffix(base, path.Ext(base)))
}

// cleanID takes out what no id may hold.
func cleanID(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f && r < 0xa0 || r == '\uFFFD' {
			return '-'
		}
		return r
	}, s)
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "")
	}
	if s == "" {
		return Format
	}
	return s
}

// pair is one key with its value.
type pair struct {
	key    string // as it is written, without "--"
	name   string // the row of keys, or the attribute, that it is; "" = the program's
	native bool   // an attribute, under superd's own name
	add    bool   // KEY+=VALUE
	value  string
	pos    config.Pos // of the key
	at     config.Pos // of the value
}

func (p pair) onCommandLine() bool { return p.pos.File == services.FromCommandLine }

// group is what a pair is about: of keys that say the same in different words, only
// those of the strongest source count.
func (p pair) group() string {
	switch {
	case p.name == "":
		return "extra " + p.key
	case p.native:
		return p.name
	}
	return keys[p.name].group(p.name)
}

// strongest gives, for each group, the pairs of the first source that has any:
// values are replaced whole, and lists are never merged.
func strongest(sources ...[]pair) map[string][]pair {
	said := map[string][]pair{}
	for _, source := range sources {
		own := map[string][]pair{}
		for _, p := range source {
			own[p.group()] = append(own[p.group()], p)
		}
		for g, list := range own {
			if _, stronger := said[g]; !stronger {
				said[g] = list
			}
		}
	}
	return said
}
