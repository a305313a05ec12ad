// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"superd/internal/peers"
	"superd/internal/scripttest"
	"superd/internal/testneed"
)

// TestRealServers runs testdata/realservers/*.txtar: real servers behind real
// clients through xinetd entries, first by the real xinetd, which shows that
// the script asks for nothing that xinetd does not give, then by superd.
func TestRealServers(t *testing.T) {
	testneed.Need(t, "root", "namespaces", "xinetd", "git", "rsync", "tftp", "ftp", "telnet", "sshd", "python3")
	for _, super := range []scripttest.Super{
		{Name: "xinetd", Program: "/usr/sbin/xinetd", Args: []string{"-dontfork", "-filelog", "/var/log/super", "-f"}},
		{Name: "superd", Program: peers.Build(t, "superd/cmd/superd"), Args: []string{"run", "-c"}, Prefix: "xinetd:"},
	} {
		t.Run(super.Name, func(t *testing.T) {
			testscript.Run(t, scripttest.SuperParams("../../testdata/realservers", super))
		})
	}
}
