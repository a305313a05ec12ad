// SPDX-License-Identifier: Apache-2.0

package services

import "slices"

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
