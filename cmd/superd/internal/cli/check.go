// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"runtime/debug"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
)

func newCheck(inv *invocation) *cobra.Command {
	var from sourceFlags
	var compare, hardened bool
	cmd := &cobra.Command{
		Use:   "check [-c FILE]…",
		Short: "tell what is wrong with the configuration",
		Long: `Reads the configuration and prints every remark about it on standard output, as
FILE:LINE:COLUMN: error|warning|info: …; nothing if there is none. Exits with 3 if
one of them is an error: then a service, or all, would not run. If a service
asks hosts.allow and hosts.deny, what is odd in them is told as well.

With --compare it prints instead which lines superd takes otherwise than xinetd,
inetd or systemd does, how, and why. With --hardened it also warns of services that
contrib/systemd/hardened.conf, a drop-in of superd's unit, would break.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			// A file of 10 MB makes a hundred thousand services: nearly nothing of what load
			// allocates is garbage, and to look for it costs as much as all else.
			defer debug.SetGCPercent(debug.SetGCPercent(400))
			result, err := from.load(inv)
			if err != nil {
				return err
			}
			out := bufio.NewWriter(inv.stdout)
			if compare {
				printDifferences(out, result)
			} else {
				printDiagnostics(out, result.Diags)
				printDiagnostics(out, daemon.HostsRemarks(inv.host(), result))
				if hardened {
					printDiagnostics(out, daemon.HardenedRemarks(inv.host(), result))
				}
			}
			if err := out.Flush(); err != nil {
				return failf("cannot write the remarks: %v", err)
			}
			if result.Errors() > 0 {
				return exit(ExitConfig)
			}
			return nil
		},
	}
	from.add(cmd)
	cmd.Flags().BoolVar(&hardened, "hardened", false, "tell which services the drop-in hardened.conf would break")
	cmd.Flags().BoolVar(&compare, "compare", false, "tell where superd differs from the original whose files these are")
	return cmd
}
