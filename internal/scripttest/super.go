// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// Super is a super-server that scripts run under the name "super": what is
// promised is promised of each.
type Super struct {
	Name    string
	Program string // its path inside a peers root
	Args    []string
	Prefix  string // what stands before the configuration's path, the last argument
}

// SuperParams is Params for scripts that run in a peers root each and have the
// word "superserver CONF", which starts the super-server with a file.
func SuperParams(dir string, super Super) testscript.Params {
	p := Params(dir, nil)
	p.Cmds["superserver"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 1 || neg {
			ts.Fatalf("usage: superserver CONF")
		}
		s := of(ts)
		enterPeers(s, ts, false, nil)
		conf := super.Prefix + filepath.Clean(ts.MkAbs(args[0]))
		argv := append([]string{"super", super.Program}, super.Args...)
		start(s, ts, false, append(argv, conf))
	}
	return p
}
