// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"superd/spawn"
)

// Way is how a worker gets its connections.
type Way uint8

const (
	Pass   Way = iota // superd accepts, and passes each over the worker's channel (contrib/worker/PROTOCOL.md)
	Accept            // the worker has the listening sockets and accepts by itself
	Stdio             // a program of stdin and stdout, started ahead of its one client on a socket pair
)

// PoolSpec is what a service's workers are like. Spec.Program is the worker's.
type PoolSpec struct {
	Way                          Way
	Simple                       bool // always Max workers
	Min, Max, MinSpare, MaxSpare int
	MaxRequests                  int64 // connections of one worker; -1 = unlimited
	MaxRequestsJitter            int64 // a random number up to this is added
	CheckForWaiting, MinChildTTL time.Duration
	RequestTimeout               time.Duration // 0 = none
	Slots                        int           // connections that a worker may hold at once
	Conf                         []string      // "key value": what of the configuration belongs to the program
	Edition                      uint64        // another number: the program's files have changed
}

// DequeueSpec is a program that is run now and then beside a service.
type DequeueSpec struct {
	Program *spawn.Program
	Max     int           // how many of them at once
	Every   time.Duration // between two starts
}
