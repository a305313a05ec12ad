// SPDX-License-Identifier: Apache-2.0

package engine

import "superd/services/event"

// Resize changes max_servers of one service while superd runs: f is given the number
// that holds, and what it returns is put between 1 and the service's limit. It
// holds until the number in the configuration changes. false: there is no such
// service, or it has no limit.
func (e *Engine) Resize(id string, f func(now int64) int64) (now int64, ok bool) {
	e.call(func(e *Engine) {
		if s := e.services[id]; s != nil {
			now, ok = e.resizeService(s, f)
		}
	})
	return now, ok
}

// ResizeAll is Resize of all services that have workers or a limit: SIGTTIN and
// SIGTTOU.
func (e *Engine) ResizeAll(f func(now int64) int64) {
	e.call(func(e *Engine) {
		for _, s := range e.services {
			e.resizeService(s, f)
		}
	})
}

func (e *Engine) resizeService(s *service, f func(int64) int64) (int64, bool) {
	was, ok := s.spec.maxServers()
	if !ok {
		return 0, false
	}
	n := max(1, f(was))
	if limit := s.spec.MaxServersLimit; limit > 0 {
		n = min(n, max(limit, s.configured()))
	}
	if n == was {
		return n, true
	}
	if s.original == nil {
		s.original = s.spec
	}
	s.spec = s.original.withMaxServers(n)
	e.tell(event.Event{Kind: event.PoolSize, Level: event.LevelNotice, Service: s.spec.ID, Count: n})
	if s.team != nil {
		s.team.spec = s.spec.Pool
		e.resize(s.team)
		e.feed(s.team)
	}
	e.refresh(s)
	return n, true
}

// configured is max_servers as the configuration has it.
func (s *service) configured() int64 {
	sp := s.spec
	if s.original != nil {
		sp = s.original
	}
	n, _ := sp.maxServers()
	return n
}

// maxServers is the number that Resize changes; false where there is none.
func (sp *Spec) maxServers() (int64, bool) {
	switch {
	case sp.Pool != nil:
		return int64(sp.Pool.Max), true
	case sp.MaxServersLimit > 0 && sp.Policy.MaxServers > 0:
		return sp.Policy.MaxServers, true
	}
	return 0, false
}

func (sp *Spec) withMaxServers(n int64) *Spec {
	if m, _ := sp.maxServers(); m == n {
		return sp
	}
	other := *sp
	if sp.Pool != nil {
		p := *sp.Pool
		p.Max = int(n)
		other.Pool = &p
		return &other
	}
	p := *sp.Policy
	p.MaxServers = n
	other.Policy = &p
	return &other
}

// keepLimit carries a changed limit over a reload that has the same number in the
// configuration as before.
func (s *service) keepLimit(sp *Spec) {
	was, original := s.spec, s.original
	s.spec, s.original = sp, nil
	if original == nil {
		return
	}
	before, ok := original.maxServers()
	now, still := sp.maxServers()
	changed, _ := was.maxServers()
	if ok && still && before == now {
		s.original, s.spec = sp, sp.withMaxServers(changed)
	}
}
