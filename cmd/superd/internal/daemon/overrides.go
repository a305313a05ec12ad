// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"superd/activation"
	"superd/services"
	"superd/services/engine"
	"superd/services/event/control"
)

// What somebody asked for while superd ran, against or beyond the configuration: a
// service is drained, disabled, enabled, or has another max_servers. It outlives
// reloads, not superd.

// The words of control.Override.What.
const (
	whatEnabled = "enabled"
	whatServers = "max_servers"
)

// overrides are those of one service; nil is none.
type overrides struct {
	state   *control.Override
	servers *control.Override
}

func (o *overrides) list() []control.Override {
	var out []control.Override
	if o != nil && o.state != nil {
		out = append(out, *o.state)
	}
	if o != nil && o.servers != nil {
		out = append(out, *o.servers)
	}
	return out
}

// is tells whether the service's state is what was asked for.
func (o *overrides) is(what string) bool { return o != nil && o.state != nil && o.state.What == what }

func override(what string, c control.Caller) *control.Override {
	return &control.Override{What: what, UID: c.UID, Pid: c.Pid, Time: time.Now()}
}

// keepState notes, or with nil forgets, what state was asked for.
func (d *Daemon) keepState(id string, o *control.Override) {
	d.keep(id, func(x *overrides) { x.state = o })
}

func (d *Daemon) keep(id string, change func(*overrides)) {
	x := d.overrides[id]
	if x == nil {
		x = &overrides{}
	}
	change(x)
	if d.overrides[id] = x; x.state == nil && x.servers == nil {
		delete(d.overrides, id)
	}
}

// forgetOverrides forgets what was asked for services that the configuration has no
// more: one that comes under the name later is another.
func (d *Daemon) forgetOverrides(c *compiler) {
	for id := range d.overrides {
		if c.result.Service(id) == nil {
			delete(d.overrides, id)
		}
	}
}

// asked is a service as it is to run: one that is disabled by its file may be enabled
// by request.
func (d *Daemon) asked(c *compiler, s *services.Service) *services.Service {
	if s.State != services.Disabled || !d.overrides[s.ID].is(whatEnabled) || c.result.Service(s.ID) != s {
		return s
	}
	on := *s
	on.State = services.Enabled
	return &on
}

// bend makes of a step what was asked for beyond the configuration.
func (d *Daemon) bend(st *step) {
	o := d.overrides[st.id]
	if o == nil || st.spec == nil {
		return
	}
	st.spec.Off = o.is(control.Disabled)
	st.spec.Drained = o.is(control.Drained) || st.spec.Off
	if st.off = o.is(control.Disabled) && !hasGiven(d.live[st.id]); st.off {
		st.want = nil
	}
}

// reapply gives a service that runs its overrides.
func (d *Daemon) reapply(l *live) error {
	o := d.overrides[l.def.ID]
	spec, off := *l.spec, o.is(control.Disabled) && !hasGiven(l)
	spec.Off = o.is(control.Disabled)
	spec.Drained = o.is(control.Drained) || spec.Off
	old, socks := l.socks, l.socks
	switch {
	case off:
		socks = nil
	case l.off:
		var err error
		if socks, err = d.openAgain(l); err != nil {
			return err
		}
		old = nil
	default:
		old = nil
	}
	spec.Sockets = socks
	l.spec, l.socks, l.off = &spec, socks, off
	d.engine.Apply([]engine.Change{changeTo(&spec, off)})
	d.release(old)
	d.follow()
	d.reportSockets()
	d.publish()
	return nil
}

// hasGiven tells a service that has sockets of the service manager's. That keeps a copy
// of each, in which clients would wait, and superd could not have them again.
func hasGiven(l *live) bool {
	return l != nil && slices.ContainsFunc(l.socks, (*activation.Socket).IsGiven)
}

// acceptsItself tells a service whose workers take their clients themselves: superd
// cannot keep these from them.
func acceptsItself(spec *engine.Spec) bool { return spec.Pool != nil && spec.Pool.Way == engine.Accept }

// changeTo is what the engine is told of a service that is on or off.
func changeTo(spec *engine.Spec, off bool) engine.Change {
	if off && acceptsItself(spec) { // its workers have copies of the sockets
		return engine.Change{ID: spec.ID, Grace: spec.KillGrace}
	}
	return engine.Change{ID: spec.ID, Spec: spec}
}

// openAgain opens the sockets of a service that was disabled.
func (d *Daemon) openAgain(l *live) ([]*activation.Socket, error) {
	want, _, err := d.last.socketSpecs(l.def)
	if err != nil {
		return nil, err
	}
	return d.acquire(want)
}

// begin starts a service that does not run: because its file disables it, or because
// its sockets could not be opened.
func (d *Daemon) begin(s *services.Service) error {
	st := d.planOne(d.last, s)
	if st == nil {
		return nil
	}
	if d.openSockets(st); st.err != nil {
		return st.err
	}
	d.commit([]*step{st})
	d.sweepLogs()
	d.follow()
	d.report([]*step{st})
	return nil
}

// find looks a service up by its id or, where no id is that, by its name.
func (d *Daemon) find(word string) (*services.Service, *control.Error) {
	if word == "" {
		return nil, control.Errorf(control.BadRequest, "which service?")
	}
	if l := d.live[word]; l != nil {
		return l.def, nil
	}
	if d.last == nil {
		return nil, control.Errorf(control.Failed, "superd has not read its configuration yet")
	}
	if s := d.last.result.Service(word); s != nil {
		return s, nil
	}
	var found *services.Service
	var ids []string
	for _, s := range d.last.result.Services {
		if s.Name == word {
			found = s
			ids = append(ids, s.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, control.Errorf(control.NotFound, "no such service %q", word)
	case len(ids) > 1:
		return nil, control.Errorf(control.Refused, "several services have the name %q: %s", word, strings.Join(ids, ", "))
	}
	if l := d.live[found.ID]; l != nil {
		return l.def, nil
	}
	return found, nil
}

// disable closes a service's sockets. Its handlers go on.
func (d *Daemon) disable(c control.Caller, s *services.Service) (string, error) {
	l := d.live[s.ID]
	switch {
	case d.overrides[s.ID].is(control.Disabled):
		return "was disabled already", nil
	case l == nil && s.State == services.Disabled:
		return "", control.Errorf(control.Refused, "service %q is disabled by its file", s.ID)
	case l == nil && d.waiting[s.ID] == nil:
		return "", control.Errorf(control.Refused, "service %q does not run: it is refused", s.ID)
	}
	d.keepState(s.ID, override(control.Disabled, c))
	if l == nil {
		return "is disabled; it had no sockets", d.begin(s)
	}
	if err := d.reapply(l); err != nil {
		return "", err
	}
	if hasGiven(l) {
		return "is disabled: its sockets stay open, as they are the service manager's, and clients wait there; " + whoGoesOn(l.spec), nil
	}
	return "is disabled: its sockets are closed, " + whoGoesOn(l.spec), nil
}

// whoGoesOn words what becomes of the processes of a service that is disabled.
func whoGoesOn(spec *engine.Spec) string {
	switch {
	case acceptsItself(spec):
		return "its workers are asked to end"
	case spec.Pool != nil:
		return "its workers end as they become idle"
	}
	return "its handlers go on"
}

// drain has a service take no more clients. They wait at its sockets, which stay.
func (d *Daemon) drain(c control.Caller, s *services.Service) (string, error) {
	l := d.live[s.ID]
	switch {
	case l != nil && acceptsItself(l.spec):
		return "", control.Errorf(control.Refused, "the workers of service %q take their clients themselves, and cannot be kept from it", s.ID)
	case d.overrides[s.ID].is(control.Drained):
		return "was drained already", nil
	case l == nil || l.off:
		return "", control.Errorf(control.Refused, "service %q has no socket to drain", s.ID)
	}
	d.keepState(s.ID, override(control.Drained, c))
	if err := d.reapply(l); err != nil {
		return "", err
	}
	if l.spec.Mode == engine.Wait {
		return "is drained: no handler is started; one that runs has the socket and may take more clients", nil
	}
	return "is drained: clients wait at its sockets, its handlers go on", nil
}

// enable takes drain and disable back, and the file's own disable.
func (d *Daemon) enable(c control.Caller, s *services.Service) (string, error) {
	l, was := d.live[s.ID], d.overrides[s.ID]
	if l == nil && s.State == services.Refused {
		return "", control.Errorf(control.Refused, "service %q is refused: its configuration is in error", s.ID)
	}
	if l != nil && !was.is(control.Drained) && !was.is(control.Disabled) {
		return "was enabled already", nil
	}
	var before *control.Override
	if was != nil {
		before = was.state
	}
	d.keepState(s.ID, nil)
	if d.fileDisables(s.ID) {
		d.keepState(s.ID, override(whatEnabled, c))
	}
	var err error
	if l != nil {
		err = d.reapply(l)
	} else {
		err = d.begin(d.asked(d.last, s))
	}
	if err != nil {
		d.keepState(s.ID, before)
		d.publish()
		return "", err
	}
	return "is enabled", nil
}

func (d *Daemon) fileDisables(id string) bool {
	s := d.last.result.Service(id)
	return s != nil && s.State == services.Disabled
}

// pool changes max_servers.
func (d *Daemon) pool(c control.Caller, s *services.Service, word string) (*control.Changed, error) {
	l := d.live[s.ID]
	if l == nil {
		return nil, control.Errorf(control.Refused, "service %q does not run", s.ID)
	}
	was, most := int64(0), l.spec.MaxServersLimit
	var problem *control.Error
	now, ok := d.engine.Resize(s.ID, func(now int64) int64 {
		var want int64
		if want, problem = servers(word, now, most); problem != nil {
			return now
		}
		was = now
		return want
	})
	switch {
	case !ok:
		return nil, control.Errorf(control.Refused, "service %q has no max_servers to change", s.ID)
	case problem != nil:
		return nil, problem
	}
	d.keep(s.ID, func(x *overrides) {
		x.servers = override(whatServers, c)
		x.servers.Servers = now
	})
	d.publish()
	return &control.Changed{Text: fmt.Sprintf("max_servers is %d (it was %d; up to %d)", now, was, most), Servers: now, Limit: most}, nil
}

// servers reads "+N", "-N" or "N".
func servers(word string, now, most int64) (int64, *control.Error) {
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		return 0, control.Errorf(control.BadRequest, "%q is not +N, -N or N", word)
	}
	if word[0] == '+' || word[0] == '-' {
		n += now
	}
	switch {
	case n < 1:
		return 0, control.Errorf(control.Refused, "max_servers would be %d: drain and disable are for that", n)
	case n > most:
		return 0, control.Errorf(control.Refused, "max_servers would be %d: it may be raised up to %d, four times what is configured", n, most)
	}
	return n, nil
}
