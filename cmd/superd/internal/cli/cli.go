// SPDX-License-Identifier: Apache-2.0

// Package cli is superd's command line: one file per verb, each a thin client
// of the packages below.
//
// Owns: verbs, flags, exit codes, what is printed. Does not know: how anything
// is done. Concurrency: Main runs in the caller's goroutine and starts none.
// Errors: printed on standard error as "superd: cannot …"; the exit code says
// of which kind.
package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
	"superd/services/config"
)

// invocation is one run of the program: what it was given by its caller.
type invocation struct {
	args   []string
	env    []string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	host   func() *config.Host // the machine; tests give another one
	state  []byte              // what an upgrade wants judged
}

// Main runs one command line. args begins with the program's name; env is as
// os.Environ gives it. It returns the exit code.
func Main(args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	inv := &invocation{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	inv.host = inv.osHost
	return inv.run(args)
}

// osHost is the machine with the environment that Main was given.
func (inv *invocation) osHost() *config.Host {
	h := config.OSHost()
	daemon.Plug(h)
	h.Environ = func() []string { return inv.env }
	h.Getenv = func(name string) (string, bool) {
		for _, kv := range inv.env {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v, true
			}
		}
		return "", false
	}
	return h
}

func (inv *invocation) run(args []string) int {
	inv.args = args
	inv.takeState()
	if as, ok := originals[name(args)]; ok {
		return as(inv, args[1:])
	}
	return inv.execute(args[min(1, len(args)):])
}

// execute runs a verb, with its words.
func (inv *invocation) execute(words []string) int {
	root := inv.root()
	root.SetArgs(words)
	cmd, err := root.ExecuteC()
	if err == nil {
		return ExitDone
	}
	// A verb that has said what is wrong ends with a code alone. Everything
	// without a code comes from cobra, which found the command line wrong.
	code, text := ExitUsage, err.Error()
	if e, ok := errors.AsType[*exitError](err); ok {
		code = e.code
	} else {
		text += "; see " + cmd.CommandPath() + " --help"
	}
	if text != "" {
		fmt.Fprintf(inv.stderr, "superd: %s\n", text)
	}
	return code
}

// root makes the command with all verbs.
func (inv *invocation) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "superd",
		Short:         "turn programs into network services",
		Long:          "superd listens on many services' sockets and turns any program into a network service.",
		Version:       versionLine(),
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown verb %q; see superd --help", args[0])
			}
			return usagef("which verb? see superd --help")
		},
	}
	root.SetIn(inv.stdin)
	root.SetOut(inv.stdout)
	root.SetErr(inv.stderr)
	root.SetVersionTemplate("{{.Version}}")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpTemplate(root.HelpTemplate() + "\n" + exitCodes)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v; see %s --help", err, cmd.CommandPath())
	})
	for _, verb := range verbs {
		root.AddCommand(verb(inv))
	}
	return root
}
