// SPDX-License-Identifier: Apache-2.0

package config

import "os"

// OSHost is the machine superd runs on, as its files describe it. Names that
// only a resolver or a directory service knows are left out: ResolveHost is nil
// until the caller, who can start an unprivileged child, plugs one in.
func OSHost() *Host {
	return &Host{Root: os.Geteuid() == 0, ReadFile: os.ReadFile, ReadDir: os.ReadDir, Stat: os.Stat,
		Getenv: os.LookupEnv, Environ: os.Environ}
}
