// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"superd/cmd/superd/internal/daemon"
	"superd/services/wire"
)

// newRelay is the verb of the child that copies between clients and programs of
// standard input and output. It reads what anybody sends, so it must be nobody.
func newRelay(inv *invocation) *cobra.Command {
	return &cobra.Command{
		Use:    daemon.RelayVerb,
		Short:  "copy between clients and workers of standard input and output",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			// It ends after its last client. Whoever stops a whole control group sends
			// TERM to all in it at once.
			signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
			// Others of the same user must not look into it.
			if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
				return failf("cannot shut itself off: %v", err)
			}
			var limit unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
				return failf("cannot read the limit on descriptors: %v", err)
			}
			if err := wire.Confine(); err != nil { // it has no privileges even so
				fmt.Fprintf(inv.stderr, "superd: %v\n", err)
			}
			if err := wire.Relay(wire.Options{Channel: 0, Most: wire.Pairs(limit.Cur), Stderr: inv.stderr}); err != nil {
				return failf("%v", err)
			}
			return nil
		},
	}
}
