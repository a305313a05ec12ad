// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/netip"
	"slices"

	"superd/services"
	"superd/services/config"
)

// beside makes of what was read what can run beside the super-server whose files
// these are: each tcp and udp port is raised by offset. Local sockets are left out,
// as what lies under their names is the other's and clients could not be told of
// another name; a service that has no others is refused. There is no pid file: the
// one that is named is the other's.
func beside(r *config.Result, offset int) {
	for i, s := range r.Services {
		if s.State != services.Enabled {
			continue
		}
		moved := *s // r's services may be shared
		moved.Sockets = nil
		var problem string
		for _, k := range s.Sockets {
			ap, err := netip.ParseAddrPort(k.Address)
			port := int(ap.Port()) + offset
			switch {
			case err != nil:
				r.Diags = append(r.Diags, besides(r, s, config.Warning, fmt.Sprintf("%s %s is left out: superd runs beside another", k.Network, k.Address)))
				continue
			case ap.Port() == 0:
			case port > 65535:
				problem = fmt.Sprintf("port %d and %d more are above 65535", ap.Port(), offset)
			default:
				k.Address = netip.AddrPortFrom(ap.Addr(), uint16(port)).String()
			}
			moved.Sockets = append(moved.Sockets, k)
		}
		if problem == "" && len(moved.Sockets) == 0 {
			problem = "none of its sockets can be had beside another super-server"
		}
		if problem != "" {
			moved.State = services.Refused
			r.Diags = append(r.Diags, besides(r, s, config.Error, problem))
		}
		r.Services[i] = &moved
	}
	isPidFile := func(x services.Setting) bool { return x.Attr == services.PidFile }
	r.Daemon.Settings = slices.DeleteFunc(slices.Clone(r.Daemon.Settings), isPidFile)
}

func besides(r *config.Result, s *services.Service, sev config.Severity, message string) config.Diagnostic {
	d := config.Diagnostic{Severity: sev, Service: s.ID, Attribute: "port", Message: message, File: r.FileName(s.Source.File)}
	if d.File != "" {
		d.Line, d.Col = int(s.Source.Line), 1
	}
	return d
}
