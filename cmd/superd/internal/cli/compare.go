// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"

	"superd/services/config"
	"superd/services/config/xinetd"
)

// printDifferences tells which lines superd takes otherwise than the original whose
// files these are, and how:
//
//	xinetd.d/ftp:7:18: service "ftp": attribute "per_source": xinetd passes over the
//	line, as it has too many values; superd takes the values before the "#"
func printDifferences(w io.Writer, r *config.Result) {
	for _, d := range r.Diags {
		told, ok := xinetd.Told(d.Attribute, d.Message)
		if !ok || !fromXinetd(r, d) {
			continue
		}
		remark := d
		remark.Message = fmt.Sprintf("xinetd %s; superd %s (%s)", told.Xinetd, told.Superd, told.Why)
		fmt.Fprintln(w, remark)
	}
}

// fromXinetd tells whether a remark is about a service of xinetd's, or about no
// service while there are some.
func fromXinetd(r *config.Result, d config.Diagnostic) bool {
	for _, s := range r.Services {
		if s.Compat() == xinetd.Format && (d.Service == "" || s.ID == d.Service) {
			return true
		}
	}
	return len(r.Services) == 0
}
