// SPDX-License-Identifier: Apache-2.0

package services

import (
	"net/netip"
	"slices"
	"strings"
)

// checkDenyAlone: Net::Server lets in only who matches an allow list as soon as
// there is any list. Its users fall over that, but relying on it is legal.
func checkDenyAlone(c *checker) {
	if len(c.s.List(Allow)) > 0 || len(c.s.List(CIDRAllow)) > 0 {
		return
	}
	for _, a := range []AttrID{Deny, CIDRDeny} {
		if len(c.s.List(a)) > 0 {
			c.warn(a, "a deny list alone refuses everybody: add cidr_allow = [\"0.0.0.0/0\", \"::/0\"]")
		}
	}
}

// checkListsMeet: xinetd's manual promises that the more exact of only_from and
// no_access wins. Its code, and superd, let no_access win.
func checkListsMeet(c *checker) {
	if v, _, set := c.s.Get(OnlyFrom); set && c.s.State != Refused { // else its entries may be the reason
		if list, ok := v.([]string); ok && len(list) == 0 {
			c.warn(OnlyFrom, "an empty list lets nobody in")
		}
	}
	denied := make(map[netip.Prefix]bool)
	for _, s := range c.s.List(NoAccess) {
		if p, ok := prefixOf(s); ok {
			denied[p] = true
		}
	}
	for _, d := range deadEntries(c.s.List(OnlyFrom), denied) {
		if d.more == 0 {
			c.warn(OnlyFrom, "%q lets nobody in: it lies within %s of no_access, which wins", d.first, d.outer)
		} else {
			c.warn(OnlyFrom, "%q and %d more let nobody in: they lie within %s of no_access, which wins", d.first, d.more, d.outer)
		}
	}
}

// dead are entries of only_from that a network of no_access covers.
type dead struct {
	outer netip.Prefix
	first string
	more  int
}

// deadEntries looks once for each shorter prefix of an entry: lists may be long.
func deadEntries(onlyFrom []string, denied map[netip.Prefix]bool) (out []dead) {
	if len(denied) == 0 {
		return nil
	}
	for _, s := range onlyFrom {
		p, ok := prefixOf(s)
		for bits := p.Bits(); ok && bits >= 0; bits-- {
			outer := netip.PrefixFrom(p.Addr(), bits).Masked()
			if !denied[outer] {
				continue
			}
			if i := slices.IndexFunc(out, func(d dead) bool { return d.outer == outer }); i >= 0 {
				out[i].more++
			} else {
				out = append(out, dead{outer: outer, first: s})
			}
			break
		}
	}
	return out
}

// prefixOf reads a canonical address rule.
func prefixOf(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// checkUnseenClients: a program that accepts by itself meets clients that superd
// never sees. Debian's xinetd refuses each of them, and spins; its successor lets
// all of them in. A file of ours that asks for it is an error, an old one gets a
// warning.
func checkUnseenClients(c *checker) {
	if c.mode != ModeWait || !c.streams() && !c.fifos() {
		return
	}
	why := "does not protect a wait service with connections: the program accepts them itself"
	if !c.streams() {
		why = "does not protect a FIFO: nobody is told who writes to it"
	}
	for _, a := range []AttrID{OnlyFrom, NoAccess, Allow, Deny, CIDRAllow, CIDRDeny, PerSource, PerSourcePerMinute} {
		if !c.restricts(a) {
			continue
		}
		if c.s.Compat() == "" && c.own(a) {
			c.fail(a, "%s", why)
		} else {
			c.warn(a, "%s", why)
		}
	}
}

// restricts tells whether an attribute was said and keeps anybody out.
func (c *checker) restricts(a AttrID) bool {
	v, _, set := c.s.Get(a)
	if list, ok := v.([]string); ok && len(list) == 0 && a != OnlyFrom {
		return false
	}
	return set && !isUnlimited(v)
}

func isUnlimited(v Value) bool { s, ok := v.(string); return ok && s == Unlimited }

// checkEnv warns of variables that the program will not find as they are written.
func checkEnv(c *checker) {
	for _, s := range c.s.List(Env) {
		if name, _, _ := strings.Cut(s, "="); perClient(name) {
			c.warn(Env, "%s has no effect: superd sets it for each client", name)
		}
	}
	for _, name := range c.s.List(PassEnv) {
		if neverPassed(name) {
			c.warn(PassEnv, "%s is superd's own and is never passed on", name)
		}
	}
}

func perClient(name string) bool {
	return name == "PROTO" || strings.HasPrefix(name, "TCP") || strings.HasPrefix(name, "REMOTE_")
}

// neverPassed are the variables of the service manager: a program that found them
// would speak to it in superd's name.
func neverPassed(name string) bool {
	return slices.Contains([]string{"NOTIFY_SOCKET", "JOURNAL_STREAM", "INVOCATION_ID", "CREDENTIALS_DIRECTORY"}, name) ||
		strings.HasPrefix(name, "LISTEN_") || strings.HasPrefix(name, "WATCHDOG_") || strings.HasPrefix(name, "SUPERD_")
}

// checkLogSets: who is at the other end (RFC 1413) needs a process that may read
// what clients send. xinetd's front-end has said so of its own, with the place.
func checkLogSets(c *checker) {
	if c.s.Compat() == "xinetd" {
		return
	}
	for _, a := range []AttrID{LogOnSuccess, LogOnFailure} {
		if slices.Contains(c.s.List(a), "USERID") {
			c.warn(a, "USERID is not built yet: log lines lack it")
		}
	}
}
