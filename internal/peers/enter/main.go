// SPDX-License-Identifier: Apache-2.0

// Command enter runs a program in a fresh copy of the tests' peers root:
//
//	go run ./internal/peers/enter xinetd -version
//	go run ./internal/peers/enter bash
//
// What the program writes is forgotten when it ends.
package main

import (
	"fmt"
	"os"

	"superd/internal/peers"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: enter PROGRAM [ARGUMENT]...")
		os.Exit(2)
	}
	os.Exit(run(os.Args[1], os.Args[2:]))
}

func run(name string, args []string) int {
	root, err := peers.Open(peers.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "enter:", err)
		return 1
	}
	defer root.Close()
	cmd := root.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = root.Run(cmd)
	if cmd.ProcessState != nil {
		return cmd.ProcessState.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "enter:", err)
	return 1
}
