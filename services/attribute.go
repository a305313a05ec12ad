// SPDX-License-Identifier: Apache-2.0

package services

// Attribute is one row of the table: all that superd knows of an attribute. The
// decoding of files, validation, `show`, reload and the documentation ask here.
type Attribute struct {
	ID       AttrID
	Name     string   // native
	Kind     Kind     // what its value is
	Words    []string // of enumerations: what may be said
	Default  Value    // superd's own; nil: none
	Lists    bool     // += and -= apply
	Scope    Scope    // where it may stand
	Modes    ModeSet  // the modes in which it means something; 0: all
	Min, Max int64    // of whole numbers; of text and octal Max alone; 0: no limit
	Stage    Stage    // what happens to it until it is built
	Reload   Change   // what a new value means for a running service
	// LaterWords are, of an enumeration that is built, the words that are not.
	LaterWords []string
	// What it is called elsewhere, for "did you mean" and the documentation:
	// names parted by blanks, or a place. Empty: there is no such thing.
	Xinetd, Inetd, NetServer string
	Doc                      string // one paragraph
}

// Scope is a set of the places where an attribute may stand.
type Scope uint8

// The places.
const (
	InService  Scope = 1 << iota // [services.x]
	InDefaults                   // [defaults]
	InSocket                     // [[services.x.socket]]
	InDaemon                     // [daemon]
)

// Stage tells how far an attribute is built.
type Stage uint8

// The stages.
const (
	Built      Stage = iota
	LaterFatal       // refused until built: the service would lose what it asks for
	LaterWarn        // accepted with a warning until built
)

// Table returns the attribute table, indexed by AttrID. It must not be written to.
func Table() *[NumAttrs]Attribute { return &table }

// Row returns the attribute's row of the table. It must not be written to.
func (a AttrID) Row() *Attribute { return &table[a] }

// String is the attribute's native name.
func (a AttrID) String() string {
	if a >= NumAttrs {
		return "attribute?"
	}
	return table[a].Name
}

// Lookup finds an attribute of services, or of [daemon] alone, by its native name.
// For max_servers and user, which both have, see LookupIn.
func Lookup(name string) (AttrID, bool) {
	if a, ok := byName[name]; ok {
		return a, true
	}
	return LookupIn(InDaemon, name)
}

// LookupIn finds the attribute that has the name in a place.
func LookupIn(place Scope, name string) (AttrID, bool) {
	names := byName
	if place == InDaemon {
		names = byDaemonName
	}
	a, ok := names[name]
	return a, ok && table[a].Scope&place != 0
}

var table, byName, byDaemonName = assemble()

func assemble() (t [NumAttrs]Attribute, byName, byDaemonName map[string]AttrID) {
	byName = make(map[string]AttrID, NumAttrs)
	byDaemonName = make(map[string]AttrID)
	for _, group := range [][]Attribute{identityRows, socketRows, runRows, extraRows, rlimitRows, gateRows, logRows, poolRows, daemonRows, nextRows} {
		for _, row := range group {
			t[row.ID] = row
			if row.Scope == InDaemon {
				byDaemonName[row.Name] = row.ID
			} else {
				byName[row.Name] = row.ID
			}
		}
	}
	return t, byName, byDaemonName
}
