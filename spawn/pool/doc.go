// SPDX-License-Identifier: Apache-2.0

// Package pool holds the parts of a prefork pool: the rules of its size (Decide) and
// the worker protocol of contrib/worker/PROTOCOL.md (messages, and superd's end of
// the channel to a worker).
//
// Owns: when to start workers, when to end some, when to look again; the pause after
// those that die early; how many connections one serves; the text of messages;
// the socket of a Channel. Does not know: processes, services, the clock, which
// worker is idle. It imports nothing of ours.
// Concurrency: all but Channel are values; Decide is a pure function of (settings,
// state, view, now) and allocates nothing. A Channel belongs to one goroutine.
// Errors: the rules have none. Settings that contradict each other are the
// configuration's to refuse; here they are bent into sense, so that none
// makes a pool run away.
//
// The owner calls Decide after every change of its counts, and at Decision.Next.
//
// # What is otherwise than in Net::Server
//
// The attributes are those of Net::Server::PreFork (2.018), the meaning is its
// manual's; defaults, and what is refused, are the configuration's (services). Where
// its code does something else, or the manual says nothing:
//
//   - min_spare_servers above min_servers makes sense: a pool at rest is as large as the
//     larger. There it is fatal.
//   - Limits hold as they are written: never more than max_servers, never fewer than
//     min_servers, idle workers are ended from max_spare_servers+1 on. Its Fork runs one
//     more than max_servers.
//   - A starting worker counts as a spare one, and it is no target for ending; Net::Server
//     counts a worker as waiting from the fork on, and may end one that loads its modules.
//   - A burst is followed at once. Net::Server starts min_spare_servers at most, once
//     a wake-up, and reads one report a wake-up. Here as many are started as
//     clients wait; where that is not known, each client more while no worker is
//     free brings two, so that what starts doubles, as Apache's rate does, but
//     without its ticks of a second. At most 32 start at the same time.
//   - Idle workers are ended by the fewest that were idle in a whole interval of
//     check_for_waiting (Dovecot's low-water mark), not by what is idle at the moment
//     of the look: a pool whose load comes in waves keeps what the waves need.
//   - The idle workers are ended by the owner's exact counts. Net::Server's victims are
//     those marked waiting, whose mark may be old by then, and a second round may
//     count them again; hence its fixed 10 s between two rounds, which are not needed.
//   - min_child_ttl is measured from the last start that made the pool larger. Net::Server
//     counts replacements too: a pool that retires workers all the time never shrinks.
//   - After 30 s without any client the pool goes down to min_servers, as Net::Server's
//     does, but it keeps one idle worker more than min_spare_servers: else a
//     single client now and then costs a start and an end each time.
//   - More than max_servers, after it was lowered, are ended at once, idle ones first,
//     the others as they become idle; nobody is cut.
//   - A worker on its last connection (max_requests) does not count for max_servers, so
//     that its replacement is up before it leaves, but not more than a quarter of
//     max_servers, at least one, at the same time: a last connection may
//     last for hours. It keeps its process, so that a pool may for a while have
//     five processes for four. One that was told to end counts until it is gone.
//   - A worker that dies before it is ready costs a pause, 100 ms and half as much again
//     each time, up to 30 s; then one is tried. Net::Server refills at once, for ever.
//   - check_for_spawn and check_for_dead have nothing to do: counts are exact, and a
//     worker's end is heard of at once. check_for_waiting below 100 ms is 100 ms.
//   - min_spare_servers 0, where nobody knows how many clients wait, is 1: the pool could
//     not see that it is too small.
package pool
