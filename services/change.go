// SPDX-License-Identifier: Apache-2.0

package services

// Change says what a new configuration means for one service. The values rise:
// of several attributes the highest counts.
type Change uint8

// The changes.
const (
	Same    Change = iota // nothing to do
	Retune                // the next client meets the new values; sockets stay
	Rebind                // some sockets open or close; those that stay are not touched
	Replace               // another kind of service: handlers of the old one are asked to end
	Add                   // was not there
	Remove                // is no longer there
)

func (c Change) String() string {
	return [...]string{"same", "retune", "rebind", "replace", "add", "remove"}[c]
}

// Delta is one service's part of the difference between two sets.
type Delta struct {
	ID       string
	Change   Change
	Old, New *Service // nil with Add, Remove
	Attrs    []AttrID // what differs, in the table's order
}

// Diff tells what it takes to go from old to new, which have the same id.
func Diff(old, new *Service) Change { return Same }

// DiffSets compares two sets by id. The deltas are in the order of new, then
// what was removed in the order of old; what is Same is among them. Services
// that are not Enabled count as not there.
func DiffSets(old, new []*Service) []Delta { return nil }
