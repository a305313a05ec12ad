// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/netip"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
)

func newExplain(inv *invocation) *cobra.Command {
	var from sourceFlags
	var peer string
	cmd := &cobra.Command{
		Use:   "explain [-c FILE]… SERVICE [--from ADDRESS]",
		Short: "tell what a service would do: its spawn program, and the verdict for a client",
		Long: `Prints what would happen for a client of SERVICE, step by step, in the order of the
system calls that start its program, and what each step is for. With --from also
whether a client of ADDRESS would be served now, with nobody else there: each
check, and the rule with its place that decides.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var addr netip.Addr
			if peer != "" {
				var err error
				if addr, err = netip.ParseAddr(peer); err != nil {
					return usagef("--from %q is not an address", peer)
				}
			}
			result, err := from.load(inv)
			if err != nil {
				return err
			}
			s := result.Service(args[0])
			if s == nil {
				return failf("there is no service %q", args[0])
			}
			if err := daemon.Explain(inv.stdout, inv.host(), result, s, addr); err != nil {
				return failf("%v", err)
			}
			return nil
		},
	}
	from.add(cmd)
	cmd.Flags().StringVar(&peer, "from", "", "the client's `ADDRESS`")
	return cmd
}
