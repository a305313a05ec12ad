// SPDX-License-Identifier: Apache-2.0

package control

import "time"

// StatusVersion is raised when a field of Status changes its meaning.
const StatusVersion = 1

// Status is superd's state: the answer to "status", and what SIGUSR1 writes.
type Status struct {
	Version  int       `json:"version"`
	Time     time.Time `json:"time"`
	Superd   string    `json:"superd,omitempty"` // its version
	Pid      int       `json:"pid"`
	Started  time.Time `json:"started"`
	Reloads  int       `json:"reloads"`
	Stopping bool      `json:"stopping,omitempty"`
	Services []Service `json:"services"` // sorted by id
}

// The states of a service.
const (
	Serving  = "serving"
	Full     = "full"     // as many handlers as it may have; clients wait
	Paused   = "paused"   // a rate is exceeded; clients wait
	Drained  = "drained"  // by request; clients wait
	Disabled = "disabled" // in the configuration or by request; no socket is open
	Unbound  = "unbound"  // its sockets cannot be opened; superd tries again
	Rejected = "refused"  // its configuration is in error
	Ending   = "stopping" // superd ends
)

// Service is one service.
type Service struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"` // if it is not the id
	State      string `json:"state"`
	Reason     string `json:"reason,omitempty"` // of Paused, Unbound, Rejected
	Kept       string `json:"kept,omitempty"`   // why it runs as it was before the last reload
	Mode       string `json:"mode"`
	Source     string `json:"source,omitempty"`      // FILE:LINE; not in brief answers
	MaxServers *int64 `json:"max_servers,omitempty"` // absent: no limit
	Running    int    `json:"running"`               // processes, those that start included
	Starting   int    `json:"starting"`
	// PerMinute is how many clients came within the last minute, nearly: the present
	// minute's, and of the last one's the part that is still within sixty seconds.
	PerMinute int64             `json:"per_minute"`
	Counts    Counts            `json:"counts,omitzero"`   // absent: nothing was counted yet
	Refused   map[string]uint64 `json:"refused,omitempty"` // by reason
	Sockets   []Socket          `json:"sockets"`
	Overrides []Override        `json:"overrides,omitempty"`
	Sessions  []Session         `json:"sessions,omitempty"`
	Pool      *Pool             `json:"pool,omitempty"` // of a service with workers
}

// Pool is a service's workers.
type Pool struct {
	Worker     string     `json:"worker"` // how they get clients: "pass", "accept", "stdio"
	Idle       int        `json:"idle"`
	Busy       int        `json:"busy"`
	Unreported int        `json:"unreported,omitempty"` // they accept by themselves, and do not say whether they are busy
	Starting   int        `json:"starting"`
	Retiring   int        `json:"retiring"` // they end after what they serve
	Stopping   int        `json:"stopping"`
	Total      int        `json:"total"`
	MaxServers int        `json:"max_servers"`
	Configured int        `json:"max_servers_configured"`
	MostBusy   int        `json:"most_busy"` // at one time
	Waiting    int        `json:"waiting"`   // clients whom no worker has yet; -1: nobody knows
	Served     int64      `json:"served"`
	Pause      float64    `json:"pause,omitempty"` // seconds until a worker is tried again, after some that died early
	Failures   int        `json:"failures,omitempty"`
	Counts     PoolCounts `json:"counts"`
	Workers    []Worker   `json:"workers"`
}

// PoolCounts are totals of a pool.
type PoolCounts struct {
	Started     uint64 `json:"started"`
	Retired     uint64 `json:"retired"`
	DiedEarly   uint64 `json:"died_early"`
	Died        uint64 `json:"died"`
	Killed      uint64 `json:"killed"`
	MaxReached  uint64 `json:"max_reached"`
	Cut         uint64 `json:"cut"`          // connections that ended with their worker
	PassedAgain uint64 `json:"passed_again"` // connections that went to another worker
}

// Worker is one of a pool's processes.
type Worker struct {
	Pid     int     `json:"pid"`
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"` // since its start
	In      float64 `json:"in"`      // seconds since it came into its state
	Served  int64   `json:"served"`
	Limit   int64   `json:"max_requests"` // its own share of it; -1 = unlimited
	Holds   int     `json:"connections"`
}

// Counts are totals since the service was added.
type Counts struct {
	Accepted uint64 `json:"accepted"`
	Started  uint64 `json:"started"`
	Exited   uint64 `json:"exited"`
	Refused  uint64 `json:"refused"`
	Failed   uint64 `json:"failed"`
	TimedOut uint64 `json:"timed_out"`
	NotRun   uint64 `json:"commands_not_run"` // of hosts.allow and hosts.deny
}

// Socket is one of a service's.
type Socket struct {
	Network string `json:"network"`
	Address string `json:"address"`
	Watched bool   `json:"watched"`           // clients are taken from it now
	HeldBy  int    `json:"held_by,omitempty"` // the wait handler that has it
}

// Override is what somebody asked for while superd ran, against or beyond the
// configuration. It lasts until superd ends or somebody takes it back.
type Override struct {
	What    string    `json:"what"` // "drained", "disabled", "enabled", "max_servers"
	Servers int64     `json:"servers,omitempty"`
	UID     int       `json:"uid"`
	Pid     int       `json:"pid"`
	Time    time.Time `json:"time"`
}

// Session is one handler.
type Session struct {
	ID    string    `json:"id,omitempty"` // of a pool's client "c" and its number
	Pid   int       `json:"pid,omitempty"`
	Peer  string    `json:"peer,omitempty"`
	Since time.Time `json:"since"`
	// State is "starting", "running", "ending" (asked to), "waiting" (for a worker), or
	// "command" for a command of hosts.allow or hosts.deny.
	State string `json:"state"`
}

// Refusal is one client who was turned away.
type Refusal struct {
	Time    time.Time `json:"time"`
	Service string    `json:"service"`
	Network string    `json:"network"`
	Peer    string    `json:"peer,omitempty"`
	Reason  string    `json:"reason"`
	Rule    string    `json:"rule,omitempty"`
	Place   string    `json:"place,omitempty"` // FILE:LINE
}

// Refusals is the answer to "refusals".
type Refusals struct {
	Refusals []Refusal `json:"refusals"` // the oldest first
}

// Reload is the answer to "reload".
type Reload struct {
	// Applied is false if the configuration cannot be used and nothing was changed.
	Applied     bool         `json:"applied"`
	Changes     []Change     `json:"changes"`
	Diagnostics []Diagnostic `json:"diagnostics"`
	Errors      int          `json:"errors"` // of the diagnostics, and of what was kept
}

// Change is what a reload did with one service.
type Change struct {
	Service string `json:"service"`
	Change  string `json:"change"`          // "add", "remove", "retune", "rebind", "replace", "kept", "unbound"
	Error   string `json:"error,omitempty"` // of "kept" and "unbound"
}

// Diagnostic is a remark on the configuration.
type Diagnostic struct {
	Severity string `json:"severity"`
	Text     string `json:"text"` // FILE:LINE:COL: SEVERITY: …
}

// Changed is the answer to drain, enable, disable, pool and kill: what is so now, in
// words.
type Changed struct {
	Text string `json:"text"`
	Pid  int    `json:"pid,omitempty"` // of kill; none: a client was ended, and no process
	// Servers and Limit are pool's: max_servers as it is now, and how far it may be
	// raised.
	Servers int64 `json:"servers,omitempty"`
	Limit   int64 `json:"limit,omitempty"`
}

// About is the answer to "version".
type About struct {
	Superd   string `json:"superd"`
	Protocol int    `json:"protocol"`
	Pid      int    `json:"pid"`
	Level    string `json:"level"` // what the caller may
	Upgrades int    `json:"upgrades"`
	// Upgrades that failed since the last one that did not, and why the last of them did.
	UpgradesFailed int    `json:"upgrades_failed,omitempty"`
	UpgradeError   string `json:"upgrade_error,omitempty"`
}

// Event is what an event's line holds, where it holds it.
type Event struct {
	Time     time.Time `json:"time"`
	Level    string    `json:"level"`
	Message  string    `json:"msg"`
	Event    string    `json:"event"`
	Service  string    `json:"service"`
	Pid      int       `json:"pid"`
	Network  string    `json:"network"`
	Peer     string    `json:"peer"`
	Local    string    `json:"local"`
	Signal   string    `json:"signal"`
	Status   *int      `json:"status"`
	Duration *float64  `json:"duration"` // seconds
	Reason   string    `json:"reason"`
	Rule     string    `json:"rule"`
	Place    string    `json:"place"`
	Step     string    `json:"step"`
	Error    string    `json:"error"`
	Text     string    `json:"text"`
	Count    int64     `json:"count"`
}
