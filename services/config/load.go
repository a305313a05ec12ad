// SPDX-License-Identifier: Apache-2.0

package config

import "superd/services"

// Source is one -c: a file, a directory or bytes that are at hand already.
type Source struct {
	Format  string // name of a Format; "" = told by content
	Dialect string // "freebsd", …; only inetd has any
	Path    string // as diagnostics name it; "-" is standard input and needs Data
	Data    []byte // non-nil: the content of Path, which is then not read
	Unit    *Unit  // non-nil: read already (superd serve); all else is ignored
}

// Format is one row of the list of front-ends, which the caller of Load owns.
type Format struct {
	Name     string                 // as in Service.Format: "native", "xinetd", …
	FrontEnd FrontEnd               // nil: told apart from the others, not built yet
	Dialects map[string]FrontEnd    // by Source.Dialect; nil: the format has none
	InDir    func(name string) bool // which files of a -c DIR are read; nil: none
	// NeedsProgram says that a service whose program is not there is refused, as
	// the original does. Otherwise that is a warning: a program may be installed
	// after the file that names it, and the spawn says what it misses.
	NeedsProgram bool
}

// Result is what a run's sources say together. Services holds the refused and
// the disabled ones too, each with its State. Ids are unique among those that
// are not disabled.
type Result struct {
	Services []*services.Service // by source, then the file's order
	Daemon   Daemon
	Files    []string // Files[id-services.FirstFile] is the name of a FileID
	Diags    []Diagnostic
	Asides   []Diagnostic // in which places an original takes otherwise what is right
	// Failed: a source cannot be used as a whole (Unit.Failed). Its services are
	// Refused, since a protection that they inherit may be what was lost.
	Failed bool
	Unread []string // files and directories that were to be included and could not be read
}

// Daemon holds what [daemon] sections say, of all sources together. The zero
// value has superd's own defaults.
type Daemon struct{ services.Settings }

// Load reads the sources and judges what they say, in the order read, merge
// with the defaults, find sockets, check against the machine and the other
// services. It does not fail: all that is wrong stands in Result.Diags, sorted
// by place, and costs no more than the service that it concerns.
func Load(host *Host, formats []Format, sources []Source) *Result {
	l := newLoader(host, formats)
	for _, src := range sources {
		l.source(src)
	}
	l.join()
	for _, r := range l.read {
		l.resolve(&r.unit, r.format)
	}
	l.findDuplicates()
	return l.result()
}

// Errors counts the diagnostics that are errors.
func (r *Result) Errors() int {
	n := 0
	for _, d := range r.Diags {
		if d.Severity == Error {
			n++
		}
	}
	return n
}

// Service finds a service by its id; nil if there is none. Where a disabled
// service has the same id as another, it is the other.
func (r *Result) Service(id string) *services.Service {
	var found *services.Service
	for _, s := range r.Services {
		if s.ID == id && (found == nil || found.State == services.Disabled) {
			found = s
		}
	}
	return found
}

// FileName gives the name of a file of the run; "" for the places that are none.
func (r *Result) FileName(id services.FileID) string {
	if id < services.FirstFile || int(id-services.FirstFile) >= len(r.Files) {
		return ""
	}
	return r.Files[id-services.FirstFile]
}
