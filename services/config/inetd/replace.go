// SPDX-License-Identifier: Apache-2.0

package inetd

import "superd/services"

// place is one socket as an inetd tells sockets apart: the words of the line, and
// not what they stand for.
type place struct {
	name, host, proto string
	family            families
}

// places are the sockets of an entry.
func (e *entry) places() []place {
	if e.local {
		return []place{{name: e.name.text, proto: "unix"}}
	}
	plain := e.proto.text
	if len(plain) > 3 {
		plain = plain[:3]
	}
	var list []place
	for _, h := range e.hosts {
		for _, f := range []families{four, six, dual} {
			if e.family&f != 0 {
				list = append(list, place{e.name.text, h.text, plain, f})
			}
		}
	}
	return list
}

// replace gives a socket that several lines name to the last of them, as an inetd
// does: it takes the later for the same service with other values.
func (r *run) replace() {
	owners := map[place]*entry{}
	for i := len(r.entries) - 1; i >= 0; i-- {
		e := r.entries[i]
		if e.off || e.dropped {
			continue
		}
		var later *entry
		lost := map[place]bool{}
		for _, p := range e.places() {
			if o := owners[p]; o != nil {
				later, lost[p] = o, true
			} else {
				owners[p] = e
			}
		}
		if later != nil {
			e.give(lost, later)
		}
	}
}

// give leaves sockets to a later line: all of them, an IP version or some addresses.
// Other halves are left to be refused, since they cannot be said.
func (e *entry) give(lost map[place]bool, later *entry) {
	all := e.places()
	if len(lost) == len(all) {
		e.stale = true
		e.remarks = append(e.remarks, remark{pos: e.pos, always: true,
			message: "line " + decimal(int(later.pos.Line)) + " names the same service again, and replaces this one"})
		return
	}
	gone := func(match func(place) bool) bool {
		n := 0
		for _, p := range all {
			if match(p) {
				if !lost[p] {
					return false
				}
				n++
			}
		}
		return n == len(lost)
	}
	for _, f := range []families{four, six} {
		if gone(func(p place) bool { return p.family == f }) {
			e.family &^= f
			return
		}
	}
	var kept []word
	for _, h := range e.hosts {
		if !gone(func(p place) bool { return p.host == h.text }) {
			kept = append(kept, h)
		}
	}
	if len(kept) > 0 {
		e.hosts = kept
	}
}

// apart leaves IPv4 to a line that has it alone, where another line for the same
// port takes both versions in one socket: the two cannot both be bound. GNU's inetd
// of Debian, whose tcp6 takes IPv4 in, serves no IPv6 then; the unpatched one, whose
// tcp6 is IPv6 alone, serves both.
func (r *run) apart() {
	alone := map[place]bool{}
	for _, e := range r.entries {
		if e.state() == services.Enabled && e.family == four {
			for _, p := range e.places() {
				alone[p] = true
			}
		}
	}
	for _, e := range r.entries {
		if e.family != dual || e.proto.text[:min(3, len(e.proto.text))] != "tcp" || e.state() != services.Enabled {
			continue
		}
		for _, p := range e.places() {
			if p.family = four; alone[p] {
				e.family = six
				e.warn("protocol", e.proto.pos, "another line has IPv4 of this port to itself, so that this one is IPv6 alone")
				break
			}
		}
	}
}
