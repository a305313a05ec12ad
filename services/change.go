// SPDX-License-Identifier: Apache-2.0

package services

import "slices"

// Change says what a new configuration means for one service. Up to Replace the
// values rise: of several attributes the highest counts.
type Change uint8

// The changes.
const (
	Same    Change = iota // nothing to do
	Retune                // the next client meets the new values; sockets stay
	Rebind                // some sockets open or close; those that stay are not touched
	Replace               // another kind of service: it waits for a socket that a handler of the old one has
	Add                   // was not there
	Remove                // is no longer there, or is disabled
	Keep                  // what is written now is refused: the old one goes on
)

func (c Change) String() string {
	return [...]string{"same", "retune", "rebind", "replace", "add", "remove", "kept"}[c]
}

// Delta is one service's part of the difference between two sets.
type Delta struct {
	ID       string
	Change   Change
	Old, New *Service // Old nil with Add; New nil with Remove and Keep
	Attrs    []AttrID // what differs, in the table's order
}

// Diff tells what it takes to go from old to new, which have the same id.
func Diff(old, new *Service) Change {
	c, _ := compare(old, new)
	return c
}

// DiffSets compares what runs with what is to run, by id. The deltas are in the
// order of new, then what was removed in the order of old; what is Same is among
// them. Of old, and of new but for Keep, only what is Enabled counts.
func DiffSets(old, new []*Service) []Delta {
	before := make(map[string]*Service, len(old))
	for _, s := range old {
		if s.State == Enabled {
			before[s.ID] = s
		}
	}
	deltas := make([]Delta, 0, len(new))
	for _, s := range new {
		was, there := before[s.ID]
		switch {
		case s.State == Enabled && there:
			c, attrs := compare(was, s)
			deltas = append(deltas, Delta{ID: s.ID, Change: c, Old: was, New: s, Attrs: attrs})
		case s.State == Enabled:
			deltas = append(deltas, Delta{ID: s.ID, Change: Add, New: s})
		case s.State == Refused && there:
			deltas = append(deltas, Delta{ID: s.ID, Change: Keep, Old: was})
		default:
			continue // Disabled, or Refused and new: what is there of it is removed below
		}
		delete(before, s.ID)
	}
	for _, s := range old {
		if before[s.ID] == s {
			deltas = append(deltas, Delta{ID: s.ID, Change: Remove, Old: s})
			delete(before, s.ID)
		}
	}
	return deltas
}

// compare looks at values, not at how and where they were written. Attributes
// whose row says Rebind are not asked: the sockets that came of them are.
func compare(old, new *Service) (change Change, attrs []AttrID) {
	change = compareSockets(old, new)
	rebind := change == Rebind
	for i, j := 0, 0; i < len(old.Settings) || j < len(new.Settings); {
		a := NumAttrs // the next attribute that either has
		if i < len(old.Settings) {
			a = old.Settings[i].Attr
		}
		if j < len(new.Settings) {
			a = min(a, new.Settings[j].Attr)
		}
		x, y := take(old, &i, a), take(new, &j, a)
		if a == Mode { // of a list what was chosen counts
			x, y = old.Mode(), new.Mode()
		}
		row := &table[a]
		if row.Reload == Same || row.Reload == Rebind && !rebind || sameValue(x, y) {
			continue
		}
		change = max(change, row.Reload)
		attrs = append(attrs, a)
	}
	if old.Name != new.Name || old.Format != new.Format {
		change = max(change, Retune) // the environment of the program may be another
	}
	return change, attrs
}

// take gives the value of a, which is the i-th setting or not said, and moves on
// behind it.
func take(s *Service, i *int, a AttrID) Value {
	if *i < len(s.Settings) && s.Settings[*i].Attr == a {
		*i++
		return s.Settings[*i-1].Value
	}
	return s.byDefault(a)
}

// sameValue is reflect.DeepEqual for values. A reload calls it for each value of
// each service, and hardly ever with different ones.
func sameValue(x, y Value) bool {
	switch x := x.(type) {
	case []string:
		y, ok := y.([]string)
		return ok && slices.Equal(x, y)
	case []int64:
		y, ok := y.([]int64)
		return ok && slices.Equal(x, y)
	}
	switch y.(type) {
	case []string, []int64:
		return false
	}
	return x == y
}

func differ(old, new Settings, a AttrID) bool {
	x, _, _ := old.Get(a)
	y, _, _ := new.Get(a)
	return !sameValue(x, y)
}

// compareSockets pairs the sockets by key. Their order counts only where the program
// gets them all.
func compareSockets(old, new *Service) Change {
	a, b := old.byKey(), new.byKey()
	if !slices.EqualFunc(a, b, func(x, y keyed) bool { return x.key == y.key }) {
		return Rebind
	}
	if new.ordered() && !slices.Equal(old.keys(), new.keys()) {
		return Retune
	}
	for i := range a {
		for _, x := range []Settings{a[i].options, b[i].options} {
			for _, opt := range x {
				if differ(a[i].all(old), b[i].all(new), opt.Attr) {
					return Retune
				}
			}
		}
	}
	return Same
}

type keyed struct {
	key     string
	index   int
	options Settings
}

func (k keyed) all(s *Service) Settings { return s.SocketSettings(k.index) }

func (s *Service) byKey() []keyed {
	out := make([]keyed, len(s.Sockets))
	for i := range s.Sockets {
		out[i] = keyed{key: s.SocketKey(i), index: i, options: s.Sockets[i].Options}
	}
	slices.SortStableFunc(out, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	return out
}

// keys are those of the sockets, as they stand.
func (s *Service) keys() []string {
	out := make([]string, len(s.Sockets))
	for i := range s.Sockets {
		out[i] = s.SocketKey(i)
	}
	return out
}

// SocketKey names what the i-th socket binds: on a reload the socket of the same
// key is the same socket. Sockets on port 0 have a key as well, though each gets a
// port of its own.
func (s *Service) SocketKey(i int) string {
	sock := &s.Sockets[i]
	key := sock.Network + " " + sock.Address
	if sock.V6Only {
		key += " v6only"
	}
	device, ok := Settings(sock.Options).Find(Device)
	if !ok {
		device, ok = s.Settings.Find(Device)
	}
	if name, _ := device.Value.(string); ok && name != "" {
		key += " on " + name
	}
	return key
}
