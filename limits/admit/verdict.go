// SPDX-License-Identifier: Apache-2.0

package admit

import "superd/limits/access"

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

	NumReasons
)

var reasonWords = [NumReasons]string{"", "time", "address", "penalty", "libwrap", "connections per second", "starts_per_minute",
	"per_source_per_minute", "load", "service_limit", "per_source_limit", "process_limit", "fork"}

func (r Reason) String() string { return reasonWords[r] }

// Verdict is the gate's answer for one client.
type Verdict struct {
	Allow  bool
	Reason Reason
	Rule   string // what decided, in the file's words; for an allowed client the address rule
	Place  access.Place
}

// Readiness says whether a service may accept a client now.
type Readiness struct {
	OK     bool
	Until  int64  // if not OK: the time (Now.Mono) to ask again; 0 = after the next Release
	Reason Reason // if not OK
	Began  bool   // a pause began with this call: say so once
}

// StageVerdict is one stage's answer, for people.
type StageVerdict struct {
	Stage string
	Verdict
}
