// SPDX-License-Identifier: Apache-2.0

package services

// Attribute is one row of the table: all that superd knows of an attribute. The
// decoding of files, validation, `show`, reload and the documentation ask here.
type Attribute struct {
	ID        AttrID
	Name      string   // native
	Kind      Kind     // what its value is
	Words     []string // of enumerations: what may be said
	Default   Value    // superd's own; nil: none
	Lists     bool     // += and -= apply
	Scope     Scope    // where it may stand
	Modes     ModeSet  // the modes in which it means something; 0: all
	Min, Max  int64    // of whole numbers; both 0: any
	Stage     Stage    // what happens to it until it is built
	LaterWord []string // of enumerations: the words that are not built yet, where the attribute is
	Reload    Change   // what a new value means for a running service
	Xinetd    string   // its name in xinetd.conf; "" = none
	NetServer string   // its name in Net::Server; "" = none
	Doc       string   // one paragraph
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

// Lookup finds an attribute by its native name.
func Lookup(name string) (AttrID, bool) {
	a, ok := byName[name]
	return a, ok
}

var table, byName = assemble()

func assemble() (t [NumAttrs]Attribute, names map[string]AttrID) {
	names = make(map[string]AttrID, NumAttrs)
	for _, group := range [][]Attribute{identityRows, socketRows, runRows, rlimitRows, gateRows, logRows, poolRows, daemonRows} {
		for _, row := range group {
			if t[row.ID].Name != "" {
				panic("services: two rows for " + row.Name)
			}
			t[row.ID] = row
			names[row.Name] = row.ID
		}
	}
	return t, names
}
