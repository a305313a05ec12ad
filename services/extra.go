// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// Keys of a configuration that superd has no use for: they are the program's. One
// is held as "KEY VALUE", which is how SUPERD_CONF and the workers' protocol say it.

// maxExtra bounds what all keys of a service take together: the kernel takes 128 KiB
// as one variable (MAX_ARG_STRLEN), and execve would fail for each client.
const maxExtra = 64 << 10

// itemExtra takes any bytes as the value but those that end it.
func itemExtra(_ *Attribute, s string) ([]string, error) {
	key, value, ok := strings.Cut(s, " ")
	switch {
	case !ok || value == "":
		return nil, fmt.Errorf("%q: want KEY VALUE", clip(s))
	case !isExtraKey(key):
		return nil, fmt.Errorf("%q is no key: want letters, digits, _ and -", clip(key))
	case strings.ContainsAny(value, "\n\x00"):
		return nil, fmt.Errorf("%q: the value holds a line feed or NUL", clip(key))
	}
	return []string{s}, nil
}

func isExtraKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isLetterOrDigit(r) && r != '_' && r != '-' })
}

// extraList bounds the list as a whole.
func extraList(_ *Attribute, items []string) ([]string, error) {
	n := 0
	for _, s := range items {
		n += len(s) + 1
	}
	if n > maxExtra {
		return nil, fmt.Errorf("%d bytes: want %d at most", n, maxExtra)
	}
	return items, nil
}

var extraRows = []Attribute{
	{
		ID: Extra, Name: "extra", Kind: KindExtra, Lists: true,
		Scope: perService, Reload: Retune,
		NetServer: "options",
		Doc: `Keys that mean nothing to superd and are the program's own, as ["my_option 1"]. The program finds them in SUPERD_CONF, one a line, and a pool's ` +
			`worker in its first message as well. Keys of a Net::Server file that superd does not know become such.`,
	},
}
