// SPDX-License-Identifier: Apache-2.0

// Package formats is the list of front-ends: the one place that knows them all,
// so that config need not.
//
// Owns: the list. Does not know: how any format is read. Concurrency: All
// makes a new list at each call. Errors: none.
package formats

import (
	"strings"

	"superd/services/config"
	"superd/services/config/inetd"
	"superd/services/config/native"
	"superd/services/config/netserver"
	"superd/services/config/systemdunit"
	"superd/services/config/xinetd"
)

// All is every format that superd tells apart; those without a FrontEnd are
// recognised and answered with "not built yet".
func All() []config.Format {
	return []config.Format{
		{Name: "native", FrontEnd: native.FrontEnd{}, InDir: suffix(".toml")},
		{Name: xinetd.Format, FrontEnd: xinetd.FrontEnd{}, InDir: xinetd.InDir, NeedsProgram: true},
		{Name: inetd.Format, FrontEnd: inetd.FrontEnd{}, Dialects: inetd.Dialects(), InDir: inetd.InDir},
		{Name: netserver.Format, FrontEnd: netserver.FrontEnd{}, InDir: suffix(".conf")},
		{Name: systemdunit.Format, FrontEnd: systemdunit.FrontEnd{}, InDir: systemdunit.InDir},
	}
}

func suffix(s string) func(string) bool {
	return func(name string) bool { return strings.HasSuffix(name, s) && !strings.HasPrefix(name, ".") }
}
