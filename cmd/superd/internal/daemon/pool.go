// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"math"
	"path"
	"slices"
	"strconv"

	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/spawn"
)

// poolSpec says what a service's workers are like; nil if it has none. All defaults
// are the model's.
func poolSpec(s *services.Service) *engine.PoolSpec {
	if !s.Pool() {
		return nil
	}
	number := func(a services.AttrID) int { return int(min(s.Count(a), math.MaxInt32)) }
	p := &engine.PoolSpec{
		Way:               way(s),
		MaxRequests:       s.Count(services.MaxRequests),
		MaxRequestsJitter: s.Count(services.MaxRequestsJitter),
		Slots:             number(services.Slots),
		Conf:              s.List(services.Extra),
	}
	if t, ok := s.Duration(services.RequestTimeout); ok {
		p.RequestTimeout = t
	}
	switch s.Mode() {
	case "multiplex":
		p.Simple, p.Min, p.Max = true, 1, 1
	case "prefork-simple":
		p.Simple, p.Max = true, number(services.MaxServers)
		p.Min = p.Max
	default:
		p.Min, p.Max = number(services.MinServers), number(services.MaxServers)
		p.MinSpare, p.MaxSpare = number(services.MinSpareServers), number(services.MaxSpareServers)
		p.CheckForWaiting, _ = s.Duration(services.CheckForWaiting)
		p.MinChildTTL, _ = s.Duration(services.MinChildTTL)
	}
	return p
}

func way(s *services.Service) engine.Way {
	switch s.Str(services.Worker) {
	case "accept":
		return engine.Accept
	case "stdio":
		return engine.Stdio
	}
	return engine.Pass
}

// serversLimit is how far max_servers may be raised while superd runs; 0 where there
// is nothing to raise. A multiplexing program is one, whatever happens.
func serversLimit(s *services.Service) int64 {
	most, mode := s.Count(services.MaxServers), services.ModeOf(s.Mode())
	switch {
	case mode == services.ModeMultiplex:
		return 1
	case !services.MaxServersLimit.Row().Modes.Has(mode) || most < 0:
		return 0
	}
	limit := s.Count(services.MaxServersLimit)
	if limit < 0 {
		return math.MaxInt64
	}
	return max(limit, most)
}

// Variables for workers; superd's word is the last, whatever env says.
const (
	workerVar      = "SUPERD_WORKER"       // contrib/worker/PROTOCOL.md
	maxRequestsVar = "SUPERD_MAX_REQUESTS" // for those that accept by themselves: superd cannot count
	statusVar      = "SUPERD_STATUS_FD"    // where they may say whether they are busy
	reportsVar     = "SUPERD_REPORTS"      // "no": nobody needs that; two reports for each client cost as much as a short answer
)

// equip gives a pool's program what its way of getting connections asks for. The
// descriptors are those of engine's workers, in its order.
func (c *compiler) equip(s *services.Service, sp *spawn.Spec) error {
	if s.OneForAll() {
		return c.equipWaiter(s, sp)
	}
	if !s.Pool() {
		return nil
	}
	switch way(s) {
	case engine.Pass:
		sp.Stdio, sp.Files = spawn.StdioNone, 1
		sp.Env = setVar(sp.Env, workerVar+"=1")
	case engine.Accept:
		_, names, _, err := c.namedSpecs(s)
		if err != nil {
			return err
		}
		equipAcceptor(s, sp, names)
	case engine.Stdio:
		sp.Stdio = spawn.StdioSocket
	}
	return nil
}

// equipAcceptor names the listening sockets and, with several, the lock. The
// channel for reports comes last and is no socket to listen on, so a program that
// takes all of LISTEN_FDS for such must not find it there.
func equipAcceptor(s *services.Service, sp *spawn.Spec, names []string) {
	sp.Listen = slices.Clone(names)
	if len(names) > 1 {
		sp.Listen = append(sp.Listen, "lock")
	}
	const first = 3 // SD_LISTEN_FDS_START
	sp.Stdio, sp.Files = spawn.StdioFile, len(sp.Listen)+1
	sp.Env = setVar(sp.Env, statusVar+"="+strconv.Itoa(first+len(sp.Listen)))
	if s.Mode() != "prefork" { // the pool's size does not hang on it
		sp.Env = setVar(sp.Env, reportsVar+"=no")
	}
	if most := s.Count(services.MaxRequests); most >= 0 {
		sp.Env = setVar(sp.Env, maxRequestsVar+"="+strconv.FormatInt(most, 10))
	}
}

// equipWaiter is for one process that gets all sockets. Of those that only the service
// manager could have given there may be none, which is said elsewhere.
func (c *compiler) equipWaiter(s *services.Service, sp *spawn.Spec) error {
	_, names, _, err := c.namedSpecs(s)
	if errors.As(err, new(notGivenError)) {
		names, err = []string{s.CommonFDName()}, nil
	}
	sp.Stdio, sp.Files, sp.Listen = spawn.StdioNone, len(names), names
	return err
}

// dequeueSpec says what is run now and then beside a service; nil for nothing.
func (c *compiler) dequeueSpec(s *services.Service) (*engine.DequeueSpec, error) {
	every, said := s.Duration(services.CheckForDequeue)
	some := s.Has(services.Dequeue) || s.Pool() && way(s) == engine.Pass
	beside := services.Dequeue.Row().Modes.Has(services.ModeOf(s.Mode()))
	most := s.Count(services.MaxDequeue)
	if !said || !some || !beside || most == 0 {
		return nil, nil
	}
	sp, err := dequeueProgram(c.host, s)
	if err != nil {
		return nil, err
	}
	sp.Self = c.self
	prog, err := spawn.Compile(sp)
	if err != nil {
		return nil, err
	}
	return &engine.DequeueSpec{Program: c.programs.Intern(prog), Max: int(most), Every: every}, nil
}

// dequeueProgram is a program of its own, or the worker's with another word in its
// environment.
func dequeueProgram(host *config.Host, s *services.Service) (spawn.Spec, error) {
	sp, err := programSpec(host, s)
	if err != nil {
		return sp, err
	}
	if argv := s.List(services.Dequeue); len(argv) > 0 {
		sp.Path, _ = config.DequeueProgram(host, s)
		sp.Argv = slices.Clone(argv)
		sp.Argv[0] = path.Base(argv[0])
	} else {
		sp.Env = setVar(sp.Env, workerVar+"=dequeue")
	}
	sp.Stdio = spawn.StdioNone
	switch sp.Stderr {
	case spawn.StderrLog:
		sp.Stdio = spawn.StdioLog
	case spawn.StderrClient:
		sp.Stderr = spawn.StderrNull // there is none
	}
	return sp, nil
}
