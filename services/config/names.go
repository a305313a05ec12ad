// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"strings"

	"superd/limits/access"
	"superd/services"
)

// mostWrong is of how many words of a list one remark tells.
const mostWrong = 5

// named puts addresses in the place of names in an address rule: those of
// /etc/hosts and /etc/networks, once, at load. A name that neither has would
// need a look-up for each client; until there is one the rule cannot be kept,
// and a service is not run without it.
func (l *loader) named(a Assign, service string) (Assign, error) {
	if a.Attr.Row().Kind != services.KindNets {
		return a, nil
	}
	words, _ := a.Value.([]string)
	out := make([]string, 0, len(words))
	var wrong []string
	for _, w := range words {
		rules, err := access.ParseXinetd(w, access.Resolver{Host: l.host.LookupHost, Network: l.host.LookupNetwork})
		if err != nil {
			if wrong = append(wrong, err.Error()); len(wrong) == mostWrong {
				break
			}
			continue
		}
		if len(rules) > 0 && rules[0].Note != "" {
			l.Report(Warning, a.Pos, service, spelling(a.Attr, a.As), fmt.Sprintf("%q: %s", shorten(w), rules[0].Note))
		}
		out = append(out, access.Texts(rules)...)
	}
	if wrong != nil {
		return a, errors.New(strings.Join(wrong, "; "))
	}
	a.Value = out
	return a, nil
}
