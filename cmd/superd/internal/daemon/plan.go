// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"bytes"
	"errors"
	"fmt"

	"superd/activation"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
	"superd/services/event/logs/servicelog"
	"superd/spawn"
)

// step is what a new configuration means for one service.
type step struct {
	id     string
	change services.Change
	def    *services.Service
	spec   *engine.Spec
	want   []activation.Spec
	socks  []*activation.Socket
	own    *servicelog.Own
	err    error // why the service cannot be as it is wanted now
	// instead are sockets that the configuration asks for and that are not opened, as
	// the service manager gave others by the service's name.
	instead []string
	// What the service has by request: see bend.
	off bool
}

func newCompiler(host *config.Host, result *config.Result, given []given) (*compiler, error) {
	self, err := spawn.ReadSelf()
	if err != nil {
		return nil, fmt.Errorf("cannot read superd's own limits: %w", err)
	}
	return &compiler{host: host, result: result, daemon: result.Daemon.Settings, programs: &spawn.Interner{}, access: &access.Interner{},
		srcs: map[[admit.NumReasons]admit.Source]*[admit.NumReasons]admit.Source{}, self: self, places: &places{files: config.Result{Files: result.Files}},
		given: distribute(given, result.Services)}, nil
}

// plan judges every service by itself: what is good is applied, what is broken
// keeps its old self. It opens nothing.
func (d *Daemon) plan(c *compiler) []*step {
	var steps []*step
	named := map[string]bool{}
	d.forgetOverrides(c)
	for _, s := range c.result.Services {
		s = d.asked(c, s)
		if s.State == services.Refused {
			if d.live[s.ID] != nil {
				named[s.ID] = true
				d.kept(s.ID, "its new text is refused")
			}
			continue
		}
		if s.State != services.Enabled {
			continue
		}
		named[s.ID] = true
		if st := d.planOne(c, s); st != nil {
			steps = append(steps, st)
		}
	}
	for id, l := range d.live {
		if !named[id] {
			steps = append(steps, &step{id: id, change: services.Remove, def: l.def})
		}
	}
	for id := range d.waiting {
		if !named[id] {
			delete(d.waiting, id)
		}
	}
	return steps
}

// planOne compiles a service, and gives nil if nothing about it changes. What
// its definition does not show may still have changed: the user database, and
// the banners.
func (d *Daemon) planOne(c *compiler, s *services.Service) *step {
	st := &step{id: s.ID, def: s, change: services.Add}
	old := d.live[s.ID]
	if old != nil {
		st.change = services.Diff(old.def, s)
	}
	if st.spec, st.err = c.compile(s); st.err == nil {
		st.want, st.instead, st.err = c.socketSpecs(s)
		if errors.As(st.err, new(notGivenError)) {
			st.spec = nil // no use in trying again: they come at a start or not at all
		}
	}
	if st.err == nil {
		if st.own, st.err = d.ownLog(s); st.err != nil {
			st.spec, st.want = nil, nil
		}
	}
	d.bend(st)
	if st.err == nil && st.change == services.Same {
		if sameRun(old.spec, st.spec) && old.off == st.off {
			return nil
		}
		st.change = services.Retune
	}
	return st
}

func sameRun(a, b *engine.Spec) bool {
	return a.Program.Equal(b.Program) && bytes.Equal(a.Banner, b.Banner) && bytes.Equal(a.BannerSuccess, b.BannerSuccess) &&
		bytes.Equal(a.BannerFail, b.BannerFail) && sameDequeue(a.Dequeue, b.Dequeue) && a.KillGrace == b.KillGrace && a.Drained == b.Drained && a.Off == b.Off &&
		a.Policy.Wrap == b.Policy.Wrap && a.Policy.Shut == b.Policy.Shut && (a.Pool == nil || a.Fresh == b.Fresh && a.Pool.Edition == b.Pool.Edition)
}

func sameDequeue(a, b *engine.DequeueSpec) bool {
	return a == b || a != nil && b != nil && a.Max == b.Max && a.Every == b.Every && a.Program.Equal(b.Program)
}

// kept says that a service goes on as it was.
func (d *Daemon) kept(id, why string) {
	d.keptBack = append(d.keptBack, id)
	d.keptWhy[id] = why
	d.outcome.change(id, "kept", why)
	d.post(event.Event{Kind: event.Note, Level: event.LevelWarning, Service: id, Text: "kept as it was: " + why})
}
