// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net/netip"
	"regexp"
)

// Decision is the answer for one peer.
type Decision struct {
	Allow  bool
	Reason string // "" or "address"
	List   string // the attribute that decided: "only_from", "no_access", "deny", …; "" if none did
	Rule   string // the rule's text, or which lists had none that matched
	Place  Place
}

// Rules are a Spec's rules, compiled. A nil *Rules lets everybody in.
type Rules struct {
	*matcher
	places []Place // of every rule, in the order of the matcher's lists, then the attributes' own
}

// matcher is what services with equal lists share, wherever they wrote them.
// A list that is absent is nil.
type matcher struct {
	onlyFrom, noAccess  *list // onlyFrom is there, and empty, if it says "nobody"
	cidrAllow, cidrDeny *list
	allow, deny         *patterns
	onlyFromPlace       int32 // of places
	allowPlace          int32 // of places
	netServer           bool
}

type patterns struct {
	first int32 // of places
	text  []string
	re    []*regexp.Regexp
}

// Compile builds the rules of one service. It gives nil if spec has none. The
// error is a *PatternError.
func Compile(spec Spec) (*Rules, error) {
	if !spec.xinetd() && !spec.netServer() {
		return nil, nil
	}
	m, err := newMatcher(&spec)
	if err != nil {
		return nil, err
	}
	return &Rules{m, places(&spec)}, nil
}

func newMatcher(s *Spec) (*matcher, error) {
	m := &matcher{netServer: s.netServer()}
	next := int32(0)
	take := func(n int) int32 { next += int32(n); return next - int32(n) }
	// places goes through the lists in the same order.
	if s.OnlyFromSet || len(s.OnlyFrom) > 0 {
		m.onlyFrom = newList(s.OnlyFrom, take(len(s.OnlyFrom)), !s.IPv4Only)
	}
	m.noAccess = optional(s.NoAccess, take(len(s.NoAccess)), true)
	m.cidrAllow = optional(s.CIDRAllow, take(len(s.CIDRAllow)), false)
	m.cidrDeny = optional(s.CIDRDeny, take(len(s.CIDRDeny)), false)
	var err error
	if m.allow, err = newPatterns(s.Allow, take(len(s.Allow))); err != nil {
		return nil, err
	}
	if m.deny, err = newPatterns(s.Deny, take(len(s.Deny))); err != nil {
		return nil, err
	}
	m.onlyFromPlace, m.allowPlace = take(1), take(1)
	return m, nil
}

func optional(rules []Rule, first int32, mapped bool) *list {
	if len(rules) == 0 {
		return nil
	}
	return newList(rules, first, mapped)
}

func newPatterns(ps []Pattern, first int32) (*patterns, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	c := &patterns{first: first}
	for _, p := range ps {
		re, err := compilePattern(p)
		if err != nil {
			return nil, err
		}
		c.text, c.re = append(c.text, p.Text), append(c.re, re)
	}
	return c, nil
}

func places(s *Spec) []Place {
	var all []Place
	for _, rules := range [][]Rule{s.OnlyFrom, s.NoAccess, s.CIDRAllow, s.CIDRDeny} {
		for _, r := range rules {
			all = append(all, r.Place)
		}
	}
	for _, ps := range [][]Pattern{s.Allow, s.Deny} {
		for _, p := range ps {
			all = append(all, p.Place)
		}
	}
	return append(all, s.OnlyFromPlace, s.AllowPlace)
}

func (c *patterns) find(text []byte) (int, bool) {
	if c != nil {
		for i, re := range c.re {
			if re.Match(text) {
				return i, true
			}
		}
	}
	return 0, false
}

// Check decides. A mapped peer is its IPv4 self. An invalid one is a peer without
// an address: a unix socket's, or a client of a wait service, which superd does
// not see; no rule can match it, and only a list that lets nobody in refuses it.
// Nothing is allocated, unless allow or deny have patterns.
func (r *Rules) Check(peer netip.Addr) Decision {
	if r == nil {
		return Decision{Allow: true}
	}
	peer = peer.Unmap().WithZone("")
	d := r.checkXinetd(peer)
	if !d.Allow || !r.netServer || !peer.IsValid() {
		return d
	}
	if ns := r.checkNetServer(peer); !ns.Allow || d.List == "" {
		return ns
	}
	return d
}

// checkXinetd: no_access wins, however much more specific only_from is. That is
// what xinetd's code does, whatever its manual says.
func (r *Rules) checkXinetd(peer netip.Addr) Decision {
	if e := r.noAccess.find(peer); e != nil {
		return r.refuse("no_access", e.text, e.place)
	}
	if r.onlyFrom == nil || !peer.IsValid() && len(r.onlyFrom.entries) > 0 {
		return Decision{Allow: true}
	}
	if e := r.onlyFrom.find(peer); e != nil {
		return r.admit("only_from", e.text, e.place)
	}
	if len(r.onlyFrom.entries) == 0 {
		return r.refuse("only_from", "only_from lets nobody in", r.onlyFromPlace)
	}
	return r.refuse("only_from", "no entry of only_from matches", r.onlyFromPlace)
}

// checkNetServer: any deny wins; without an allow that matches nobody comes in,
// and that goes for a deny list alone as well.
func (r *Rules) checkNetServer(peer netip.Addr) Decision {
	var text []byte
	if r.allow != nil || r.deny != nil {
		var buf [64]byte
		text = peer.AppendTo(buf[:0])
	}
	if i, ok := r.deny.find(text); ok {
		return r.refuse("deny", r.deny.text[i], r.deny.first+int32(i))
	}
	if e := r.cidrDeny.find(peer); e != nil {
		return r.refuse("cidr_deny", e.text, e.place)
	}
	if i, ok := r.allow.find(text); ok {
		return r.admit("allow", r.allow.text[i], r.allow.first+int32(i))
	}
	if e := r.cidrAllow.find(peer); e != nil {
		return r.admit("cidr_allow", e.text, e.place)
	}
	switch {
	case r.allow == nil && r.cidrAllow == nil:
		return r.refuse("allow", "a deny list without an allow list lets nobody in", r.allowPlace)
	case r.allow == nil:
		return r.refuse("cidr_allow", "no entry of cidr_allow matches", r.allowPlace)
	}
	return r.refuse("allow", "no entry of allow or cidr_allow matches", r.allowPlace)
}

func (r *Rules) refuse(attr, rule string, place int32) Decision {
	return Decision{Reason: "address", List: attr, Rule: rule, Place: r.places[place]}
}

func (r *Rules) admit(attr, rule string, place int32) Decision {
	return Decision{Allow: true, List: attr, Rule: rule, Place: r.places[place]}
}
