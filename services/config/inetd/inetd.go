// SPDX-License-Identifier: Apache-2.0

// Package inetd is the front-end for inetd.conf in the dialects of Debian's
// openbsd-inetd, FreeBSD, NetBSD (both of its syntaxes) and GNU inetutils: bytes to
// fields, and from there to a config.Unit whose assignments carry native attribute
// names and normalised values.
//
// A line means what the inetd of its dialect takes it to mean. Where that one
// misreads a line in the looser direction, superd takes the stricter, evident
// meaning; what it drops stays dropped. Each such place is told, as a warning if
// the service runs and as an error if it does not.
//
// Owns: the dialects, how they are told apart, what each assumes where a line says
// nothing, and the remarks wherever superd takes a line otherwise than its inetd.
// Does not know: sockets, processes, nor how an attribute takes effect.
// Concurrency: a FrontEnd has no state; Parse may run many times at once.
// Errors: all of them are remarks to the sink; nothing is returned.
package inetd

import (
	"path"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Format is the name of this format, as in "-c inetd:FILE" and Unit.Format.
const Format = "inetd"

// FrontEnd reads inetd.conf. The zero value tells the dialect by the content.
type FrontEnd struct {
	Dialect Dialect
	// Libwrap asks hosts.allow and hosts.deny about the clients of each program
	// that gets connections, as openbsd-inetd does with -l.
	Libwrap bool
	// Rate is how many times a minute a service is started for which the file says
	// nothing (-R); 0: as many as the dialect has it.
	Rate int64
	// Dir is where a program lies whose path is not absolute: where the inetd runs,
	// which is "/" unless it was started with -d. "" is "/".
	Dir string
}

// Dialects are the front-ends by the names of "-c inetd/NAME:FILE".
func Dialects() map[string]config.FrontEnd {
	all := map[string]config.FrontEnd{}
	for d := OpenBSD; d <= GNU; d++ {
		all[d.String()] = FrontEnd{Dialect: d}
	}
	return all
}

// InDir tells which files of a folder are read. GNU's inetd, which alone takes
// folders, reads all.
func InDir(name string) bool {
	return name != "" && name[0] != '.' && !strings.HasSuffix(name, "~")
}

// Parse reads name, whose content is data, with all that it includes.
func (f FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	r := &run{host: host, sink: sink, options: f, stack: []string{path.Clean(name)}}
	file := sink.File(name)
	r.choose(file, data)
	r.parse(newSource(r, file, string(data)), []word{{text: "*"}})
	r.replace()
	r.apart()
	r.tellFamilies()
	r.nameApart()
	u := config.Unit{Format: Format, FormatDefaults: r.formatDefaults()}
	for _, e := range r.entries {
		u.Entries = append(u.Entries, e.result())
		e.tell(sink)
	}
	return u
}

// run is one Parse.
type run struct {
	host    *config.Host
	sink    config.Sink
	options FrontEnd

	dialect   Dialect
	undecided bool // the content tells no dialect

	stack   []string    // files being read, the outermost first
	files   int         // how many were included
	policy  *word       // an IPsec policy that holds for what follows
	ended   *config.Pos // where the original stops reading
	entries []*entry
	told    map[string]bool // remarks made once a run
}

// once reports a warning that one example is enough for.
func (r *run) once(key string, pos config.Pos, attribute, message string) {
	if r.told == nil {
		r.told = map[string]bool{}
	}
	if !r.told[key] {
		r.told[key] = true
		r.sink.Report(config.Warning, pos, "", attribute, message)
	}
}

// nameApart gives each service an id of its own: the first of a name has the name,
// others their protocol behind it. Those that run come first, so that the id of
// one does not hang on what is switched off.
func (r *run) nameApart() {
	taken := map[string]bool{}
	tried := map[string]int{}
	for _, state := range []services.State{services.Enabled, services.Refused, services.Disabled} {
		for _, e := range r.entries {
			if e.state() != state {
				continue
			}
			e.id = e.name.text
			if taken[e.id] && e.proto.text != "" {
				e.id += "-" + strings.ReplaceAll(e.proto.text, "/", "-")
			}
			base := e.id
			for taken[e.id] {
				tried[base] = max(tried[base], 1) + 1
				e.id = base + "-" + decimal(tried[base])
			}
			taken[e.id] = true
		}
	}
}

// tell hands the remarks over. What is wrong with a service that is switched off is
// nobody's concern until it is switched on.
func (e *entry) tell(sink config.Sink) {
	slices.SortStableFunc(e.remarks, func(a, b remark) int { return int(a.pos.Line) - int(b.pos.Line) })
	for _, m := range e.remarks {
		if e.state() != services.Disabled || m.always {
			sink.Report(m.sev, m.pos, e.id, m.attribute, m.message)
		}
	}
}
