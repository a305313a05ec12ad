// SPDX-License-Identifier: Apache-2.0

// Package xinetd is the front-end for xinetd.conf and xinetd.d: bytes to
// positioned syntax, and from there to a config.Unit whose assignments carry
// native attribute names and normalised values.
//
// A file means what xinetd 2.3.15 takes it to mean. Where xinetd misreads it in
// the looser direction, superd takes the stricter, evident meaning; what xinetd
// drops stays dropped. Each such place is told, as a warning if the service runs
// and as an error if it does not.
//
// Owns: xinetd's grammar, its attributes, flags and types, its rules for
// include and includedir, what it inherits from defaults and when, and the
// remarks wherever superd takes a line otherwise than xinetd's code does.
// Does not know: sockets, processes, nor how an attribute takes effect.
// Concurrency: a FrontEnd has no state; Parse may run many times at once.
// Errors: all of them are remarks to the sink; nothing is returned.
package xinetd

import (
	"path"

	"superd/services"
	"superd/services/config"
)

// Format is the name of this format, as in "-c xinetd:FILE" and Unit.Format.
const Format = "xinetd"

// FrontEnd reads xinetd.conf.
type FrontEnd struct{}

// Parse reads name, whose content is data, with all that it includes.
func (FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	r := &run{
		host: host, sink: sink, stack: []string{path.Clean(name)},
		unit: config.Unit{Format: Format, FormatDefaults: formatDefaults(host)},
	}
	r.parse(&source{run: r, file: sink.File(name), rest: string(data)})
	r.common = r.readDefaults()
	entries := make([]*entry, len(r.blocks))
	for i, b := range r.blocks {
		entries[i] = r.readEntry(i, b)
	}
	r.switchOff(entries)
	r.nameApart(entries)
	for _, e := range entries {
		r.unit.Entries = append(r.unit.Entries, e.result())
		e.tell(sink)
	}
	return r.unit
}

// run is one Parse.
type run struct {
	host *config.Host
	sink config.Sink
	unit config.Unit

	stack []string // files being read, the outermost first
	files int      // how many were included
	stray int      // how many lines stood outside any entry

	blocks   []*block // services, in xinetd's order
	defaults []*block
	common   *scope // the defaults of the whole file set
}

// remark is a diagnostic that waits for its service's final id and state.
type remark struct {
	sev       config.Severity
	pos       config.Pos
	attribute string
	message   string
	always    bool // told of a disabled service as well
}

// entry is a service in the making.
type entry struct {
	scope
	block *block
	id    word
	state services.State
	given bool // there is an id attribute
}

func (e *entry) result() config.Entry {
	return config.Entry{ID: e.id.text, Name: e.block.name, Pos: e.block.pos, Assigns: e.assigns, State: e.state}
}

// tell hands the remarks over. Of a disabled service xinetd reads no more than
// that it is disabled: what is wrong with it, or missing on this machine, is
// nobody's concern until it is enabled.
func (e *entry) tell(sink config.Sink) {
	for _, m := range e.remarks {
		if e.state != services.Disabled || m.always {
			sink.Report(m.sev, m.pos, e.id.text, m.attribute, m.message)
		}
	}
}
