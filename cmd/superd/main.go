// SPDX-License-Identifier: Apache-2.0

// Command superd is the super-server: one daemon that listens on many services'
// sockets and turns any program into a network service.
package main

import (
	"os"

	"superd/cmd/superd/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
