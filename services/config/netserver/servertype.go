// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"slices"
	"strings"

	"superd/services"
)

// serverTypes are Net::Server's personalities and the modes that they are; "" is one
// that superd does not offer.
var serverTypes = map[string]string{
	"Fork": "inet", "INET": "inet", "Single": "single", "PreForkSimple": "prefork-simple", "PreFork": "prefork",
	"Multiplex": "multiplex", "HTTP": "http", "PSGI": "app", "Thread": "",
}

// multiType is the personality that becomes one of the others.
const multiType = "MultiType"

// IsPersonality tells whether a word names one, as the first word of net-server's
// command line may.
func IsPersonality(word string) bool {
	_, ok := serverTypes[word]
	return ok || word == multiType
}

var typeNames = []string{"Fork", "INET", "Single", "PreForkSimple", "PreFork", "Multiplex", "HTTP", "PSGI", multiType}

// takeServerType makes a mode of the personalities, or a list of modes. What superd
// does not know or offer is passed over, as Net::Server passes over what it cannot
// load; with none left it would become a server for one client at a time.
func takeServerType(t *translation, said []pair) {
	var modes []string
	for _, p := range said {
		for _, word := range strings.FieldsFunc(p.value, func(r rune) bool { return strings.ContainsRune(", \t", r) }) {
			mode, known := serverTypes[word]
			switch meant := misspelt(word, typeNames); {
			case word == multiType, slices.Contains(modes, mode):
			case mode != "":
				modes = append(modes, mode)
			case known:
				t.warn(p, "%q is passed over: threads are Perl's own affair", word)
			case meant != "":
				t.warn(p, "%q is no personality, and is passed over; did you mean %q?", clip(word), meant)
			default:
				t.warn(p, "%q is no personality, and is passed over", clip(word))
			}
		}
	}
	last := said[len(said)-1]
	switch len(modes) {
	case 0:
		for _, p := range said {
			if p.value == multiType {
				return // its own default is Fork, which is superd's
			}
		}
		t.bad(last, "none of the personalities is one that superd has")
		return
	case 1:
		t.set(services.Mode, last, modes[0])
	default:
		v, err := services.Mode.Row().FromTOML(modes)
		if err != nil {
			t.bad(last, "%v", err)
			return
		}
		t.set(services.Mode, last, v)
	}
	t.modes = modes
}

// isPool tells whether the program's processes outlive a connection in the mode that
// is asked for first, in Net::Server's words or in superd's own.
func (t *translation) isPool() bool {
	modes := t.modes
	for _, a := range t.entry.Assigns {
		if a.Attr == services.Mode {
			modes = words(a.Value)
		}
	}
	return len(modes) > 0 && slices.Contains([]string{"prefork", "prefork-simple", "multiplex"}, modes[0])
}

func (t *translation) isHTTP() bool {
	return slices.Contains(t.modes, "http") || slices.Contains(t.modes, "app")
}
