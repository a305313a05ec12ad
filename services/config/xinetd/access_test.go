// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"testing"

	"pgregory.net/rapid"

	"superd/limits/access"
	"superd/limits/access/accesstest"
	"superd/services"
	"superd/services/config/xinetd/xinetdtest"
)

// TestAccess holds who is let in, by random lists with defaults and operators, to
// a reference that follows xinetd's code word by word.
func TestAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := xinetdtest.Files("/bin/cat", 7000).Draw(t, "file")
		r := load(file.Text, nil)
		if r.Failed || r.Errors() > 0 {
			t.Fatalf("%s\n%s", file.Text, diagnostics(r))
		}
		for _, want := range file.Services {
			rules := compile(t, r.Service(want.ID))
			for range 10 {
				peer := accesstest.Peer().Draw(t, "peer")
				if got := rules.Check(peer); got.Allow != want.Lists.Allowed(peer) {
					t.Fatalf("%s: %v: superd %+v, xinetd %v\n%s", want.ID, peer, got, !got.Allow, file.Text)
				}
			}
		}
	})
}

func compile(t *rapid.T, s *services.Service) *access.Rules {
	read := func(attr services.AttrID) (rules []access.Rule) {
		for _, w := range s.List(attr) {
			got, err := access.ParseXinetd(w, access.Resolver{})
			if err != nil {
				t.Fatalf("%v %q cannot be read again: %v", attr, w, err)
			}
			rules = append(rules, got...)
		}
		return rules
	}
	rules, err := access.Compile(access.Spec{OnlyFrom: read(services.OnlyFrom), OnlyFromSet: s.Has(services.OnlyFrom), NoAccess: read(services.NoAccess)})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}
