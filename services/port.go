// SPDX-License-Identifier: Apache-2.0

package services

import "net/netip"

// Lookups is what the port grammar must ask the machine.
type Lookups struct {
	HasIPv6 bool
	// ServicePort finds a name of /etc/services for "tcp" or "udp".
	ServicePort func(name, proto string) (uint16, bool)
	// Host gives all addresses of a host name.
	Host func(name string) ([]netip.Addr, error)
}

// PortRequest asks for sockets: the lists port, host, proto and ipv as they
// stand in a service or a [[services.x.socket]]. The i-th host, proto and ipv
// belong to the i-th port; a list that is too short is continued by its last item.
type PortRequest struct {
	Ports, Hosts, Protos, IPvs []string
	Origin                     Origin
	Options                    []Setting // for each socket of it
}

// ResolvePorts returns the sockets that are asked for, in order, without
// duplicates. An error costs the service; a warning tells of a duplicate.
func ResolvePorts(l Lookups, requests ...PortRequest) ([]Socket, []Problem) { return nil, nil }
