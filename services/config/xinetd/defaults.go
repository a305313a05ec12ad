// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"fmt"

	"superd/services"
	"superd/services/config"
)

// formatDefaults are what xinetd assumes where superd assumes otherwise.
func formatDefaults(host *config.Host) []services.Setting {
	origin := services.Origin{File: services.FromFormatDefault}
	return []services.Setting{
		{Attr: services.Umask, Origin: origin, Value: config.InheritedUmask(host)},
		{Attr: services.PassEnv, Origin: origin, Value: []string{"*"}},
		{Attr: services.Stderr, Origin: origin, Value: "client"},
		{Attr: services.MaxServers, Origin: origin, Value: services.Unlimited},
		{Attr: services.Full, Origin: origin, Value: "refuse"},
		{Attr: services.PerSourcePrefix, Origin: origin, Value: []int64{32, 128}},
		{Attr: services.CPS, Origin: origin, Value: []int64{50, 10}},
	}
}

// readDefaults reads all defaults of the file set into one scope. They hold for
// all its services, whatever their order.
func (r *run) readDefaults() *scope {
	s := newScope(r, true)
	for _, b := range r.defaults {
		s.extra = b.extra
		s.refused = s.refused || b.broken
		s.remarks = append(s.remarks, b.remarks...)
		for _, a := range b.attrs {
			s.read(a)
			for len(s.orders) < len(s.assigns) {
				s.orders = append(s.orders, b.order)
			}
		}
	}
	for _, m := range s.remarks {
		r.sink.Report(m.sev, m.pos, "", m.attribute, m.message)
	}
	r.unit.Defaults = s.assigns
	r.unit.Failed = s.refused
	r.tellLate(&s)
	return &s
}

// inherited tells whether xinetd gives an attribute of defaults only to services
// that are read after it. The others get theirs when all is read.
func inherited(id services.AttrID) bool {
	switch id {
	case services.OnlyFrom, services.NoAccess, services.PassEnv,
		services.Banner, services.BannerSuccess, services.BannerFail:
		return true
	}
	return false
}

// tellLate tells of protections that xinetd does not give to earlier services.
func (r *run) tellLate(s *scope) {
	for i, a := range s.assigns {
		if n := s.orders[i]; n > 0 && inherited(a.Attr) {
			r.sink.Report(config.Warning, a.Pos, "", a.As, fmt.Sprintf(
				"xinetd does not give it to the %s read before these defaults, the last of which is %q; superd does",
				plural(n, "service"), r.blocks[n-1].name))
		}
	}
}

// inherit prepares the lists of the service that is the index-th to be read. What
// stands in defaults read later reaches it by way of the Unit, with one exception:
// where earlier defaults say who is let in, later ones must not add to it.
func (s *scope) inherit(index int) {
	common := s.run.common
	for _, id := range []services.AttrID{services.OnlyFrom, services.PassEnv} {
		var earlier []config.Assign
		later := false
		for i, a := range common.assigns {
			if a.Attr == id && common.orders[i] <= index {
				earlier = append(earlier, a)
			} else if a.Attr == id {
				later = true
			}
		}
		s.listed[id] = len(earlier) > 0
		if later && len(earlier) > 0 {
			s.assigns = append(s.assigns, earlier...)
		}
	}
	for _, id := range []services.AttrID{services.NoAccess, services.LogOnSuccess, services.LogOnFailure} {
		s.listed[id] = common.listed[id]
	}
}
