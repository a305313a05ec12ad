// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"superd/services"
)

// interner keeps one copy of each value. 10,000 services are mostly the same
// few values over again, and what a front-end hands over may hold on to the
// file that it was cut out of.
type interner map[string]services.Value

// text returns the one copy of s.
func (in interner) text(s string) string {
	v, _ := in.value(s).(string)
	return v
}

// value returns the one copy of a string or a list of strings, boxed once;
// other values are small and stay as they are.
func (in interner) value(v services.Value) services.Value {
	switch v := v.(type) {
	case string:
		return in.keep("s"+v, func() services.Value { return strings.Clone(v) })
	case []string:
		return in.keep("l"+strings.Join(v, "\x00"), func() services.Value {
			list := make([]string, len(v))
			for i, s := range v {
				list[i] = in.text(s)
			}
			return list
		})
	}
	return v
}

func (in interner) keep(key string, make func() services.Value) services.Value {
	if v, ok := in[key]; ok {
		return v
	}
	v := make()
	in[key] = v
	return v
}
