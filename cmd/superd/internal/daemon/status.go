// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os"
	"slices"
	"strings"
	"time"

	"superd/limits"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event/control"
)

// catalog is what the daemon knows of all services. It is published as a whole, so
// that whoever asks for the state need not wait for a daemon that reads its files.
type catalog struct {
	records  []record // sorted by id
	reloads  int
	stopping bool
}

// record is one service of the configuration, or one that was kept beside it.
type record struct {
	def       *services.Service
	place     func(access.Place) string
	mode      string
	state     string // Disabled, Rejected, Unbound; "" = it runs
	reason    string
	kept      string
	overrides []control.Override
}

// publish makes the catalog anew. It is called when anything in it has changed.
func (d *Daemon) publish() {
	c := &catalog{reloads: d.reloads, stopping: d.stopping}
	var listed map[string]bool
	if d.last != nil {
		listed = make(map[string]bool, len(d.last.result.Services))
		for _, s := range d.last.result.Services {
			if !listed[s.ID] && (s.State != services.Disabled || d.last.result.Service(s.ID) == s) {
				listed[s.ID] = true
				c.records = append(c.records, d.recordOf(s))
			}
		}
	}
	for id, l := range d.live {
		if !listed[id] {
			c.records = append(c.records, d.recordOf(l.def))
		}
	}
	slices.SortFunc(c.records, func(a, b record) int { return strings.Compare(a.def.ID, b.def.ID) })
	d.catalog.Store(c)
}

func (d *Daemon) recordOf(s *services.Service) record {
	e := record{def: s, kept: d.keptWhy[s.ID], overrides: d.overrides[s.ID].list()}
	l := d.live[s.ID]
	switch {
	case l != nil:
		e.def, e.place = l.def, l.spec.Place
		if d.overrides[s.ID].is(control.Disabled) {
			e.state = control.Disabled
		}
	case d.stopping && s.State == services.Enabled:
		e.state = control.Ending
	case s.State == services.Disabled:
		e.state = control.Disabled
	case s.State == services.Refused:
		e.state, e.reason = control.Rejected, d.firstError(s.ID)
	default:
		e.state, e.reason = control.Unbound, d.unbound[s.ID]
	}
	if e.place == nil {
		e.place = d.last.places.word
	}
	e.mode = e.def.Mode()
	return e
}

// firstError is the first remark that costs a service its place.
func (d *Daemon) firstError(id string) string {
	for _, x := range d.last.result.Diags {
		if x.Service == id && x.Severity == config.Error {
			return x.Message
		}
	}
	return ""
}

// document is superd's state, all of it. Any goroutine may ask.
func (d *Daemon) document(sessions bool) *control.Status {
	doc := &control.Status{Version: control.StatusVersion, Superd: d.opt.Version, Pid: os.Getpid(), Started: d.started, Services: []control.Service{}}
	running := d.engine.Status(sessions)
	doc.Time = time.Now()
	c := d.catalog.Load()
	if c == nil {
		return doc
	}
	doc.Reloads, doc.Stopping = c.reloads, c.stopping
	for i := range c.records {
		e := &c.records[i]
		var st *engine.Status
		k, ok := slices.BinarySearchFunc(running, e.def.ID, func(st engine.Status, id string) int { return strings.Compare(st.ID, id) })
		if ok {
			st = &running[k]
		}
		doc.Services = append(doc.Services, e.document(st, c.stopping, !sessions))
	}
	return doc
}

// document is one service. st is nil if the engine does not have it.
func (e *record) document(st *engine.Status, stopping, brief bool) control.Service {
	out := control.Service{ID: e.def.ID, State: e.state, Reason: e.reason, Kept: e.kept, Mode: e.mode, Overrides: e.overrides, Sockets: []control.Socket{}}
	if !brief {
		out.Source = e.place(access.Place{File: uint32(e.def.Source.File), Line: e.def.Source.Line})
	}
	if e.def.Name != e.def.ID {
		out.Name = e.def.Name
	}
	if st == nil {
		return out
	}
	if st.MaxServers != limits.Unlimited && e.mode != "wait" {
		out.MaxServers = &st.MaxServers
	}
	if st.MaxServers == st.Configured { // a reload has taken that back
		out.Overrides = slices.DeleteFunc(slices.Clone(out.Overrides), func(o control.Override) bool { return o.What == whatServers })
	}
	out.Pool = poolOf(st.Pool)
	out.Running, out.Starting, out.PerMinute, out.Counts = st.Running, st.InFlight, st.PerMinute, control.Counts(st.Counts)
	for r, n := range st.Refused {
		if n > 0 {
			if out.Refused == nil {
				out.Refused = map[string]uint64{}
			}
			out.Refused[admit.Reason(r).String()] = n
		}
	}
	for _, k := range st.Sockets {
		out.Sockets = append(out.Sockets, control.Socket{Network: k.Socket.Network(), Address: k.Socket.Address(), Watched: k.Watched, HeldBy: k.HeldBy})
	}
	for _, x := range st.Sessions {
		out.Sessions = append(out.Sessions, session(&x))
	}
	if out.State == "" {
		out.State, out.Reason = stateOf(st, stopping)
	}
	return out
}

func stateOf(st *engine.Status, stopping bool) (state, reason string) {
	switch {
	case st.Stopped || stopping:
		return control.Ending, ""
	case st.Drained:
		return control.Drained, ""
	case st.Waits == admit.ServiceLimit || st.Waits == admit.ProcessLimit:
		return control.Full, st.Waits.String()
	case st.Waits != admit.None:
		return control.Paused, st.Waits.String()
	}
	return control.Serving, ""
}

func poolOf(p *engine.PoolStatus) *control.Pool {
	if p == nil {
		return nil
	}
	out := &control.Pool{Worker: p.Way, Idle: p.Idle, Busy: p.Busy, Unreported: p.Unreported, Starting: p.Starting, Retiring: p.Retiring,
		Stopping: p.Stopping, Total: p.Total, MaxServers: p.Max, Configured: p.Configured, MostBusy: p.Most, Waiting: p.Waiting, Served: p.Served,
		Pause: p.Pause, Failures: p.Failures, Counts: control.PoolCounts(p.Counts), Workers: make([]control.Worker, len(p.Workers))}
	for i := range p.Workers {
		out.Workers[i] = control.Worker(p.Workers[i])
	}
	return out
}

func session(x *engine.Session) control.Session {
	out := control.Session{ID: x.ID, Pid: x.Pid, Since: x.Since, State: "running"}
	if x.Peer.IsValid() {
		out.Peer = x.Peer.String()
	}
	switch {
	case x.Pending:
		out.State = "waiting"
	case x.Ending:
		out.State = "ending"
	case x.Command:
		out.State = "command"
	case x.Starting:
		out.State = "starting"
	}
	return out
}
