// SPDX-License-Identifier: Apache-2.0

package admit

import (
	"superd/limits/access"
	"superd/limits/wrappers"
)

// Reason is why a client was refused, or must wait.
type Reason uint8

// The reasons. Those that xinetd has bear xinetd's words.
const (
	None Reason = iota
	Time
	Address
	Penalty
	Libwrap
	Rate
	StartRate
	SourceRate
	Load
	ServiceLimit
	SourceLimit
	ProcessLimit
	Fork
	Shut

	NumReasons
)

var reasonWords = [NumReasons]string{"", "time", "address", "penalty", "libwrap", "connections per second", "starts_per_minute",
	"per_source_per_minute", "load", "service_limit", "per_source_limit", "process_limit", "fork", "shut"}

func (r Reason) String() string { return reasonWords[r] }

// ParseReason gives the Reason that String words so.
func ParseReason(word string) (r Reason, ok bool) {
	for i, w := range reasonWords {
		if w == word && i > 0 {
			return Reason(i), true
		}
	}
	return 0, false
}

// Verdict is the gate's answer for one client.
type Verdict struct {
	Allow  bool
	Reason Reason
	Rule   string // what decided, in the file's words; for an allowed client the address rule
	List   string // of an address rule: the attribute that it stands in
	Place  access.Place
	// Wrap is the rule of hosts.allow or hosts.deny that decided about the client, if it
	// asks for more than that: see wrappers.Rule.Effects.
	Wrap *wrappers.Rule
}

// Readiness says whether a service may accept a client now.
type Readiness struct {
	OK bool
	// Watch is for a service that is not OK only because a further client would be
	// one too many for its CPS: its socket stays watched, and when a client is
	// there Gate.Knock decides. A caller that cannot do so may treat it as any other
	// that is not OK.
	Watch  bool
	Until  int64  // if not OK: the time (Now.Mono) to ask again; 0 = after the next Release
	Reason Reason // if not OK
	Began  bool   // of Knock: a pause began with this call
}

// StageVerdict is one stage's answer, for people.
type StageVerdict struct {
	Stage string
	Note  string // how things stand there: "3 of 50 run"; "not set" where the policy has no such limit
	Verdict
}
