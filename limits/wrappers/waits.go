// SPDX-License-Identifier: Apache-2.0

package wrappers

import "fmt"

// What a word may need to be decided.
const (
	clientName = "the client's host name"
	clientUser = "the client's user name (RFC 931)"
	serverName = "the server's host name"
)

// waits tells whether an endpoint's name must be known. That of a machine in
// /etc/hosts is none that need be looked up.
func (h *host) waits() bool {
	switch h.kind {
	case hostKnown, hostLocal, hostNetgroup:
		return true
	case hostFile:
		return h.file.needs() != ""
	case hostText:
		return h.named && !h.known && h.text.kind != textAll
	}
	return false
}

// needs tells what the word waits for; "" is for nothing.
func (c *client) needs() string {
	switch {
	case c.host.never():
		return ""
	case c.user != nil && c.user.kind != textAll && c.user.s != "*":
		return clientUser
	case c.host.waits():
		return clientName
	}
	return ""
}

// needs tells what the first word that waits does wait for.
func (s *set) needs() string {
	for i := range s.others {
		if what := s.others[i].needs(); what != "" {
			return what
		}
	}
	return ""
}

// waiting is a word of a rule, as it is written.
type waiting struct{ word, needs string }

// tellWaits remarks on the words of a rule that wait. What becomes of it hangs on
// the options, which are read last.
func (p *parser) tellWaits(r *Rule) {
	meanwhile := "the rule lets nobody in for it"
	if !r.allows() || r.asks() {
		meanwhile = "the rule refuses whomever it may concern"
	}
	for _, w := range p.waits {
		p.find(w.word)
		r.Waits = append(r.Waits, Note{Line: p.line, Col: p.col, Text: fmt.Sprintf("%q needs %s, which is not looked up yet: until then %s", w.word, w.needs, meanwhile)})
	}
	p.waits = p.waits[:0]
}
