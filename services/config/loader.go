// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"superd/services"
)

// loader is one call of Load. It is the Sink of its front-ends.
type loader struct {
	host    *Host
	formats []Format
	intern  interner

	files   []string
	fileIDs map[string]services.FileID
	remarks []remark
	read    []*readUnit
	notes   map[string]bool
	// against holds which attribute of which service has an error already, so
	// that a later check does not say of a wrong value that it is also missing.
	against map[[2]string]bool

	services []*services.Service
	places   []places // of services, by index
	daemon   services.Settings
	failed   bool
	unread   []string
}

// readUnit is what one source says, and which of the remarks are about it.
type readUnit struct {
	unit     Unit
	format   Format
	from, to int
}

// places are a service's, with the columns that Origins lack.
type places struct{ entry, port Pos }

// remark is a Diagnostic that can be sorted: the name of a file does not tell
// which of them was read first.
type remark struct {
	Diagnostic
	file services.FileID
}

func newLoader(host *Host, formats []Format) *loader {
	return &loader{host: remember(host), formats: formats, intern: newInterner(), fileIDs: map[string]services.FileID{}, against: map[[2]string]bool{}, notes: map[string]bool{}}
}

// Notes makes a loader a Notebook.
func (l *loader) Notes() map[string]bool { return l.notes }

// File registers a file of the run. The same name has the same id.
func (l *loader) File(name string) services.FileID {
	if id, ok := l.fileIDs[name]; ok {
		return id
	}
	id := services.FirstFile + services.FileID(len(l.files))
	l.files = append(l.files, name)
	l.fileIDs[name] = id
	return id
}

// Report adds a remark at a place.
func (l *loader) Report(sev Severity, pos Pos, service, attribute, message string) {
	if sev == Error && service != "" {
		l.against[[2]string{service, attribute}] = true
	}
	d := Diagnostic{Severity: sev, Service: shorten(service), Attribute: shorten(attribute), Message: shorten(message)}
	if i := int(pos.File) - int(services.FirstFile); i >= 0 && i < len(l.files) {
		d.File = l.files[i]
	}
	if pos.Line > 0 {
		d.Line, d.Col = int(pos.Line), max(1, int(pos.Col))
	}
	l.remarks = append(l.remarks, remark{d, pos.File})
}

// longest is how much of one text a diagnostic repeats: a file may hold a line
// of 10 MB, and what is wrong with it may be that line.
const longest = 400

func shorten(s string) string {
	if len(s) <= longest {
		return s
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:cut], len(s))
}

// result sorts the remarks and hands everything over.
func (l *loader) result() *Result {
	slices.SortStableFunc(l.remarks, func(a, b remark) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	l.remarks = slices.Compact(l.remarks)
	r := &Result{Services: l.services, Daemon: Daemon{l.daemon}, Files: l.files, Diags: make([]Diagnostic, 0, len(l.remarks)), Failed: l.failed, Unread: l.unread}
	for _, m := range l.remarks {
		if m.Severity == Aside {
			r.Asides = append(r.Asides, m.Diagnostic)
		} else {
			r.Diags = append(r.Diags, m.Diagnostic)
		}
	}
	return r
}
