// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"regexp"
	"strings"
	"testing"
)

func TestMisspelt(t *testing.T) {
	for word, want := range map[string]string{
		"prot": "port", "ports": "port", "por": "port", "pott": "port", "PORT": "port", "cidr-deny": "cidr_deny", "usre": "user",
		"port": "", "pt": "", "protocols": "", "my_option": "", "": "", "rtop": "", "max_servers_": "max_servers",
	} {
		if got := misspelt(word, keyNames); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// What a deny of alternatives keeps out in Net::Server, and what the document says
// that it keeps out, the one that superd makes of it keeps out as well.
func TestDenyKeepsOutNoFewer(t *testing.T) {
	addresses := strings.Fields("10.0.0.1 110.0.0.1 192.168.0.10 1.2.3.10 10.10.10.10 ::1 fe80::10 2001:db8::192")
	for _, pattern := range []string{`10\..*`, `10\.|192\.`, `10|192\..*|::1`, `(10|11)\..*`, `[|]|10`, `[]|]|1`, `10\||11`, `^10\.|10$`, `(?i)FE80.*|A`, `|10`} {
		parts := alternatives(pattern)
		ours := pattern
		if len(parts) > 1 {
			ours = spelledOut(parts)
		}
		superd := regexp.MustCompile(`^(?:` + ours + `)$`)
		perl, document := regexp.MustCompile(`^`+pattern+`$`), regexp.MustCompile(`^(?:`+pattern+`)$`)
		for _, a := range addresses {
			if (perl.MatchString(a) || document.MatchString(a)) && !superd.MatchString(a) {
				t.Errorf("%q, in superd %q, lets %s in", pattern, ours, a)
			}
			if len(parts) == 1 && superd.MatchString(a) != document.MatchString(a) {
				t.Errorf("%q: %s", pattern, a)
			}
		}
	}
}
