// SPDX-License-Identifier: Apache-2.0

package native

import (
	"slices"
	"strings"

	"superd/services"
)

// sockets writes a [[services.x.socket]] for each socket that the service's own
// port, host, proto and ipv do not give.
func (x *writer) sockets(s *services.Service) {
	rest := s.Sockets
	if own := x.resolve(s.Settings); len(own) > 0 && len(own) <= len(rest) && slices.EqualFunc(own, rest[:len(own)], sameSocket) {
		rest = rest[len(own):]
	}
	if len(s.List(services.Port)) > 0 && len(rest) == len(s.Sockets) {
		return // names that nobody resolves now: they are written as they stand
	}
	for _, k := range rest {
		x.printf("[[services.%s.socket]]\n", quoteKey(s.ID))
		x.assign(x.request(k))
		x.assign(k.Options)
	}
}

// resolve gives the sockets that settings ask for.
func (x *writer) resolve(set services.Settings, options ...services.Setting) []services.Socket {
	ports := set.List(services.Port)
	if len(ports) == 0 {
		return nil
	}
	req := services.PortRequest{Ports: ports, Hosts: set.List(services.HostAddr), Protos: set.List(services.Proto), IPvs: set.List(services.IPv), Options: options}
	if only, ok := set.Find(services.V6Only); ok {
		b, _ := only.Value.(bool)
		req.V6Only = &b
	}
	sockets, _ := services.ResolvePorts(services.Lookups{HasIPv6: x.host.HasIPv6, ServicePort: x.host.ServicePort, Host: x.host.Addresses}, req)
	return sockets
}

// sameSocket tells whether two are bound alike and were asked for in the same
// words.
func sameSocket(a, b services.Socket) bool {
	return a.Network == b.Network && a.Address == b.Address && a.V6Only == b.V6Only && a.From == b.From
}

// request words one socket: with the port as the file had it where that, with its
// address, gives this socket again, else by its port string.
func (x *writer) request(k services.Socket) services.Settings {
	if strings.HasPrefix(k.Network, "unix") || k.Network == services.FIFO {
		set := services.Settings{{Attr: services.Port, Value: []string{k.From}}}
		if got := x.resolve(set); len(got) == 1 && sameSocket(got[0], k) {
			return set
		}
		return services.Settings{{Attr: services.Port, Value: []string{k.Address}}, {Attr: services.Proto, Value: []string{k.Network}}}
	}
	if k.Network == services.Given {
		return services.Settings{{Attr: services.Port, Value: []string{k.PortString()}}}
	}
	host := k.Address[:strings.LastIndexByte(k.Address, ':')]
	if host == "[::]" && !k.V6Only {
		host = "*" // what takes IPv4 as well is not asked for by an address of IPv6
	}
	for _, ipv := range []string{"*", "6", "4"} {
		set := services.Settings{
			{Attr: services.Port, Value: []string{k.From}},
			{Attr: services.HostAddr, Value: []string{host}},
			{Attr: services.Proto, Value: []string{k.Network}},
			{Attr: services.IPv, Value: []string{ipv}},
		}
		if got := x.resolve(set, k.Options...); len(got) == 1 && sameSocket(got[0], k) {
			return set
		}
	}
	return services.Settings{{Attr: services.Port, Value: []string{k.PortString()}}}
}
