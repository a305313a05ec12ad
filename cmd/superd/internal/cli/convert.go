// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"superd/services/config"
	"superd/services/config/formats"
	"superd/services/config/native"
)

func newConvert(inv *invocation) *cobra.Command {
	var from sourceFlags
	var to string
	cmd := &cobra.Command{
		Use:   "convert [-c FILE]… [--to toml]",
		Short: "write any configuration as superd's own",
		Long: `Reads configuration of any format and writes it on standard output as superd's
own: the same services, with what the original assumes written out. What is
switched off stays, with disable = true; what is refused becomes a comment with
the reason. Remarks go to standard error. Exits with 3 if one of them is an error.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if to != "toml" && to != "native" {
				return usagef("--to %q: superd writes toml only", to)
			}
			host := inv.host()
			list, err := from.sources(inv, host)
			if err != nil {
				return err
			}
			result := config.Load(host, formats.All(), list)
			printDiagnostics(inv.stderr, result.Diags)
			out := bufio.NewWriter(inv.stdout)
			lost, err := native.Write(out, host, result)
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
