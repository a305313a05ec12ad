// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"superd/services"
)

// interner keeps one copy of each value. 10,000 services are mostly the same
// few values over again, and what a front-end hands over may hold on to the
// file that it was cut out of.
type interner struct {
	texts, lists map[string]services.Value
	key          []byte // scratch: a list, its items ended by NUL
}

func newInterner() interner {
	return interner{texts: map[string]services.Value{}, lists: map[string]services.Value{}}
}

// text returns the one copy of s.
func (in *interner) text(s string) string {
	kept, _ := in.value(s).(string)
	return kept
}

// value returns the one copy of a string or a list of strings, boxed once;
// other values are small and stay as they are.
func (in *interner) value(v services.Value) services.Value {
	switch v := v.(type) {
	case string:
		kept, ok := in.texts[v]
		if !ok {
			v = strings.Clone(v)
			kept = v
			in.texts[v] = kept
		}
		return kept
	case []string:
		in.key = in.key[:0]
		for _, s := range v {
			in.key = append(append(in.key, s...), 0)
		}
		kept, ok := in.lists[string(in.key)]
		if !ok {
			list := make([]string, len(v))
			for i, s := range v {
				list[i] = in.text(s)
			}
			kept = list
			in.lists[string(in.key)] = kept
		}
		return kept
	}
	return v
}
