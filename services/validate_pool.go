// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// checkWorker wants a pool to say how its workers get connections: none of the ways
// fits a program that was not made for it.
func checkWorker(c *checker) {
	if c.mode&pools == 0 {
		return
	}
	way := c.s.Str(Worker)
	if way == "" {
		if c.s.State != Refused {
			c.fail(Worker, `is missing. "pass": superd accepts, its rules decide, and the worker is handed each connection over a socket. `+
				`"accept": the worker has the listening sockets and accepts by itself, so that no rule for clients applies. `+
				`"stdio": an unmodified program of standard input and output is started ahead of its one client.`)
		}
		return
	}
	if way == "stdio" && c.mode == ModeMultiplex {
		c.fail(Worker, `"stdio" serves one client and ends; mode "multiplex", one process for all, wants "pass" or "accept"`)
	}
	for _, s := range c.s.Sockets {
		if !s.Stream() && way != "accept" {
			c.fail(Worker, `%q needs connections, and %s %s has none: want "accept"`, way, s.Network, s.Address)
			break
		}
	}
	for _, s := range c.s.Sockets {
		if s.Network == "unixpacket" && way == "stdio" {
			c.fail(Worker, `"stdio" carries bytes, and would lose where the packets of %s %s end: want "pass" or "accept"`, s.Network, s.Address)
			break
		}
	}
	if way != "stdio" && c.s.Str(Stderr) == "client" {
		c.fail(Stderr, `a worker with many clients has none to write to: want "log" or "null"`)
	}
}

// acceptorsLack is what superd cannot do to clients that it never sees.
var acceptorsLack = []AttrID{AccessTimes, OnlyFrom, NoAccess, Allow, Deny, CIDRAllow, CIDRDeny, Libwrap, PerSource, CPS, StartsPerMinute, PerSourcePerMinute,
	MaxLoad, Banner, BannerSuccess, BannerFail, LogOnSuccess, RequestTimeout}

// checkAcceptors refuses what workers that accept by themselves would get around. What
// defaults say counts too: whoever wrote it relies on it.
func checkAcceptors(c *checker) {
	if c.mode&pools == 0 || c.s.Str(Worker) != "accept" {
		return
	}
	const why = `cannot be kept with worker = "accept": the workers accept by themselves, and superd never sees the clients`
	for _, a := range acceptorsLack {
		if c.restricts(a) {
			c.fail(a, why)
		}
	}
	if c.s.Str(Full) == "refuse" {
		c.fail(Full, `"refuse" `+why)
	}
	if c.own(LogOnFailure) {
		c.warn(LogOnFailure, `has no effect with worker = "accept": superd refuses nobody`)
	}
}

// checkPoolMost wants to know how large a pool may become.
func checkPoolMost(c *checker) {
	if c.mode&(ModePrefork|ModePreforkSimple) == 0 {
		return
	}
	switch c.s.Count(MaxServers) {
	case -1:
		c.fail(MaxServers, "%q: a pool wants a number", Unlimited)
	case 0:
		c.fail(MaxServers, "0: a pool wants a worker at least")
	}
}

// checkPoolSizes refuses what contradicts itself, as Net::Server does, but for two
// things: there a min_servers above max_servers is taken, and the pool grows and
// shrinks for ever; and min_spare_servers may not exceed min_servers.
func checkPoolSizes(c *checker) {
	if c.mode != ModePrefork || c.s.Count(MaxServers) < 1 {
		return
	}
	c.notAbove(MinServers, MaxServers)
	c.notAbove(MinSpareServers, MaxSpareServers)
	if c.s.Count(MaxSpareServers) >= c.s.Count(MaxServers) {
		c.contradict(MaxSpareServers, MaxServers, "must be less than")
	}
	least, spare := c.s.Count(MinServers), c.s.Count(MinSpareServers)
	switch {
	case least == 0 && spare == 0 && c.s.Str(Full) == "refuse":
		c.fail(MinServers, `0, with %s = 0 and %s = "refuse", leaves nobody to take a client`, MinSpareServers, Full)
	case spare > least && c.own(MinSpareServers):
		c.warn(MinSpareServers, "%d is more than %s, which is %d: the pool is never smaller than this", spare, MinServers, least)
	}
}

// notAbove refuses a lower bound above its upper one.
func (c *checker) notAbove(low, high AttrID) {
	if c.s.Count(low) > c.s.Count(high) {
		c.contradict(low, high, "must not be more than")
	}
}

// contradict refuses a number for what another one is. The first was said: defaults
// keep out of each other's way.
func (c *checker) contradict(a, b AttrID, what string) {
	other := fmt.Sprint(c.s.Count(b))
	if !c.s.Has(b) {
		other += " by default"
	}
	c.fail(a, "%d %s %s, which is %s", c.s.Count(a), what, b, other)
}

// checkPoolNumbers looks at numbers that stand alone.
func checkPoolNumbers(c *checker) {
	if c.mode&pools == 0 {
		return
	}
	way := c.s.Str(Worker)
	if c.s.Count(MaxRequests) == 0 {
		c.fail(MaxRequests, "0 leaves a worker nothing to do: want 1 or more, or %q", Unlimited)
	}
	if way == "stdio" && c.own(MaxRequests) && c.s.Count(MaxRequests) != 1 {
		c.warn(MaxRequests, `has no effect with worker = "stdio": the program ends with its client`)
	}
	if c.own(MaxRequestsJitter) && c.s.Count(MaxRequests) < 0 {
		c.warn(MaxRequestsJitter, "has no effect while %s is %q", MaxRequests, Unlimited)
	}
	switch n := c.s.Count(Slots); {
	case n == 0:
		c.fail(Slots, "0 leaves a worker nothing to do: want 1 or more")
	case n > 1 && way != "" && way != "pass":
		c.fail(Slots, `%d needs worker = "pass": only there superd knows what a worker holds`, n)
	}
}

// checkLimit compares max_servers with how far it may be raised.
func checkLimit(c *checker) {
	if !MaxServersLimit.Row().Modes.Has(c.mode) || !c.s.Has(MaxServersLimit) {
		return
	}
	limit, most := c.s.Count(MaxServersLimit), c.s.Count(MaxServers)
	switch {
	case most < 0 && c.own(MaxServersLimit):
		c.warn(MaxServersLimit, "has no effect while %s is %q", MaxServers, Unlimited)
	case most < 0 || limit < 0 || limit >= most:
	case c.own(MaxServersLimit):
		c.contradict(MaxServersLimit, MaxServers, "must not be less than")
	default:
		c.warn(MaxServersLimit, "has no effect: %s is %d already", MaxServers, most)
	}
}

// checkDequeue: Net::Server runs nothing where it is not told how often, and says
// nothing of it.
func checkDequeue(c *checker) {
	if !Dequeue.Row().Modes.Has(c.mode) {
		return
	}
	every, _, said := c.s.Get(CheckForDequeue)
	worker := c.mode&pools != 0 && c.s.Str(Worker) == "pass" && said
	switch {
	case c.s.Has(Dequeue) && !said:
		c.fail(CheckForDequeue, "is missing: it says how often %s is run", Dequeue)
	case said && every == 0.0:
		c.fail(CheckForDequeue, "0 leaves no time between two starts: want more")
	}
	if !c.s.Has(Dequeue) && !worker {
		for _, a := range []AttrID{CheckForDequeue, MaxDequeue} {
			if c.own(a) {
				c.warn(a, "has no effect without %s", Dequeue)
			}
		}
	}
	if c.s.Count(MaxDequeue) == 0 {
		c.warn(MaxDequeue, "0 never runs %s", Dequeue)
	}
}

// What a worker's first message holds at most, and what stands in it beside the service's
// id and the program's own keys (contrib/worker/PROTOCOL.md).
const (
	mostHello = 65536
	restHello = len("hello\nversion=1\nservice=\nslots=\nmax_requests=\n") + 2*len("18446744073709551615")
)

// checkExtra tells of keys that are left out of a worker's first message.
func checkExtra(c *checker) {
	if c.mode&pools == 0 || c.s.Str(Worker) != "pass" {
		return
	}
	n := restHello + len(c.s.ID)
	for i, line := range c.s.List(Extra) {
		if n += len("\nconf=") + len(line); n > mostHello {
			key, _, _ := strings.Cut(line, " ")
			c.warn(Extra, "%d keys from %q on have no room in a worker's first message, which has %d bytes: they are in SUPERD_CONF alone",
				len(c.s.List(Extra))-i, clip(key), mostHello)
			return
		}
	}
}
