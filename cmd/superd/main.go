// SPDX-License-Identifier: Apache-2.0

// Command superd is the super-server: one daemon that listens on many services'
// sockets and turns any program into a network service.
package main

import (
	"os"
	"path"

	"superd/cmd/superd/internal/cli"
	"superd/spawn/shim"
)

// main is also inet-shim, under that name: the launcher runs its own binary so
// where a handler must not be prepared in shared memory (see spawn.Options).
func main() {
	if len(os.Args) > 0 && path.Base(os.Args[0]) == "inet-shim" {
		os.Exit(shim.Main(os.Args, os.Environ(), os.Stderr))
	}
	os.Exit(cli.Main(os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
