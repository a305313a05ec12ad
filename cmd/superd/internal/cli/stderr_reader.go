// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os/signal"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"superd/cmd/superd/internal/daemon"
	"superd/services/event/logs/stderrlog"
)

// newStderrReader is the verb of the child that sends to syslog what handlers write
// to their standard error. It reads what others wrote, so it must be nobody.
func newStderrReader(inv *invocation) *cobra.Command {
	return &cobra.Command{
		Use:    daemon.StderrVerb + " -- NETWORK ADDRESS FACILITY IDENT PID",
		Short:  "send handlers' standard error to syslog",
		Hidden: true,
		Args:   cobra.ExactArgs(5),
		RunE: func(_ *cobra.Command, args []string) error {
			pid, err := strconv.Atoi(args[4])
			if err != nil {
				return usagef("%q is not a process id", args[4])
			}
			// It ends after the last handler, whose last words it hears. Whoever stops a
			// whole control group sends TERM to all in it at once.
			signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT)
			// Handlers of the same user must not look into it.
			if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
				return failf("cannot shut itself off: %v", err)
			}
			err = stderrlog.Read(stderrlog.Options{Control: 0, Network: args[0], Address: args[1], Facility: args[2], Ident: args[3],
				Pid: pid, Stderr: inv.stderr})
			if err != nil {
				fmt.Fprintf(inv.stderr, "superd: %v\n", err)
				return exit(ExitFailed)
			}
			return nil
		},
	}
}
