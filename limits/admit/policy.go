// SPDX-License-Identifier: Apache-2.0

// Package admit is the gate of a service: whether a client may have a handler
// now. It is arithmetic over a policy, a peer and the time; what it counts are
// the handlers that run and those started lately.
//
// Owns: the order of the checks, the limits' counters, and the reasons.
// Does not know: sockets, processes, clocks (the caller says what time it is).
// Concurrency: a Gate has one owner, which makes all calls; a Policy is read-only
// from the moment a Gate first sees it. Once warm, no call allocates.
// Errors: none; a refusal is a Verdict.
package admit

import (
	"net/netip"
	"time"

	"superd/limits"
	"superd/limits/access"
	"superd/limits/wrappers"
)

// CPS is xinetd's limit on connections per second: N served in a window of N
// seconds' length, then a pause of Wait. N = 0 is none.
type CPS struct {
	N    int64
	Wait time.Duration
}

// Source is where a limit was written, for verdicts.
type Source struct {
	Text  string // in the file's own words: "instances = 50"
	Place access.Place
}

// Policy is what a service wants of its gate. It is a value; a reload gives the
// Gate another one. Start from Unrestricted, since 0 is a limit like any other.
type Policy struct {
	Shut    string          // why nobody may come in, whoever it is; empty: they may
	Windows limits.Windows  // none: always
	Rules   *access.Rules   // nil: everybody
	Wrap    *wrappers.Rules // hosts.allow and hosts.deny; nil: not asked

	// NoFTPData refuses who comes from port 20: an FTP server's data connection, which
	// somebody had it make to where he may not go himself (RFC 2577, 3).
	NoFTPData bool

	MaxServers int64 // handlers at once; limits.Unlimited; 0 refuses everybody
	Queue      bool  // full: leave clients in the backlog; else refuse them
	PerSource  int64 // handlers at once for one source; limits.Unlimited

	PrefixV4, PrefixV6 uint8 // how many bits of an address make a source

	CPS                CPS
	StartsPerMinute    int64   // limits.Unlimited
	PerSourcePerMinute int64   // limits.Unlimited
	MaxLoad            float64 // refuse at this 1-minute load and above; 0 = none

	// Penalized tells whether a peer is shut out for a time. May be nil.
	Penalized func(peer netip.Addr, now Now) bool

	Sources *[NumReasons]Source // by the Reason that the limit refuses with; may be nil
}

// Unrestricted is the policy without limits.
func Unrestricted() Policy {
	return Policy{MaxServers: limits.Unlimited, PerSource: limits.Unlimited, PrefixV4: 32, PrefixV6: 64,
		StartsPerMinute: limits.Unlimited, PerSourcePerMinute: limits.Unlimited}
}

// Now is the moment of a decision.
type Now struct {
	Wall time.Time // in the zone that access_times mean; may be zero for a Policy without Windows
	Mono int64     // nanoseconds of a clock that never goes back
	Load float64   // the 1-minute load average; may be zero for a Policy without MaxLoad
	// Port and Local are for a Policy with Wrap, and Port for one with NoFTPData: the
	// client's port, and where the client has connected to, zero if that is not known.
	// The address matters only if Wrap.NeedServer.
	Port  uint16
	Local netip.AddrPort
}
