// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"strings"

	"superd/services"
	"superd/services/config"
)

// HardenedRemarks tell what contrib/systemd/hardened.conf would break: superd's
// sandbox is its handlers', too. They are warnings; as far as files tell.
func HardenedRemarks(host *config.Host, r *config.Result) (out []config.Diagnostic) {
	for _, s := range r.Services {
		if s.State != services.Enabled {
			continue
		}
		for _, x := range breaks(host, s) {
			d := config.Diagnostic{Severity: config.Warning, Service: s.ID, Attribute: x.attr.String(),
				Message: "hardened.conf would break it: " + x.why, File: r.FileName(s.Source.File)}
			if d.File != "" {
				d.Line, d.Col = int(s.Source.Line), 1
			}
			if _, origin, _ := s.Get(x.attr); origin.File >= services.FirstFile {
				d.File, d.Line = r.FileName(origin.File), int(origin.Line)
			}
			out = append(out, d)
		}
	}
	return out
}

// broken is one reason.
type broken struct {
	attr services.AttrID
	why  string
}

func breaks(host *config.Host, s *services.Service) (out []broken) {
	if id, err := config.Identify(host, s); err == nil && id.Set && id.User.UID == 0 {
		out = append(out, broken{services.User, "its user is root, whose rights it takes (CapabilityBoundingSet=, NoNewPrivileges=)"})
	}
	program, _ := config.Program(host, s)
	if info, err := host.Stat(program); err == nil && info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		out = append(out, broken{services.Exec, program + " is setuid or setgid (NoNewPrivileges=)"})
	}
	for _, x := range []struct {
		attr services.AttrID
		path string
	}{{services.Exec, program}, {services.WorkingDirectory, s.Str(services.WorkingDirectory)}, {services.Chroot, s.Str(services.Chroot)}} {
		out = append(out, hidden(x.attr, x.path)...)
	}
	for i, k := range s.Sockets {
		if strings.HasPrefix(k.Network, "unix") {
			out = append(out, hidden(services.Port, k.Address)...)
		}
		set := s.SocketSettings(i)
		for _, a := range []services.AttrID{services.Mark, services.Transparent} {
			if set.Has(a) && !(a == services.Transparent && !set.Bool(a)) {
				out = append(out, broken{a, "it needs CAP_NET_ADMIN (CapabilityBoundingSet=)"})
			}
		}
	}
	return out
}

// hidden tells of a path that ProtectHome=, PrivateTmp= or PrivateDevices= takes away.
func hidden(attr services.AttrID, path string) []broken {
	for _, x := range []struct{ dir, why string }{
		{"/home", "ProtectHome="}, {"/root", "ProtectHome="}, {"/run/user", "ProtectHome="},
		{"/tmp", "PrivateTmp="}, {"/var/tmp", "PrivateTmp="}, {"/dev", "PrivateDevices="},
	} {
		if path == x.dir || strings.HasPrefix(path, x.dir+"/") {
			return []broken{{attr, fmt.Sprintf("%s is out of its sight (%s)", path, x.why)}}
		}
	}
	return nil
}
