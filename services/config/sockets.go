// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"superd/services"
)

// sockets works out what the service would listen on.
func (r *resolver) sockets() []services.Problem {
	s := r.svc
	var requests []services.PortRequest
	if len(s.List(services.Port)) == 0 && len(r.entry.Sockets) == 0 {
		if p := r.defaultPort(); p != nil {
			return p
		}
	}
	if ports := s.List(services.Port); len(ports) > 0 {
		_, origin, _ := s.Get(services.Port)
		requests = append(requests, services.PortRequest{Ports: ports, Hosts: s.List(services.HostAddr),
			Protos: s.List(services.Proto), IPvs: s.List(services.IPv), V6Only: v6only(s.Settings), Origin: origin})
	}
	for _, set := range r.entry.Sockets {
		if req := r.request(set); len(req.Ports) > 0 {
			requests = append(requests, req)
			continue
		}
		r.failAt(Assign{Attr: services.Port, Pos: set.Pos}, "is missing in this socket")
	}
	sockets, problems := services.ResolvePorts(r.lookups(), requests...)
	for i := range sockets {
		if sockets[i].Network == services.Given && sockets[i].Address == "" {
			sockets[i].Address = s.ID
		}
		sockets[i].Network = r.intern.text(sockets[i].Network)
		sockets[i].Address = r.intern.text(sockets[i].Address)
		sockets[i].From = r.intern.text(sockets[i].From)
	}
	s.Sockets = slices.Clip(sockets)
	return problems
}

// defaultPort lets a service that says no port have the one of its name.
func (r *resolver) defaultPort() []services.Problem {
	s := r.svc
	if s.State == services.Refused {
		return []services.Problem{} // what is missing here may be what could not be read
	}
	protos := s.List(services.Proto)
	if len(protos) == 0 {
		protos = []string{"tcp"}
	}
	if _, ok := r.host.ServicePort(s.Name, protos[0]); !ok {
		return []services.Problem{{Attr: services.Port, HasAttr: true, Message: fmt.Sprintf("is missing, and %q is no well-known service of %s", s.Name, protos[0])}}
	}
	s.Settings = s.Settings.With(services.Setting{Attr: services.Port, Value: r.intern.value([]string{s.Name})})
	return nil
}

// request makes one [[services.x.socket]] a request. What it does not say of
// host, proto and ipv the service says.
func (r *resolver) request(set SocketSet) services.PortRequest {
	req := services.PortRequest{Hosts: r.svc.List(services.HostAddr), Protos: r.svc.List(services.Proto),
		IPvs: r.svc.List(services.IPv), V6Only: v6only(r.svc.Settings), Origin: set.Pos.Origin()}
	for _, a := range set.Assigns {
		list, _ := a.Value.([]string)
		switch a.Attr {
		case services.Port:
			req.Ports, req.Origin = list, a.Pos.Origin()
		case services.HostAddr:
			req.Hosts = list
		case services.Proto:
			req.Protos = list
		case services.IPv:
			req.IPvs = list
		default:
			req.Options = append(req.Options, services.Setting{Attr: a.Attr, Origin: a.Pos.Origin(), Value: r.intern.value(a.Value)})
		}
	}
	slices.SortStableFunc(req.Options, func(a, b services.Setting) int { return cmp.Compare(a.Attr, b.Attr) })
	return req
}

// v6only is what was said, if anything was.
func v6only(s services.Settings) *bool {
	if !s.Has(services.V6Only) {
		return nil
	}
	only := s.Bool(services.V6Only)
	return &only
}

// lookups is what the port grammar asks the machine.
func (l *loader) lookups() services.Lookups {
	return services.Lookups{HasIPv6: l.host.HasIPv6, ServicePort: l.host.ServicePort, Host: l.host.Addresses}
}

// Addresses gives all addresses of a name: those of /etc/hosts, else those that
// the resolver gives where there is one to ask.
func (h *Host) Addresses(name string) ([]netip.Addr, error) {
	if addrs, ok := h.LookupHost(name); ok {
		return addrs, nil
	}
	if h.ResolveHost == nil {
		return nil, fmt.Errorf("cannot resolve %q: not in /etc/hosts", name)
	}
	addrs, err := h.ResolveHost(name)
	if err == nil && len(addrs) == 0 {
		err = fmt.Errorf("cannot resolve %q: no address", name)
	}
	return addrs, err
}
