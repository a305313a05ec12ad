// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"slices"

	"superd/services"
)

// resolve turns one unit into services.
func (l *loader) resolve(u *Unit, format Format) {
	base := l.base(u)
	for _, a := range u.Daemon {
		if err := l.checkDaemon(a); err != nil {
			l.Report(Error, a.Pos, "", spelling(a.Attr, a.As), err.Error())
			u.Failed = true
			continue
		}
		l.assignDaemon(a)
	}
	l.failed = l.failed || u.Failed
	l.unread = append(l.unread, u.Unread...)
	r := &resolver{loader: l, format: format}
	for i := range u.Entries {
		r.entry, r.table = &u.Entries[i], base
		s := r.service()
		if u.Failed && s.State == services.Enabled {
			s.State = services.Refused
		}
		l.services = append(l.services, s)
		port := r.table[services.Port].pos
		l.places = append(l.places, places{entry: r.entry.Pos, port: port})
	}
}

// base is what every service of the unit begins with.
func (l *loader) base(u *Unit) table {
	var t table
	for _, s := range u.FormatDefaults {
		t[s.Attr] = held{set: true, from: services.FromFormatDefault, val: s.Value}
	}
	if slices.Contains(services.Compat.Row().Words, u.Format) {
		t[services.Compat] = held{set: true, from: services.FromFormatDefault, val: u.Format}
	}
	for _, a := range u.Defaults {
		a, err := l.named(a, "")
		if err == nil {
			err = t.put(a)
		}
		if err != nil {
			l.Report(Error, a.Pos, "", spelling(a.Attr, a.As), err.Error())
			u.Failed = true
		}
	}
	return t
}

// checkDaemon says what of [daemon] is not built yet: where superd would lack a
// protection that is an error. And it looks for the user that [daemon] names.
func (l *loader) checkDaemon(a Assign) error {
	row := a.Attr.Row()
	word, _ := a.Value.(string)
	if row.Stage == services.LaterFatal {
		return errors.New("not built yet")
	}
	if a.Attr == services.WireUser {
		u, err := l.host.LookupUser(word)
		if err != nil {
			return err
		}
		if u.UID == 0 {
			return fmt.Errorf("%q has uid 0: root must not read what clients send", word)
		}
		if !l.host.Root && u.UID != l.host.UID {
			l.Report(Warning, a.Pos, "", spelling(a.Attr, a.As), "has no effect: superd does not run as root, and cannot become another user")
		}
	}
	if a.Attr == services.ControlGroup {
		if _, err := l.host.LookupGroup(word); err != nil {
			return err
		}
	}
	if row.Stage == services.LaterWarn {
		l.Report(Warning, a.Pos, "", spelling(a.Attr, a.As), "not built yet: it is ignored")
	}
	if word != "" && slices.Contains(row.LaterWords, word) {
		l.Report(Warning, a.Pos, "", spelling(a.Attr, a.As), fmt.Sprintf("%q is not built yet: it is ignored", word))
	}
	return nil
}

// assignDaemon adds one assignment of [daemon]. Of several sources the last
// counts, as the later of two options does.
func (l *loader) assignDaemon(a Assign) {
	old, ok := l.daemon.Find(a.Attr)
	if ok && a.Op == Set {
		l.Report(Warning, a.Pos, "", spelling(a.Attr, a.As), "replaces the value of "+l.describe(Pos{File: old.Origin.File, Line: old.Origin.Line}))
	} else if ok {
		list, _ := old.Value.([]string)
		items, _ := a.Value.([]string)
		a.Value = combine(list, a.Op, items)
	}
	l.daemon = l.daemon.With(services.Setting{Attr: a.Attr, Origin: a.Pos.Origin(), Value: l.intern.value(a.Value)})
}

// resolver puts one service after the other together.
type resolver struct {
	*loader
	format Format
	entry  *Entry
	table  table
	svc    *services.Service
}

// service makes the entry a service and judges it. A service that is switched
// off is not judged: what it names need not be there.
func (r *resolver) service() *services.Service {
	e := r.entry
	r.svc = &services.Service{ID: r.intern.text(e.ID), Name: r.intern.text(e.Name), Format: r.format.Name, Source: e.Pos.Origin(), State: e.State}
	for _, a := range e.Assigns {
		a, err := r.named(a, e.ID)
		if err == nil {
			err = r.table.put(a)
		}
		if err != nil {
			r.failAt(a, err.Error())
		}
	}
	r.spellOut()
	r.svc.Settings = r.table.settings(&r.intern)
	if r.svc.State == services.Enabled && r.svc.Bool(services.Disable) {
		r.svc.State = services.Disabled
	}
	disabled := r.svc.State == services.Disabled
	problems := r.sockets()
	if disabled {
		return r.svc
	}
	r.problems(problems)
	r.chooseMode()
	r.problems(services.Validate(r.svc))
	r.checkIdentity()
	r.checkFiles()
	return r.svc
}

// spellOut makes attributes of what some formats have other words for, so that a
// service says the same whatever it was written in.
func (r *resolver) spellOut() {
	e := r.entry
	if !r.table[services.Name].set && e.Name != e.ID {
		r.table[services.Name] = held{set: true, from: e.Pos.File, pos: e.Pos, val: e.Name}
	}
	if e.State == services.Disabled {
		r.table[services.Disable] = held{set: true, from: e.Pos.File, pos: e.Pos, val: true}
	}
}

// failAt refuses the service for one assignment, which had no effect.
func (r *resolver) failAt(a Assign, message string) {
	r.Report(Error, a.Pos, r.entry.ID, spelling(a.Attr, a.As), message)
	if r.svc.State == services.Enabled {
		r.svc.State = services.Refused
	}
}

// fail refuses the service for one attribute.
func (r *resolver) fail(attr services.AttrID, message string) {
	r.problems([]services.Problem{{Attr: attr, HasAttr: true, Message: message}})
}

func (r *resolver) warn(attr services.AttrID, message string) {
	r.problems([]services.Problem{{Attr: attr, HasAttr: true, Warning: true, Message: message}})
}

// problems reports the model's remarks at their places.
func (r *resolver) problems(list []services.Problem) {
	for _, p := range list {
		pos, name := r.entry.Pos, ""
		if p.HasAttr {
			pos, name = r.place(p.Attr, p.Origin)
		} else if p.Origin != (services.Origin{}) && p.Origin != pos.Origin() {
			pos = Pos{File: p.Origin.File, Line: p.Origin.Line}
		}
		if p.Warning {
			r.Report(Warning, pos, r.entry.ID, name, p.Message)
			continue
		}
		if name == "" || !r.against[[2]string{r.entry.ID, name}] {
			r.Report(Error, pos, r.entry.ID, name, p.Message)
		}
		if r.svc.State == services.Enabled {
			r.svc.State = services.Refused
		}
	}
}

// place finds where and under which name an attribute was written, with the
// column that a Setting no longer has.
func (r *resolver) place(attr services.AttrID, o services.Origin) (Pos, string) {
	h := r.table[attr]
	if h.set && h.from >= services.FromCommandLine && (o == services.Origin{} || o == h.pos.Origin()) {
		return h.pos, spelling(attr, h.as)
	}
	for _, set := range r.entry.Sockets {
		for _, a := range set.Assigns {
			if a.Attr == attr && a.Pos.Origin() == o {
				return a.Pos, spelling(attr, a.As)
			}
		}
	}
	if o.File >= services.FirstFile && o != r.entry.Pos.Origin() {
		return Pos{File: o.File, Line: o.Line}, spelling(attr, h.as)
	}
	return r.entry.Pos, spelling(attr, h.as)
}
