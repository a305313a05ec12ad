// SPDX-License-Identifier: Apache-2.0

// Package event says what happened, as types. Logs, counters and the control
// socket render events; none of them is asked by the engine to do so.
//
// Owns: the vocabulary. Does not know: where events go. An Event is a value
// that the engine's owner thread can make without allocating. Concurrency: values
// alone. Errors: stand in Event.Err, as text.
package event

import (
	"net/netip"
	"time"
)

// Kind is what happened.
type Kind uint8

const (
	Note         Kind = iota // anything without a type of its own: Text says it
	Listening                // a socket is open: Local
	Closed                   // a socket was closed: Local
	Start                    // a handler runs: Pid, Peer
	Exit                     // a handler ended: Pid, Status or Signal, Duration
	Refuse                   // a client was turned away: Peer, Reason, Rule
	SpawnFail                // a handler could not be started: Step, Err
	Pause                    // superd (Service empty) or a service stops accepting for a while: Reason, Duration
	Resume                   // and goes on
	Timeout                  // session_timeout reached: Pid
	Reload                   // a reload was applied: Text is the diff
	Stopping                 // superd or a service ends
	Dropped                  // Count events were lost, the log being too slow
	Suppressed               // Count refusals like the last were not written
	WorkerStart              // a worker was started: Pid
	WorkerExit               // it ended: Pid, Status or Signal, Duration, Count connections served
	WorkerKill               // it is killed, for Reason: Pid
	PoolFull                 // all Count workers are busy, and there may be no more
	PoolSize                 // max_servers was changed while superd runs: Count
	DequeueStart             // the dequeue program runs: Pid
	DequeueExit              // and has ended: Pid, Status or Signal, Duration
	numKinds
)

var kindNames = [numKinds]string{"note", "listening", "closed", "start", "exit", "refuse", "spawn-fail", "pause", "resume",
	"timeout", "reload", "stopping", "dropped", "suppressed", "worker-start", "worker-exit", "worker-kill", "pool-full", "pool-size", "dequeue-start",
	"dequeue-exit"}

func (k Kind) String() string { return kindNames[k] }

// Level is Net::Server's: 0 error, 1 warning, 2 notice, 3 info, 4 debug.
type Level uint8

const (
	LevelError Level = iota
	LevelWarning
	LevelNotice
	LevelInfo
	LevelDebug
)

// Event is one thing that happened. Which fields carry meaning depends on Kind.
type Event struct {
	Time     time.Time
	Kind     Kind
	Level    Level
	Quiet    bool // for those who follow what happens, and for no log
	Service  string
	Network  string         // "tcp", "udp", "unix", …
	Peer     netip.AddrPort // canonical: never v4-mapped
	Local    string
	Pid      int32
	Status   int32 // exit status; -1 with Signal
	Signal   int32
	Duration time.Duration
	Reason   string // one word of the gate or engine: "address", "time", "service_limit", …
	Rule     string // the rule's text
	Place    string // FILE:LINE of the rule
	Step     string // of the spawn program
	Err      string
	Text     string
	Count    int64
}
