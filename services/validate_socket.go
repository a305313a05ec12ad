// SPDX-License-Identifier: Apache-2.0

package services

import "strings"

// socketNeeds tells which sockets an option applies to; what is not here applies
// to all.
var socketNeeds = []struct {
	attrs []AttrID
	want  string
	has   func(s Socket) bool
}{
	{[]AttrID{SocketUser, SocketGroup, SocketMode}, "a local socket with a path",
		func(s Socket) bool { return isLocal(s.Network) && strings.HasPrefix(s.Address, "/") }},
	{[]AttrID{NoDelay, KeepAlive, KeepAliveTime, KeepAliveInterval, KeepAliveProbes, DeferAccept}, "a tcp socket",
		func(s Socket) bool { return s.Network == "tcp" }},
	{[]AttrID{Device, FreeBind, Transparent, IPTos, IPTtl, Mark}, "a tcp or udp socket",
		func(s Socket) bool { return !isLocal(s.Network) }},
	{[]AttrID{Broadcast}, "a udp socket",
		func(s Socket) bool { return s.Network == "udp" }},
	{[]AttrID{Listen}, "a socket with connections", Socket.Stream},
	{[]AttrID{ReceiveBuffer, SendBuffer, Priority}, "a socket",
		func(s Socket) bool { return s.Network != FIFO }},
}

// checkSocketOptions warns of options that none of the sockets has a use for.
func checkSocketOptions(c *checker) {
	if len(c.s.Sockets) == 0 {
		return
	}
	for _, need := range socketNeeds {
		for _, a := range need.attrs {
			used, meant := false, c.meant(a, need.has)
			for _, s := range c.s.Sockets {
				if s.Network == Given { // of a kind that nobody knows yet
					used = true
					continue
				}
				used = used || need.has(s)
				if x, ok := Settings(s.Options).Find(a); ok && !need.has(s) && !meant[x.Origin] {
					c.add(true, a, x.Origin, "has no effect: it wants %s, and this is %s %s", need.want, s.Network, s.Address)
				}
			}
			if !used && c.own(a) {
				c.warn(a, "has no effect: it wants %s", need.want)
			}
		}
	}
}

// meant are the places of an option that several sockets may have from one, and that
// means something for one of them.
func (c *checker) meant(a AttrID, has func(Socket) bool) map[Origin]bool {
	var places map[Origin]bool
	for _, s := range c.s.Sockets {
		if x, ok := Settings(s.Options).Find(a); ok && has(s) {
			if places == nil {
				places = map[Origin]bool{}
			}
			places[x.Origin] = true
		}
	}
	return places
}

// checkKeepAlive warns of numbers for what is off.
func checkKeepAlive(c *checker) {
	for i := range c.s.Sockets {
		set := c.s.SocketSettings(i)
		if set.Bool(KeepAlive) || c.s.Sockets[i].Network != "tcp" {
			continue
		}
		for _, a := range []AttrID{KeepAliveTime, KeepAliveInterval, KeepAliveProbes} {
			if x, ok := set.Find(a); ok && c.isOwn(x.Origin) {
				c.add(true, a, x.Origin, "has no effect without keepalive = true")
			}
		}
		return // once is enough
	}
}
