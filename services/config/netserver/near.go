// SPDX-License-Identifier: Apache-2.0

package netserver

import "strings"

// misspelt gives the word that s is one edit away from, or that it is in other
// letters or with dashes; "" if there is none.
func misspelt(s string, words []string) string {
	plain := strings.ReplaceAll(strings.ToLower(s), "-", "_")
	for _, w := range words {
		if w != s && (strings.ToLower(w) == plain || len(s) > 2 && oneEdit(strings.ReplaceAll(s, "-", "_"), w)) {
			return w
		}
	}
	return ""
}

// oneEdit tells whether a letter too much, one missing, a wrong one or two exchanged
// makes a of b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) < len(b):
		return a[i:] == b[i+1:]
	case i == len(a):
		return false // the same
	case a[i+1:] == b[i+1:]:
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
