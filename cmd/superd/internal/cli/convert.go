// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"superd/services/config"
	"superd/services/config/native"
	"superd/services/config/systemdunit"
)

func newConvert(inv *invocation) *cobra.Command {
	var from sourceFlags
	var to string
	cmd := &cobra.Command{
		Use:   "convert [-c FILE]… [--to toml|systemd-socket]",
		Short: "write any configuration as superd's own, or as socket units",
		Long: `Reads configuration of any format and writes it on standard output as superd's
own: the same services, with what the original assumes written out. What is
switched off stays, with disable = true; what is refused becomes a comment with
the reason. Remarks go to standard error. Exits with 3 if one of them is an error.

With --to systemd-socket it writes the socket units by which systemd would hold the
sockets of the services that run, and give them to superd.service; each behind a
line "# NAME.socket".`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if to != "toml" && to != "native" && to != "systemd-socket" {
				return usagef("--to %q: superd writes toml and systemd-socket", to)
			}
			host := inv.host()
			result, err := from.load(inv)
			if err != nil {
				return err
			}
			printDiagnostics(inv.stderr, result.Diags)
			out := bufio.NewWriter(inv.stdout)
			var lost []config.Diagnostic
			if to == "systemd-socket" {
				lost, err = systemdunit.Write(out, result)
			} else {
				lost, err = native.Write(out, host, result)
			}
			if err == nil {
				err = out.Flush()
			}
			printDiagnostics(inv.stderr, lost)
			switch {
			case err != nil:
				return failf("cannot write the configuration: %v", err)
			case result.Errors() > 0 || (&config.Result{Diags: lost}).Errors() > 0:
				return exit(ExitConfig)
			}
			return nil
		},
	}
	from.add(cmd)
	cmd.Flags().StringVar(&to, "to", "toml", "the `FORMAT` to write")
	return cmd
}
