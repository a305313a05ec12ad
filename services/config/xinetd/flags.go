// SPDX-License-Identifier: Apache-2.0

package xinetd

import "superd/services"

var (
	flagNames = []string{"IPv4", "IPv6", "NODELAY", "KEEPALIVE", "NAMEINARGS", "NOLIBWRAP", "NORETRY", "REUSE",
		"INTERCEPT", "IDONLY", "SENSOR", "LABELED"}
	typeNames = []string{"RPC", "INTERNAL", "UNLISTED", "SPECIAL", "TCPMUX", "TCPMUXPLUS"}
)

// readFlags keeps the flags; the end of the entry acts on most of them.
func readFlags(s *scope, a attr) {
	s.flags = s.names(a, flagNames)
	if w, ok := s.flags["LABELED"]; ok {
		s.fail(a, w.pos, "LABELED is not offered: superd does not run programs under the client's security context")
	}
	for _, later := range []string{"IDONLY", "SENSOR"} {
		if w, ok := s.flags[later]; ok {
			s.notBuilt(a, w.pos, later)
		}
	}
	if _, ok := s.flags["KEEPALIVE"]; ok {
		s.set(a, services.KeepAlive, true)
	}
}

// readTypes keeps the types and refuses what the wire process is to serve.
func readTypes(s *scope, a attr) {
	s.types = s.names(a, typeNames)
	for _, later := range []string{"RPC", "TCPMUX", "TCPMUXPLUS"} {
		if w, ok := s.types[later]; ok {
			s.notBuilt(a, w.pos, later)
		}
	}
}

// names returns the words under their names.
func (s *scope) names(a attr, names []string) map[string]word {
	set := make(map[string]word, len(a.words))
	if len(a.words) == 0 {
		s.fail(a, a.pos, "there is no value")
	}
	for _, w := range a.words {
		if name := oneOf(w.text, names); name != "" {
			set[name] = w
		} else if w.text[0] == '#' {
			s.fail(a, w.pos, "\"#\" begins no comment behind a value; xinetd reads on, finds no such word and drops the service")
			return set
		} else {
			s.fail(a, w.pos, "%q is not known%s", w.text, didYouMean(w.text, names))
		}
	}
	return set
}
