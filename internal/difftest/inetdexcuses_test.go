// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"slices"
	"testing"

	"superd/services/config/inetd"
)

// Nothing is excused that the documentation does not tell of.
func TestInetdExcusesAreWritten(t *testing.T) {
	for _, e := range inetdExcuses {
		if !slices.ContainsFunc(inetd.Differences(), func(d inetd.Difference) bool { return d.Subject == e.subject }) {
			t.Errorf("%q is no row of inetd.Differences", e.subject)
		}
	}
}
