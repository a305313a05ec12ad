// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"superd/activation"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/limits/wrappers"
	"superd/services/event"
	"superd/spawn"
)

// Mode is how a service's clients reach its program. Net::Server's single is
// Inet with a Policy that lets one in at a time and queues the rest.
type Mode uint8

const (
	Inet Mode = iota // a process per connection
	Wait             // one process gets the listening socket itself, and superd polls again when it ends
)

// RemoteHost says whether a handler finds REMOTE_HOST, as xinetd's do.
type RemoteHost uint8

const (
	RemoteHostNone RemoteHost = iota
	RemoteHostInet            // the address, of connections
	RemoteHostAll             // also for wait services: the first datagram's sender, or xinetd's "<no address>"
)

// Spec is a service as the engine runs it: everything resolved and compiled. It
// is not changed once it has been handed over.
type Spec struct {
	ID      string
	Mode    Mode
	Sockets []*activation.Socket
	// OneForAll, of Wait: the one process gets all sockets, in this order, as Binding.Files.
	OneForAll bool
	NonBlock  bool                            // of Wait: handlers get sockets that do not block
	Holders   map[*activation.Socket][]Holder // of a service that is new to the engine: who has its sockets
	Policy    *admit.Policy
	Program   *spawn.Program

	Pool            *PoolSpec    // nil: a process for each client
	Dequeue         *DequeueSpec // nil: none
	MaxServersLimit int64        // how far max_servers may be raised while superd runs; 0: it cannot be changed
	Fresh           uint32       // another number: workers are replaced, whatever else changed

	// Each at most 4 KiB, sent in one non-blocking send: to every client before
	// the gate, to those let in, and to those refused.
	Banner, BannerSuccess, BannerFail []byte

	RemoteHost     RemoteHost
	LogStderr      bool          // the handler's stderr is the log's descriptor
	OwnGroup       bool          // the program runs setsid, so its process group is its own
	SessionTimeout time.Duration // 0: none
	KillGrace      time.Duration // between TERM and KILL
	KillLeftovers  bool          // end what a handler leaves behind in its process group
	Loud           Loud
	Drained        bool                      // clients wait in the backlog until another Spec lets them in
	Off            bool                      // it is drained for good: workers end as they become idle, and dequeue is not run
	Place          func(access.Place) string // words the place of a rule
	// Wrap has the rules of Policy.Wrap that ask for more than a verdict.
	Wrap map[*wrappers.Rule]*WrapRule
}

// Loud says which of a service's events are told; refusals and failures always
// are counted.
type Loud struct {
	Start, Exit, Refuse bool
	Level               event.Level // of Start and Exit
}
