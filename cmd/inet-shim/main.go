// SPDX-License-Identifier: Apache-2.0

// Command inet-shim prepares a process and becomes another program. See spawn/shim.
package main

import (
	"os"

	"superd/spawn/shim"
)

func main() { os.Exit(shim.Main(os.Args, os.Environ(), os.Stderr)) }
