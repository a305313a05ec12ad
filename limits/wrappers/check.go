// SPDX-License-Identifier: Apache-2.0

package wrappers

// Tables are hosts.allow and hosts.deny. A file that is not there is nil.
type Tables struct {
	Allow, Deny *File
}

// Rules are those that concern one daemon.
type Rules struct {
	daemon string
	small  []byte  // daemon in lower case
	rules  []*Rule // of hosts.allow, and then of hosts.deny
	server bool
}

// For gives the rules for a daemon's name. It never is nil.
func (t *Tables) For(daemon string) *Rules {
	rs := &Rules{daemon: daemon, small: []byte(lower(daemon))}
	for _, f := range []*File{t.Allow, t.Deny} {
		if f == nil {
			continue
		}
		for _, r := range f.Rules {
			if r.concerns(daemon) {
				rs.rules = append(rs.rules, r)
				rs.server = rs.server || r.byServer
			}
		}
	}
	return rs
}

// concerns tells whether the daemon list may have a daemon. What depends on where
// the client connects to is left to the check.
func (r *Rule) concerns(daemon string) bool {
	if r.shut || r.byServer {
		return true
	}
	q := request{Request: &Request{Daemon: daemon}, daemon: []byte(lower(daemon))}
	return r.daemons.matchDaemon(&q) != No
}

// Daemon is the name that the rules are for.
func (rs *Rules) Daemon() string { return rs.daemon }

// All are the rules that may concern the daemon, in their order.
func (rs *Rules) All() []*Rule { return rs.rules }

// NeedServer tells whether the rules ask for the server's address or port.
func (rs *Rules) NeedServer() bool { return rs.server }

// request is a Request in the forms that patterns look at.
type request struct {
	*Request
	daemon         []byte
	client, server endpoint
}

// Check gives the verdict for a client. q.Daemon is ignored: the Rules have it.
func (rs *Rules) Check(q *Request) Verdict {
	if len(rs.rules) == 0 {
		return Verdict{Allow: true}
	}
	q.Daemon = rs.daemon
	x := request{Request: q, daemon: rs.small}
	x.client.set(q.Client)
	x.server.set(q.Server)
	for _, r := range rs.rules {
		if v, decided := r.check(&x); decided {
			return v
		}
	}
	return Verdict{Allow: true}
}

// check asks one rule. What may or may not match does so if that refuses the
// client, and does not if it would let them in.
func (r *Rule) check(q *request) (Verdict, bool) {
	switch r.match(q) {
	case No:
		return Verdict{}, false
	case Maybe:
		if r.allows() && !r.asks() {
			return Verdict{}, false
		}
		return Verdict{Rule: r, Unsure: true}, true
	}
	v := Verdict{Rule: r, Allow: r.allows()}
	if v.Allow && len(r.actions) > 0 {
		_, v.Allow, _ = r.Effects(q.Request)
	}
	return v, true
}

// asks tells whether a command decides.
func (r *Rule) asks() bool {
	for _, a := range r.actions {
		if a.kind == Aclexec {
			return true
		}
	}
	return false
}

func (r *Rule) match(q *request) Truth {
	if r.shut {
		return Yes
	}
	t := r.daemons.matchDaemon(q)
	if t == No {
		return No
	}
	return min(t, r.clients.matchClient(q))
}
