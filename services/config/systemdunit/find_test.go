// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"testing"

	"superd/services"
)

const etc, lib = "etc/systemd/system/", "usr/lib/systemd/system/"

// shipped is a pair as a package brings it.
func shipped(more map[string]string) map[string]string {
	files := map[string]string{
		lib + "x.socket":   "[Socket]\nListenStream=79\nAccept=yes\n",
		lib + "x@.service": "[Service]\nUser=nobody\nExecStart=/usr/bin/prog shipped\n",
	}
	for name, text := range more {
		files[name] = text
	}
	return files
}

// TestSystemFolders: what the administrator says in /etc of a package's units counts,
// as it does for systemd.
func TestSystemFolders(t *testing.T) {
	r := load(t, shipped(map[string]string{
		etc + "x@.service":                    "[Service]\nUser=alice\nExecStart=/usr/bin/prog own\n",
		etc + "x.socket.d/10-a.conf":          "[Socket]\nMaxConnections=5\nMaxConnectionsPerSource=1\n",
		lib + "x.socket.d/10-a.conf":          "[Socket]\nMaxConnections=6\nBacklog=7\n",
		lib + "x.socket.d/20-b.conf":          "[Socket]\nMaxConnectionsPerSource=2\n",
		lib + "service.d/all.conf":            "[Service]\nNice=3\n",
		lib + "x@.service.d/no-conf.disabled": "[Service]\nNice=4\n",
	}), "/"+lib+"x.socket")
	s := only(t, r)
	if s.State != services.Enabled || s.List(services.Exec)[1] != "own" || s.Str(services.User) != "alice" || s.Count(services.MaxServers) != 5 ||
		s.Count(services.PerSource) != 2 || s.Int(services.Nice) != 3 || s.Int(services.Listen) != 1<<31-1 {
		t.Errorf("%v: %v", s, r.Diags)
	}
}

// TestWantsFolder: a link in a .wants folder has its units where systemd has them.
func TestWantsFolder(t *testing.T) {
	r := load(t, shipped(map[string]string{etc + "sockets.target.wants/x.socket": "[Socket]\nListenStream=79\nAccept=yes\n"}), "/"+etc+"sockets.target.wants/x.socket")
	if s := only(t, r); s.State != services.Enabled {
		t.Errorf("%v", r.Diags)
	}
}

// TestMasked: an empty file is how a unit is switched off for good.
func TestMasked(t *testing.T) {
	r := load(t, shipped(map[string]string{etc + "x.socket": ""}), "/"+etc+"x.socket")
	if s := only(t, r); s.State != services.Disabled {
		t.Errorf("%v: %v", s.State, r.Diags)
	}
	r = load(t, shipped(map[string]string{etc + "x@.service": ""}), "/"+lib+"x.socket")
	if s := only(t, r); s.State != services.Refused || !said(r, `x@.service" is masked`) {
		t.Errorf("%v: %v", s.State, r.Diags)
	}
	r = load(t, shipped(map[string]string{etc + "x.socket": "[Socket]\nListenStream=80\n"}), "/"+lib+"x.socket")
	if !said(r, "/etc/systemd/system/x.socket stands in its place for systemd") {
		t.Errorf("%v", r.Diags)
	}
}
