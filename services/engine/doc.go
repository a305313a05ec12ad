// SPDX-License-Identifier: Apache-2.0

// Package engine is superd at run time: socket ready → admit → hand over → reap
// → event.
//
// Owns: the listening sockets' readiness, every session from accept to reap, the
// gate's state, and all clocks of a service. Does not know: configuration (it is
// given Specs), log formats (it fills a Sink), where sockets come from (the
// registry's owner opens and closes them).
//
// # Concurrency
//
// One owner thread (Engine.Run, which locks it) does everything: waits, accepts,
// admits, spawns, reaps. Others reach it only through Engine.post, a queue and
// an eventfd; it answers by closing or sending on a channel of the caller's. So
// nothing here has a lock, apart from that queue.
//
// # Cost
//
// The owner allocates nothing for a connection and never writes a log. Its work
// for a connection does not depend on how many services there are: readiness
// comes from epoll, time from a heap, exits by pidfd.
//
// # Errors
//
// Nothing that a client or a handler does is one of the engine's: it becomes an
// event. Want of descriptors, memory or processes pauses all accepting. Only New
// and Run return errors, of what superd cannot start without.
package engine
