// SPDX-License-Identifier: Apache-2.0

package config

import "superd/services"

// Pos is a place in a file of the run. Line and Col count from 1, Col in bytes.
type Pos struct {
	File      services.FileID
	Line, Col uint32
}

// Origin drops the column.
func (p Pos) Origin() services.Origin { return services.Origin{File: p.File, Line: p.Line} }

// Op is how an assignment acts on what is there already.
type Op uint8

const (
	Set    Op = iota // replace, also what was inherited
	Add              // +=
	Remove           // -=, identical items only
)

// Assign is one attribute given a value: already of the attribute's kind and
// normalised, since only the front-end knows how its format spells things.
type Assign struct {
	Attr  services.AttrID
	Op    Op
	Value services.Value
	As    string // the attribute as the file spells it, for diagnostics; empty: the native name
	Pos   Pos
}

// Entry is one service as its file gives it, before defaults and validation.
type Entry struct {
	ID, Name string
	Pos      Pos
	Assigns  []Assign    // in the file's order
	Sockets  []SocketSet // [[services.x.socket]]: each with attributes of its own
	State    services.State
	Share    Share
}

// Share says of an entry that its program gets the sockets of other entries, too. All
// entries of a format with the same program are one service, whose settings are those
// of the first, and each brings its sockets with what it says of them.
type Share struct {
	Program string // the same text is the same program; empty: the sockets are the entry's alone
	First   bool   // it is the first, and its id is the service's; else that is the lowest id
	// Implied: nobody has named the entry's file, but another one's program wants its sockets.
	Implied bool
	// Alone is why the program cannot have other sockets beside; empty: it can.
	Alone string
}

// SocketSet is one table of per-socket attributes.
type SocketSet struct {
	Pos     Pos
	Assigns []Assign
}

// Unit is what a front-end makes of one -c: a file with all that it includes.
// Its defaults reach its own entries only.
type Unit struct {
	Format         string             // "native", "xinetd", …
	Defaults       []Assign           // in order
	FormatDefaults []services.Setting // what the original assumes where native assumes otherwise
	Daemon         []Assign           // [daemon]
	Entries        []Entry
	Failed         bool // the file set cannot be used as a whole: unreadable, does not parse, an error in defaults or [daemon]
	// Unread are files and directories to be included that could not be read, where the
	// original goes on without them.
	Unread []string
}

// Sink takes a front-end's remarks.
type Sink interface {
	// File registers a file of the run and returns its id.
	File(name string) services.FileID
	// Report adds a diagnostic at a place. service and attribute may be empty.
	Report(sev Severity, pos Pos, service, attribute, message string)
}

// Notebook is what a Sink may be beside: a place for what a front-end has found out and
// need not find out again for another file of the same Load.
type Notebook interface {
	// Notes is the same map all the time. Keys begin with what tells who wrote them.
	Notes() map[string]bool
}

// FrontEnd reads one format.
type FrontEnd interface {
	// Parse reads name and all that it includes. data is the content of name.
	// It never fails as a whole except by Unit.Failed; every remark goes to sink.
	Parse(host *Host, sink Sink, name string, data []byte) Unit
}
