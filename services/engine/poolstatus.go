// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// PoolStatus is a pool as it stands: what php-fpm's status page shows.
type PoolStatus struct {
	Way        string     `json:"worker"` // "pass", "accept", "stdio"
	Idle       int        `json:"idle"`
	Busy       int        `json:"busy"`
	Unreported int        `json:"unreported,omitempty"` // accept by themselves, and do not say whether they are busy
	Starting   int        `json:"starting"`
	Retiring   int        `json:"retiring"`
	Stopping   int        `json:"stopping"`
	Total      int        `json:"total"`
	Max        int        `json:"max_servers"`
	Configured int        `json:"max_servers_configured"` // where it was changed while superd runs
	Most       int        `json:"most_busy"`              // at one time
	Waiting    int        `json:"waiting"`                // clients whom no worker has yet; -1: nobody knows
	Served     int64      `json:"served"`
	Pause      float64    `json:"pause,omitempty"` // seconds until a worker is tried again, after some that died early
	Failures   int        `json:"failures,omitempty"`
	Counts     TeamCounts `json:"counts"`
	Workers    []Worker   `json:"workers"`
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

func (s workerState) String() string {
	return [...]string{"gone", "starting", "idle", "busy", "unreported", "old", "retiring", "stopping"}[s]
}

func (w Way) String() string { return [...]string{"pass", "accept", "stdio"}[w] }

// poolStatus tells of a service's workers; those of a pool that is ending are with
// those of the one that took its place.
func (e *Engine) poolStatus(s *service) *PoolStatus {
	t := s.team
	if t == nil {
		return nil
	}
	v := &t.view
	p := &PoolStatus{Way: t.spec.Way.String(), Idle: v.Idle, Busy: v.Busy, Unreported: v.Unreported, Starting: v.Starting, Retiring: v.Retiring,
		Stopping: v.Stopping, Max: t.spec.Max, Configured: int(s.configured()), Most: t.most, Waiting: e.waiting(t), Served: v.Taken,
		Failures: t.state.Backoff().Failures(), Counts: t.counts, Workers: []Worker{}}
	if until := t.state.Backoff().Until(); until > e.now {
		p.Pause = time.Duration(until - e.now).Seconds()
	}
	for _, i := range t.members {
		w := &e.workers[i]
		p.Workers = append(p.Workers, Worker{Pid: int(e.sessions[w.session].pid), State: w.state.String(),
			Seconds: time.Duration(e.now - w.born).Seconds(), In: time.Duration(e.now - w.since).Seconds(),
			Served: w.served, Limit: w.limit, Holds: len(w.held)})
	}
	p.Total = len(t.members)
	return p
}
