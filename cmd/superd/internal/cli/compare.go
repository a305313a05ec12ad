// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
	"superd/services/config/inetd"
	"superd/services/config/netserver"
	"superd/services/config/systemdunit"
	"superd/services/config/xinetd"
)

// printDifferences tells which lines superd takes otherwise than the original whose
// files these are, and how:
//
//	xinetd.d/ftp:7:18: service "ftp": attribute "per_source": xinetd passes over the
//	line, as it has too many values; superd takes the values before the "#"
func printDifferences(w io.Writer, r *config.Result) {
	for _, d := range inOrder(r) {
		remark := d
		if told, ok := xinetd.Told(d.Attribute, d.Message); ok && isFrom(r, d, xinetd.Format) {
			remark.Message = fmt.Sprintf("xinetd %s; superd %s (%s)", told.Xinetd, told.Superd, told.Why)
			fmt.Fprintln(w, remark)
		} else if told, ok := inetd.Told(d.Attribute, d.Message); ok && isFrom(r, d, inetd.Format) {
			original := told.Inetd
			if !strings.Contains(original, ": ") { // it does not name the inetds that do so
				original = "inetd " + original
			}
			remark.Message = fmt.Sprintf("%s; superd %s (%s)", original, told.Superd, told.Why)
			fmt.Fprintln(w, remark)
		} else if told, ok := netserver.Told(d.Message); ok && isOfFormat(r, d, netserver.Format) {
			remark.Message = fmt.Sprintf("Net::Server %s; superd %s (%s)", told.NetServer, told.Superd, told.Why)
			fmt.Fprintln(w, remark)
		} else if systemdunit.Told(d.Attribute, d.Message) && isFrom(r, d, systemdunit.Format) {
			fmt.Fprintln(w, remark)
		}
	}
}

// inOrder gives all remarks, those for who compares included, in the order of the files.
func inOrder(r *config.Result) []config.Diagnostic {
	if len(r.Asides) == 0 {
		return r.Diags
	}
	read := map[string]int{} // no file comes first
	for i, name := range r.Files {
		read[name] = i + 1
	}
	all := slices.Concat(r.Diags, r.Asides)
	slices.SortStableFunc(all, func(a, b config.Diagnostic) int {
		return cmp.Or(read[a.File]-read[b.File], a.Line-b.Line, a.Col-b.Col)
	})
	return all
}

// isFrom tells whether a remark is about a service of an original's, or about no
// service while there are some.
func isFrom(r *config.Result, d config.Diagnostic, format string) bool {
	for _, s := range r.Services {
		if s.Compat() == format && (d.Service == "" || s.ID == d.Service) {
			return true
		}
	}
	return len(r.Services) == 0
}

// isOfFormat is isFrom of a format whose services keep no habits of the original's.
func isOfFormat(r *config.Result, d config.Diagnostic, format string) bool {
	return slices.ContainsFunc(r.Services, func(s *services.Service) bool { return s.Format == format && (d.Service == "" || s.ID == d.Service) })
}
