// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
)

// separators are between the words of a list.
const separators = ", \t\r\n"

// list is "a b EXCEPT c d EXCEPT e": what is in the first and not in the rest.
type list struct {
	daemons []daemon
	clients set
	except  *list
}

// daemon is a word of the first list.
type daemon struct {
	text text
	port int   // -1: text is compared
	at   *host // of daemon@host
}

// client is a word of the second list that is more than an address.
type client struct {
	host host
	user *text // of user@host
}

// set is what is on either side of EXCEPT. Addresses and networks are many at
// times (a /file may hold a hundred thousand), and are kept where one look finds
// them.
type set struct {
	nets   *bart.Lite
	others []client
	shut   bool // a file that cannot be read: nobody knows who is in it
}

func (s *set) add(c client) {
	p, ok := c.prefix()
	if !ok {
		s.others = append(s.others, c)
		return
	}
	if s.nets == nil {
		s.nets = new(bart.Lite)
	}
	s.nets.Insert(p)
}

// prefix gives the network that the word is, and nothing more.
func (c *client) prefix() (p netip.Prefix, ok bool) {
	h := &c.host
	if c.user != nil || h.never() {
		return p, false
	}
	switch h.kind {
	case hostText:
		a, err := netip.ParseAddr(h.text.s)
		if h.text.kind == textV6 {
			a, err = h.text.addr, nil
		} else if h.text.kind != textEqual || err != nil || a.Zone() != "" || string(appendAddr(nil, a)) != h.text.s {
			return p, false
		}
		if a.Is4In6() { // clients are never written so
			return p, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	case hostNet6:
		return netip.PrefixFrom(h.addr, h.bits), !h.addr.Is4In6()
	case hostNet4:
		bits := 0
		for m := h.mask; m&(1<<31) != 0; m <<= 1 {
			bits++
		}
		if h.mask != ^uint32(0)<<(32-bits) || h.mask == 0 {
			return p, false
		}
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(h.net >> 24), byte(h.net >> 16), byte(h.net >> 8), byte(h.net)}), bits), true
	}
	return p, false
}

func (s *set) match(e *endpoint) Truth { return s.matchUser(e, nil) }

func (s *set) matchUser(e *endpoint, user *string) Truth {
	if s.nets != nil && e.Addr.IsValid() && e.v4 != ^uint32(0) && s.nets.Contains(e.Addr.WithZone("")) {
		return Yes
	}
	most := truth(false)
	if s.shut {
		most = Maybe
	}
	for i := range s.others {
		if most = max(most, s.others[i].match(e, user)); most == Yes {
			return Yes
		}
	}
	return most
}

func (c *client) match(e *endpoint, user *string) Truth {
	t := c.host.match(e)
	if c.user == nil || t == No {
		return t
	}
	switch {
	case user != nil && *user != "":
		return min(t, truth(c.user.match([]byte(lower(*user)))))
	case c.user.kind == textAll || c.user.s == "*":
		return t
	}
	return min(t, Maybe)
}

// matchDaemon and matchClient say whether a list has the request.
func (l *list) matchDaemon(q *request) Truth {
	most := No
	for i := range l.daemons {
		most = max(most, l.daemons[i].match(q))
	}
	if l.except != nil && most != No {
		return min(most, not(l.except.matchDaemon(q)))
	}
	return most
}

func (l *list) matchClient(q *request) Truth {
	most := l.clients.matchUser(&q.client, &q.User)
	if l.except != nil && most != No {
		return min(most, not(l.except.matchClient(q)))
	}
	return most
}

func (d *daemon) match(q *request) Truth {
	if !d.name(q) {
		return No
	}
	if d.at == nil {
		return Yes
	}
	return d.at.match(&q.server)
}

func (d *daemon) name(q *request) bool {
	if d.port >= 0 {
		return d.port == q.Server.Port
	}
	return d.text.match(q.daemon)
}

// words cuts a list's text; EXCEPT begins a list of its own.
func words(s string) (first []string, rest []string) {
	fields := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) })
	for i, f := range fields {
		if lower(f) == "except" {
			return fields[:i], fields[i+1:]
		}
	}
	return fields, nil
}
