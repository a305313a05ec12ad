// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"superd/services"
	"superd/services/config"
)

// Write writes what was read, of whatever formats, as one file of this one. Read
// again on the same machine it gives the same services. Every value stands with
// its service, those that the original assumes in a group of their own; what is
// switched off has disable = true; what is refused is a comment, with the reason.
//
// A service that this format cannot hold, as its id is none or a word of it is not
// UTF-8, is a comment as well, and one of the diagnostics: an error if it would run.
// The error that is returned is w's alone.
func Write(w io.Writer, host *config.Host, r *config.Result) ([]config.Diagnostic, error) {
	x := &writer{host: host, result: r, taken: map[string]bool{}, errors: map[string][]config.Diagnostic{}}
	for _, d := range r.Diags {
		if d.Severity == config.Error {
			x.errors[d.Service] = append(x.errors[d.Service], d)
		}
	}
	for _, s := range r.Services {
		if s.State == services.Enabled {
			x.taken[s.ID] = true
		}
	}
	x.head()
	for _, s := range r.Services {
		x.service(s)
	}
	_, err := w.Write(x.out.Bytes())
	return x.lost, err
}

// writer is one Write.
type writer struct {
	host   *config.Host
	result *config.Result
	out    bytes.Buffer
	taken  map[string]bool                // ids that are written, or will be
	errors map[string][]config.Diagnostic // by service
	lost   []config.Diagnostic
}

func (x *writer) printf(format string, args ...any) { fmt.Fprintf(&x.out, format, args...) }

// head writes what comes before the services: whence all is, what is wrong with
// none of them in particular, and [daemon].
func (x *writer) head() {
	names := make([]string, len(x.result.Files))
	for i, name := range x.result.Files {
		names[i] = unprinted(name)
	}
	if len(names) > 0 {
		x.printf("# From %s.\n", strings.Join(names, ", "))
	}
	for _, d := range x.errors[""] {
		x.printf("# %s\n", d)
	}
	// What daemon settings include stands in this file now.
	isInclude := func(set services.Setting) bool { return set.Attr == services.Include }
	if daemon := slices.DeleteFunc(slices.Clone(x.result.Daemon.Settings), isInclude); len(daemon) > 0 {
		x.printf("\n[daemon]\n")
		x.assign(daemon)
	}
}

// service writes one service, or why it is not there.
func (x *writer) service(s *services.Service) {
	place := unprinted(x.result.Origin(s.Format, s.Source))
	if s.State == services.Refused {
		x.printf("\n# %s at %s is refused:\n", Quote(s.ID), place)
		for _, d := range x.errors[s.ID] {
			x.printf("#   %s\n", d)
		}
		x.comment(s)
		return
	}
	if why := x.unwritable(s); why != "" {
		x.lose(s, why)
		x.printf("\n# %s at %s cannot be written: %s\n", Quote(s.ID), place, why)
		x.comment(s)
		return
	}
	x.taken[s.ID] = true
	x.printf("\n[services.%s] # %s\n", quoteKey(s.ID), place)
	x.body(s)
}

// lose reports a service that this format cannot hold.
func (x *writer) lose(s *services.Service, why string) {
	d := config.Diagnostic{Severity: config.Error, Service: s.ID, Message: "cannot be written: " + why, File: x.result.FileName(s.Source.File)}
	if s.State == services.Disabled {
		d.Severity = config.Warning
	}
	if d.File != "" {
		d.Line, d.Col = int(s.Source.Line), 1
	}
	x.lost = append(x.lost, d)
}

// unwritable says why a service cannot be in this format; "" if it can.
func (x *writer) unwritable(s *services.Service) string {
	switch {
	case !validID(s.ID) || !utf8.ValidString(s.ID):
		return "its id is not 1 to 100 printable characters without blanks"
	case x.taken[s.ID] && s.State == services.Disabled:
		return "its id is that of another service"
	}
	for _, set := range s.Settings {
		if !isUTF8(set.Value) {
			return fmt.Sprintf("%s is not UTF-8", set.Attr)
		}
		if _, err := set.Attr.Row().FromTOML(set.Value); err != nil { // what is switched off was not judged
			return fmt.Sprintf("%s: %v", set.Attr, err)
		}
	}
	return ""
}

func isUTF8(v services.Value) bool {
	switch v := v.(type) {
	case string:
		return utf8.ValidString(v)
	case []string:
		return !slices.ContainsFunc(v, func(s string) bool { return !utf8.ValidString(s) })
	}
	return true
}

// comment writes a service so that the parser passes over it.
func (x *writer) comment(s *services.Service) {
	full := x.out
	x.out = bytes.Buffer{}
	x.printf("[services.%s]\n", quoteKey(s.ID))
	x.body(s)
	text := x.out.String()
	x.out = full
	for line := range strings.Lines(text) {
		x.printf("# %s", line)
	}
}

// body writes a service's values, and the sockets that they do not tell.
func (x *writer) body(s *services.Service) {
	var said, assumed services.Settings
	for _, set := range s.Settings {
		if set.Origin.File == services.FromFormatDefault {
			assumed = append(assumed, set)
		} else {
			said = append(said, set)
		}
	}
	x.assign(said)
	if len(assumed) > 0 {
		x.printf("# what %s assumes:\n", s.Format)
		x.assign(assumed)
	}
	x.sockets(s)
}

func (x *writer) assign(settings services.Settings) {
	for _, set := range settings {
		x.printf("%s = %s\n", set.Attr, Literal(set.Value))
	}
}

// unprinted keeps a name from ending the comment that it stands in.
func unprinted(s string) string {
	if q := Quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}
