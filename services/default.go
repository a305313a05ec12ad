// SPDX-License-Identifier: Apache-2.0

package services

import "math"

// The defaults of pools. They are Net::Server's as documented; its code has others
// (docs/net-server.md). multiplexSlots is what `inet` would run at the same time.
const (
	poolMaxServers   = 50
	poolMaxRequests  = 1000
	multiplexSlots   = 256
	limitFactor      = 4  // max_servers_limit over max_servers
	jitterPart       = 10 // max_requests over max_requests_jitter
	defaultMaxJitter = 1<<31 - 1
)

// byDefault is what an attribute is if nobody says it: the table's default, or what
// follows from the service's mode and from what was said of others.
func (s *Service) byDefault(a AttrID) Value {
	switch a {
	case MaxServers:
		return s.defaultMaxServers()
	case MinServers:
		return fit(a, s.Count(MaxServers))
	case MaxSpareServers:
		return s.defaultMaxSpare()
	case MinSpareServers:
		return fit(a, min(max(1, s.Count(MinServers)), s.Count(MaxSpareServers)))
	case MaxServersLimit:
		return s.defaultLimit()
	case MaxRequests:
		return s.defaultMaxRequests()
	case MaxRequestsJitter:
		if n := s.Count(MaxRequests); n >= 0 {
			return min(n/jitterPart, defaultMaxJitter)
		}
	case Slots:
		if s.Mode() == "multiplex" && s.Str(Worker) == "pass" {
			return int64(multiplexSlots)
		}
	case MaxDequeue:
		if s.Has(Dequeue) || s.Has(CheckForDequeue) {
			return int64(1)
		}
	}
	return table[a].Default
}

// fit is the table's default, lowered to what somebody said of another attribute: a
// pool of at most 3 need not be told that it has not 5 workers at least.
func fit(a AttrID, most int64) Value {
	n, _ := table[a].Default.(int64)
	return min(n, max(0, most))
}

func (s *Service) defaultMaxServers() Value {
	switch ModeOf(s.Mode()) {
	case ModePrefork, ModePreforkSimple:
		return int64(poolMaxServers)
	case ModeMultiplex:
		return int64(1)
	}
	return table[MaxServers].Default
}

// defaultMaxSpare stays below max_servers, as Net::Server wants it.
func (s *Service) defaultMaxSpare() Value {
	return fit(MaxSpareServers, s.Count(MaxServers)-1)
}

func (s *Service) defaultLimit() Value {
	n := s.Count(MaxServers)
	switch {
	case n < 0:
		return nil // there is nothing to raise
	case n > math.MaxInt64/limitFactor:
		return int64(math.MaxInt64)
	}
	return n * limitFactor
}

// defaultMaxRequests: a program of stdin and stdout ends with its one client. What a
// multiplexing process has in its memory is what its clients share, so it is not
// replaced unless somebody asks for it.
func (s *Service) defaultMaxRequests() Value {
	switch {
	case s.Mode() == "multiplex":
		return Unlimited
	case s.Pool() && s.Str(Worker) == "stdio":
		return int64(1)
	}
	return int64(poolMaxRequests)
}
