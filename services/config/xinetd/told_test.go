// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"strings"
	"testing"

	"superd/services/config/xinetd"
)

// sameWords are remarks that are not worded for one difference: about a file that
// cannot be used, about what its neighbour has said, or about a value that both
// refuse.
var sameWords = map[string]bool{
	"disable = no, or enabled, after an error": true, "unreadable line in defaults": true, "wrong value in defaults": true,
	"name alone on an entry's last line": true, "rules in hosts.deny": true,
}

// TestTold holds the examples of the differences to what their remarks are known by.
func TestTold(t *testing.T) {
	for subject, c := range differenceCases {
		if c.says == "" || sameWords[subject] {
			continue
		}
		found := []string{}
		for _, d := range remarks(load(c.text, c.files)) {
			if !strings.Contains(d.String(), c.says) {
				continue
			}
			if told, ok := xinetd.Told(d.Attribute, d.Message); ok && told.Subject == subject {
				found = nil
				break
			} else {
				found = append(found, told.Subject+": "+d.String())
			}
		}
		if found != nil {
			t.Errorf("%q is not told by %q", subject, found)
		}
	}
	for _, m := range [][2]string{{"type", "RPC is not built yet"}, {"port", `"x/tcp" is not in /etc/services, so xinetd drops the service; say type = UNLISTED`}, {"user", `no such user "x"`}} {
		if d, ok := xinetd.Told(m[0], m[1]); ok {
			t.Errorf("%q is taken for %q", m, d.Subject)
		}
	}
}
