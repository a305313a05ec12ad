// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"sync"
	"time"

	"superd/services"
	"superd/services/engine"
	"superd/services/event/control"
)

// actions is the table of requests. What changes anything is done by the goroutine
// that owns the daemon; what only tells does not wait for it.
func (d *Daemon) actions() map[string]control.Action {
	cache := &statusCache{make: d.document}
	return map[string]control.Action{
		control.DoVersion: {Level: control.Read, Do: func(_ context.Context, c control.Caller, _ *control.Request) (any, error) {
			about := control.About{}
			if failed := d.upgradeError.Load(); failed != nil {
				about = *failed
			}
			about.Superd, about.Protocol, about.Pid, about.Level, about.Upgrades = d.opt.Version, control.Version, os.Getpid(), c.Level.String(), d.upgrades
			return about, nil
		}},
		control.DoStatus: {Level: control.Read, Takes: []string{"service", "brief"}, Do: func(_ context.Context, c control.Caller, r *control.Request) (any, error) {
			return d.answerStatus(cache, c, r)
		}},
		control.DoRefusals: {Level: control.Read, Takes: []string{"service"}, Do: func(_ context.Context, _ control.Caller, r *control.Request) (any, error) {
			return d.answerRefusals(r.Service)
		}},
		control.DoReload: {Level: control.Operate, Do: func(ctx context.Context, _ control.Caller, _ *control.Request) (any, error) {
			return ask(ctx, d, d.reloadFor)
		}},
		control.DoStop: {Level: control.Operate, Takes: []string{"drain"}, Do: func(ctx context.Context, _ control.Caller, r *control.Request) (any, error) {
			return ask(ctx, d, func() (any, error) { return d.stopFor(r.Drain) })
		}},
		control.DoKill: {Level: control.Operate, Takes: []string{"session"}, Do: func(_ context.Context, _ control.Caller, r *control.Request) (any, error) {
			return d.kill(r.Session)
		}},
		control.DoPool: {Level: control.Operate, Takes: []string{"service", "servers"}, Do: func(ctx context.Context, c control.Caller, r *control.Request) (any, error) {
			return d.change(ctx, r, func(s *services.Service) (any, error) { return d.pool(c, s, r.Servers) })
		}},
		control.DoUpgrade: {Level: control.Operate, Takes: []string{"program"}, Do: func(ctx context.Context, _ control.Caller, r *control.Request) (any, error) {
			return d.upgradeFor(ctx, r.Program)
		}},
		control.DoDrain:   d.switching(d.drain),
		control.DoEnable:  d.switching(d.enable),
		control.DoDisable: d.switching(d.disable),
	}
}

// ask runs f in the daemon's own goroutine.
func ask(ctx context.Context, d *Daemon, f func() (any, error)) (any, error) {
	var result any
	var err error
	if e := d.inLoop(ctx, func() { result, err = f() }); e != nil {
		return nil, e
	}
	return result, err
}

// change is for requests about one service.
func (d *Daemon) change(ctx context.Context, r *control.Request, f func(*services.Service) (any, error)) (any, error) {
	return ask(ctx, d, func() (any, error) {
		if d.stopping {
			return nil, control.Errorf(control.Stopping, "superd is about to end")
		}
		s, problem := d.find(r.Service)
		if problem != nil {
			return nil, problem
		}
		return f(s)
	})
}

// switching is drain, enable or disable.
func (d *Daemon) switching(f func(control.Caller, *services.Service) (string, error)) control.Action {
	return control.Action{Level: control.Operate, Takes: []string{"service"}, Do: func(ctx context.Context, c control.Caller, r *control.Request) (any, error) {
		return d.change(ctx, r, func(s *services.Service) (any, error) {
			text, err := f(c, s)
			if err != nil {
				return nil, err
			}
			return control.Changed{Text: text}, nil
		})
	}}
}

func (d *Daemon) kill(word string) (any, error) {
	pid, err := d.engine.Kill(word)
	switch {
	case errors.Is(err, engine.ErrNoSession):
		return nil, control.Errorf(control.NotFound, "%q is no session's or client's id and no handler's process", word)
	case err != nil:
		return nil, control.Errorf(control.Refused, "process %d: %v", pid, err)
	}
	if pid == 0 {
		return control.Changed{Text: "was cut off"}, nil
	}
	return control.Changed{Text: "was asked to end", Pid: pid}, nil
}

func (d *Daemon) reloadFor() (any, error) {
	if d.stopping {
		return nil, control.Errorf(control.Stopping, "superd is about to end")
	}
	d.outcome = &outcome{Applied: true, Changes: []control.Change{}, Diagnostics: []control.Diagnostic{}}
	defer func() { d.outcome = nil }()
	d.reopenLog()
	d.reload()
	return control.Reload(*d.outcome), nil
}

// stopFor ends superd: at once, or after seconds in which handlers may end by
// themselves; below 0 that is as long as they like.
func (d *Daemon) stopFor(seconds *float64) (any, error) {
	if seconds == nil {
		d.stopWithin(engine.Terminate, 0)
		return control.Changed{Text: "superd ends"}, nil
	}
	switch s := *seconds; {
	case s < 0:
		d.stopWithin(engine.Drain, 0)
	case s > math.MaxInt32:
		return nil, control.Errorf(control.BadRequest, "a drain of %v seconds is too long", s)
	case s == 0:
		d.stopWithin(engine.Terminate, 0)
	default:
		d.stopWithin(engine.Drain, time.Duration(s*float64(time.Second)))
	}
	return control.Changed{Text: "superd ends when its handlers have"}, nil
}

func (d *Daemon) answerRefusals(service string) (any, error) {
	out := control.Refusals{Refusals: []control.Refusal{}}
	for _, x := range d.engine.Refusals() {
		if service != "" && x.Service != service {
			continue
		}
		r := control.Refusal{Time: x.Time, Service: x.Service, Network: x.Network, Reason: x.Reason, Rule: x.Rule, Place: x.Place}
		if x.Peer.IsValid() {
			r.Peer = x.Peer.String()
		}
		out.Refusals = append(out.Refusals, r)
	}
	if service != "" && len(out.Refusals) == 0 && !d.known(service) {
		return nil, control.Errorf(control.NotFound, "no such service %q", service)
	}
	return out, nil
}

func (d *Daemon) known(service string) bool {
	for _, e := range d.records() {
		if e.def.ID == service {
			return true
		}
	}
	return false
}

func (d *Daemon) records() []record {
	if c := d.catalog.Load(); c != nil {
		return c.records
	}
	return nil
}

func (d *Daemon) answerStatus(cache *statusCache, c control.Caller, r *control.Request) (any, error) {
	if r.Service == "" {
		return cache.get(!r.Brief, c.Level == control.Operate)
	}
	doc := d.document(!r.Brief)
	var byID, byName []control.Service
	for _, s := range doc.Services {
		if s.ID == r.Service {
			byID = append(byID, s)
		} else if s.Name == r.Service {
			byName = append(byName, s)
		}
	}
	if doc.Services = byID; len(byID) == 0 {
		doc.Services = byName
	}
	if len(doc.Services) == 0 {
		return nil, control.Errorf(control.NotFound, "no such service %q", r.Service)
	}
	return doc, nil
}

// statusAge is how old a state may be that is told to those who only read: however
// often they ask, the engine is asked no more often.
const statusAge = 250 * time.Millisecond

// statusCache keeps the last state as it was told.
type statusCache struct {
	make func(sessions bool) *control.Status
	mu   sync.Mutex
	last [2]struct { // without and with sessions
		doc json.RawMessage
		at  time.Time
	}
}

func (c *statusCache) get(sessions, fresh bool) (json.RawMessage, error) {
	if fresh { // of those who may operate there are few, and they want to see what they did
		return json.Marshal(c.make(sessions))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.last[map[bool]int{true: 1}[sessions]]
	if time.Since(k.at) < statusAge {
		return k.doc, nil
	}
	doc, err := json.Marshal(c.make(sessions))
	if err == nil {
		k.doc, k.at = doc, time.Now()
	}
	return doc, err
}
