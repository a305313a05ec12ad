// SPDX-License-Identifier: Apache-2.0

package config

import "testing"

func TestDiagnosticString(t *testing.T) {
	for _, c := range []struct {
		d    Diagnostic
		want string
	}{
		{Diagnostic{Message: "m"}, "command line: warning: m"},
		{Diagnostic{File: "f", Severity: Error, Message: "m"}, "f: error: m"},
		{Diagnostic{File: "f", Line: 3, Col: 7, Severity: Error, Service: "s", Attribute: "a", Message: "m"}, `f:3:7: error: service "s": attribute "a": m`},
		{Diagnostic{File: "a\nb", Line: 1, Col: 1, Service: "\x1b", Message: "ä\x1b[2J\xff\u0085"}, `a\u000ab:1:1: warning: service "\x1b": ä\u001b[2J\xff\u0085`},
	} {
		if got := c.d.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
