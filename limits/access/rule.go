// SPDX-License-Identifier: Apache-2.0

// Package access says whether an address may come in. Words of configuration
// become Rules; the Rules of a service compile into an immutable Set of tries
// that answers in a time which does not grow with their number.
//
// Owns: xinetd's and Net::Server's forms of address rules, and what a list of
// them means. Does not know: names on the network (only what a Resolver finds in
// the machine's files), services, sockets, time.
// Concurrency: Rule, Spec and *Rules are values that nobody changes; any number
// of goroutines may Check. An Interner has one owner.
// Errors: words for the person with the file, without the attribute's name.
package access

import (
	"errors"
	"net/netip"
)

// Place is where a rule was written: the two numbers of services.Origin, which
// this package does not know. The zero value is nowhere.
type Place struct{ File, Line uint32 }

// Rule is one prefix of addresses. Some words make several Rules ("localhost",
// "10.0.0.{1,2}", a range).
type Rule struct {
	Prefix netip.Prefix // masked, never v4-mapped, without zone
	// Text is the rule in canonical words. Reading it again, in the same grammar,
	// gives the same Rules. All Rules of a range share one Text.
	Text  string
	Place Place
	// Note says what a reader of the word may not expect, as of "127", which
	// xinetd takes for 0.0.0.127. Empty for plain forms.
	Note string
}

// Resolver finds names in the machine's own files. Nil fields find nothing.
type Resolver struct {
	Host    func(name string) ([]netip.Addr, bool) // /etc/hosts
	Network func(name string) (netip.Prefix, bool) // /etc/networks
}

// ErrName is of a rule that wants the peer's host name: a name that is in none of
// the machine's files, or ".domain". Such rules need lookups, which are to come.
var ErrName = errors.New("rules by host name are not built yet")

// Texts gives the canonical words of rules, each once, in order.
func Texts(rules []Rule) []string {
	var texts []string
	seen := make(map[string]bool, len(rules))
	for _, r := range rules {
		if !seen[r.Text] {
			seen[r.Text] = true
			texts = append(texts, r.Text)
		}
	}
	return texts
}
