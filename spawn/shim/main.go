// SPDX-License-Identifier: Apache-2.0

// Package shim is inet-shim: it prepares a process by flags and then becomes
// another program, by the same spawn Program that superd's own children run.
//
//	inet-shim [FLAG]… [--] PROGRAM [ARGUMENT]…
//
// Owns: the flags, the look-up of users in the files, the words about the socket
// at descriptor 0. Does not know: services, configuration, how a Program runs.
//
// Concurrency: none; Main is called once, from main. Errors: texts on standard
// error, and an exit code.
package shim

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"superd/spawn"
)

// Exit codes.
const (
	ExitDone        = 0 // after --help
	ExitUsage       = 2
	ExitSetupFailed = spawn.ExitSetupFailed // 111; the step is named on standard error
	ExitNotRunnable = spawn.ExitNotRunnable // 126
	ExitNotFound    = spawn.ExitNotFound    // 127
)

// name is what messages begin with, whatever the program was called as.
const name = "inet-shim"

// Main is inet-shim. args[0] is the program's own name. It returns only where it
// does not become the program, with the exit code.
func Main(args, environ []string, stderr io.Writer) int {
	if len(args) == 2 && args[1] == spawn.ShimArg {
		return spawn.BecomeFromLauncher()
	}
	f, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ExitDone
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return ExitUsage
	}
	p, b, err := prepare(f, environ)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return ExitSetupFailed
	}
	spawn.Become(p, b, name)
	return ExitSetupFailed
}

// prepare makes the Program that the flags ask for, and the descriptors as it
// expects to find them.
func prepare(f *flags, environ []string) (*spawn.Program, spawn.Binding, error) {
	s, home, err := f.spec()
	if err != nil {
		return nil, spawn.Binding{}, err
	}
	s.Env = f.environment(environ, home)
	s.Env = append(s.Env, socketWords(0)...)
	if s.Self, err = spawn.ReadSelf(); err != nil {
		return nil, spawn.Binding{}, err
	}
	p, err := spawn.Compile(s)
	if err != nil {
		return nil, spawn.Binding{}, err
	}
	b, err := arrange(s)
	return p, b, err
}
