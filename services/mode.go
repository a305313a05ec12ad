// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"strings"
)

// ModeSet is a set of modes; 0 means all.
type ModeSet uint16

// The modes as set members, in the order of their names.
const (
	ModeInet ModeSet = 1 << iota
	ModeWait
	ModeSingle
	ModePreforkSimple
	ModePrefork
	ModeMultiplex
	ModeHTTP
	ModeApp
	ModeBuiltin
	ModeRedirect
	ModeTCPMux
)

var modeNames = [...]string{"inet", "wait", "single", "prefork-simple", "prefork", "multiplex", "http", "app", "builtin", "redirect", "tcpmux"}

// laterModes are those that are not built yet. This is the one place that says so:
// what is taken out of it is run.
var laterModes = []string{"http", "app", "builtin", "redirect", "tcpmux"}

// ModeOf returns the set of the mode of that name alone; 0 if there is none.
func ModeOf(name string) ModeSet {
	i := slices.Index(modeNames[:], name)
	if i < 0 {
		return 0
	}
	return 1 << i
}

// Has tells whether a set has a mode, as it does if it is empty.
func (m ModeSet) Has(mode ModeSet) bool { return m == 0 || m&mode != 0 }

// Mode is the name of the service's mode: of a list of modes the one that was chosen,
// "" if none of them works. Of a service that is switched off, for which none was
// chosen, it is the list.
func (s *Service) Mode() string {
	if s.Choice != nil {
		return s.Choice.Mode
	}
	v, _, _ := s.Settings.Get(Mode)
	if words, ok := v.([]string); ok {
		return strings.Join(words, ", ")
	}
	word, _ := v.(string)
	return word
}

// Pool tells whether the service has workers that outlive a connection.
func (s *Service) Pool() bool { return ModeOf(s.Mode())&pools != 0 }
