// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/systemdunit"
)

// machine has what units of the tests name.
func machine(files map[string]string) *config.Host {
	all := map[string]string{"usr/bin/prog": "#!", "opt/prog": "#!", "proc/sys/net/ipv6/bindv6only": "0\n", "proc/sys/kernel/hostname": "box.example.org\n"}
	for name, text := range files {
		all[name] = text
	}
	return configtest.Host(all)
}

// pair is a socket unit with Accept=yes beside its service unit.
func pair(socket, service string) map[string]string {
	return map[string]string{"u/x.socket": "[Socket]\nListenStream=79\nAccept=yes\n" + socket, "u/x@.service": "[Service]\nUser=nobody\n" + service}
}

// load reads one socket unit of the files.
func load(t *testing.T, files map[string]string, name string, allowed ...string) *config.Result {
	t.Helper()
	list := formats.All()
	for i := range list {
		if list[i].Name == systemdunit.Format {
			list[i].FrontEnd = systemdunit.FrontEnd{AllowMissing: allowed}
		}
	}
	return config.Load(machine(files), list, []config.Source{{Format: systemdunit.Format, Path: name}})
}

func only(t *testing.T, r *config.Result) *services.Service {
	t.Helper()
	if len(r.Services) != 1 {
		t.Fatalf("%d services: %v", len(r.Services), r.Diags)
	}
	return r.Services[0]
}

// said tells whether a remark has the words.
func said(r *config.Result, words string) bool {
	return slices.ContainsFunc(r.Diags, func(d config.Diagnostic) bool { return strings.Contains(d.String(), words) })
}
