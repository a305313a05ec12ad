// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"slices"
	"testing"

	"superd/services/config/inetd"
)

// sameWords are remarks of examples that are not worded for their difference: they
// show that superd goes on with what its original does not look at.
var sameWords = map[string]bool{"dgram with nowait": true, "wait with a limit of another dialect": true}

// TestTold holds the examples of the differences to what their remarks are known by.
func TestTold(t *testing.T) {
	for subject, c := range differenceCases {
		if c.says == "" || sameWords[subject] {
			continue
		}
		r := load(c.dialect, c.text, nil)
		found := false
		for _, d := range slices.Concat(r.Diags, r.Asides) {
			told, ok := inetd.Told(d.Attribute, d.Message)
			found = found || ok && told.Subject == subject
		}
		if !found {
			t.Errorf("%q is not told by\n%s", subject, diagnostics(r)+asides(r))
		}
	}
	for _, m := range [][2]string{{"socket type", "RPC is not built yet"}, {"server", "internal services are not built yet"},
		{"wait", `"maybe" is neither wait nor nowait; openbsd-inetd takes it for nowait, and so does superd`}} {
		if d, ok := inetd.Told(m[0], m[1]); ok {
			t.Errorf("%q is taken for %q", m, d.Subject)
		}
	}
}
