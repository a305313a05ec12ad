// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// parseFDName reads a name for LISTEN_FDNAMES, where a colon stands between two
// (sd_listen_fds_with_names(3)).
func parseFDName(a *Attribute, s string) (Value, error) {
	odd := func(r rune) bool { return r < ' ' || r > '~' || r == ':' }
	if s == "" || int64(len(s)) > a.Max || strings.ContainsFunc(s, odd) {
		return nil, fmt.Errorf("%q: want 1 to %d printable ASCII characters without \":\"", clip(s), a.Max)
	}
	return s, nil
}

// FDName is what the i-th socket is called in LISTEN_FDNAMES: what fd_name says, the
// name under which the service manager gives it, or the service's id.
func (s *Service) FDName(i int) string {
	set, k := s.SocketSettings(i), s.Sockets[i]
	switch name := set.Str(FDName); {
	case name != "":
		return name
	case k.Network == Given:
		return k.Address
	}
	return s.fdName()
}

// CommonFDName is the name of those sockets of which nothing particular is said.
func (s *Service) CommonFDName() string {
	if name := s.Str(FDName); name != "" {
		return name
	}
	return s.fdName()
}

// fdName makes the service's id what may stand in LISTEN_FDNAMES.
func (s *Service) fdName() string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == ':' {
			return '_'
		}
		return r
	}, s.ID[:min(len(s.ID), int(table[FDName].Max))])
}

// OneForAll tells whether one process gets all sockets of the service, though it is
// no pool's.
func (s *Service) OneForAll() bool { return s.Mode() == "wait" && s.Str(Stdio) == "all" }

// ordered tells whether the order of the service's sockets means something to its
// program, which gets them all.
func (s *Service) ordered() bool { return s.OneForAll() || s.Pool() && s.Str(Worker) == "accept" }
