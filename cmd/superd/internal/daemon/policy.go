// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"time"

	"superd/limits"
	"superd/limits/access"
	"superd/limits/admit"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
)

// policy makes a service's gate. Words were judged when they were read; an error
// here is of a rule that nobody could have judged earlier.
func (c *compiler) policy(s *services.Service) (*admit.Policy, error) {
	p := admit.Unrestricted()
	var err error
	if p.Rules, err = c.rules(s); err != nil {
		return nil, err
	}
	if p.Windows, err = windows(s.List(services.AccessTimes)); err != nil {
		return nil, err
	}
	// openbsd-inetd does so; a program that has the socket accepts by itself.
	p.NoFTPData = s.Compat() == "inetd" && mode(s) == engine.Inet
	p.MaxServers = s.Count(services.MaxServers)
	p.Queue = s.Str(services.Full) != "refuse"
	if s.Mode() == "single" {
		p.MaxServers, p.Queue = 1, true
	}
	if s.Pool() { // the pool knows how many clients it can take, the gate does not
		p.MaxServers = limits.Unlimited
	}
	p.PerSource = s.Count(services.PerSource)
	if n := s.Ints(services.PerSourcePrefix); len(n) == 2 {
		p.PrefixV4, p.PrefixV6 = uint8(n[0]), uint8(n[1])
	}
	if n := s.Ints(services.CPS); len(n) == 2 {
		p.CPS = admit.CPS{N: n[0], Wait: time.Duration(n[1]) * time.Second}
	}
	p.StartsPerMinute = s.Count(services.StartsPerMinute)
	p.PerSourcePerMinute = s.Count(services.PerSourcePerMinute)
	p.MaxLoad = s.Float(services.MaxLoad)
	p.Sources = c.sources(s)
	return &p, nil
}

func windows(words []string) (limits.Windows, error) {
	var out limits.Windows
	for _, w := range words {
		x, err := limits.ParseWindow(w)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// sourceAttrs are the limits whose place a refusal tells.
var sourceAttrs = []struct {
	reason admit.Reason
	attr   services.AttrID
}{
	{admit.Time, services.AccessTimes}, {admit.Rate, services.CPS}, {admit.StartRate, services.StartsPerMinute},
	{admit.SourceRate, services.PerSourcePerMinute}, {admit.Load, services.MaxLoad}, {admit.ServiceLimit, services.MaxServers},
	{admit.SourceLimit, services.PerSource},
}

func (c *compiler) sources(s *services.Service) *[admit.NumReasons]admit.Source {
	var out *[admit.NumReasons]admit.Source
	for _, a := range sourceAttrs {
		v, o, set := s.Get(a.attr)
		if !set {
			continue
		}
		if out == nil {
			out = new([admit.NumReasons]admit.Source)
		}
		out[a.reason] = admit.Source{Text: a.attr.String() + " = " + a.attr.Row().Format(v), Place: place(o)}
	}
	if out == nil {
		return nil
	}
	if same, ok := c.srcs[*out]; ok {
		return same
	}
	c.srcs[*out] = out
	return out
}

func place(o services.Origin) access.Place { return access.Place{File: uint32(o.File), Line: o.Line} }

// rules compiles the address rules. Rules by name were resolved when they were
// read: what is left here is canonical.
func (c *compiler) rules(s *services.Service) (*access.Rules, error) {
	var sp access.Spec
	var err error
	if sp.OnlyFrom, err = c.nets(s, services.OnlyFrom, access.ParseXinetd); err != nil {
		return nil, err
	}
	sp.OnlyFromSet = s.Has(services.OnlyFrom)
	sp.OnlyFromPlace = placeOf(s, services.OnlyFrom)
	if sp.NoAccess, err = c.nets(s, services.NoAccess, access.ParseXinetd); err != nil {
		return nil, err
	}
	cidr := func(w string, _ access.Resolver) ([]access.Rule, error) { return access.ParseCIDR(w) }
	if sp.CIDRAllow, err = c.nets(s, services.CIDRAllow, cidr); err != nil {
		return nil, err
	}
	if sp.CIDRDeny, err = c.nets(s, services.CIDRDeny, cidr); err != nil {
		return nil, err
	}
	sp.Allow, sp.Deny = patterns(s, services.Allow), patterns(s, services.Deny)
	for _, a := range []services.AttrID{services.Allow, services.CIDRAllow, services.Deny, services.CIDRDeny} {
		if s.Has(a) {
			sp.AllowPlace = placeOf(s, a)
			break
		}
	}
	return c.access.Compile(sp)
}

func (c *compiler) nets(s *services.Service, a services.AttrID, parse func(string, access.Resolver) ([]access.Rule, error)) ([]access.Rule, error) {
	var out []access.Rule
	pl := placeOf(s, a)
	for _, w := range s.List(a) {
		rules, err := parse(w, resolver(c.host))
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %v", a, err)
		}
		for _, r := range rules {
			r.Place = pl
			out = append(out, r)
		}
	}
	return out, nil
}

func resolver(h *config.Host) access.Resolver {
	return access.Resolver{Host: h.LookupHost, Network: h.LookupNetwork}
}

func patterns(s *services.Service, a services.AttrID) []access.Pattern {
	var out []access.Pattern
	for _, w := range s.List(a) {
		out = append(out, access.Pattern{Text: w, Place: placeOf(s, a)})
	}
	return out
}

func placeOf(s *services.Service, a services.AttrID) access.Place {
	_, o, _ := s.Get(a)
	return place(o)
}
