// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"superd/services"
	"superd/services/config"
)

func newShow(inv *invocation) *cobra.Command {
	var (
		from   sourceFlags
		asJSON bool
		all    bool
	)
	cmd := &cobra.Command{
		Use:   "show [-c FILE]… [--json] [SERVICE]",
		Short: "tell what would run, each value with its origin",
		Long: `Reads the configuration and prints its services, or one of them, on standard
output: state, sockets, and each value with the place that it comes from.
Remarks go to standard error (with --json into the document). Exits with 3 if
one of them is an error.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			result, err := from.load(inv)
			if err != nil {
				return err
			}
			list := result.Services
			if len(args) == 1 {
				if list = named(result, args[0]); len(list) == 0 {
					printDiagnostics(inv.stderr, result.Diags)
					return failf("cannot show %q: no such service", args[0])
				}
			}
			out := bufio.NewWriter(inv.stdout)
			if asJSON {
				err = writeJSON(out, result, list)
			} else {
				printDiagnostics(inv.stderr, result.Diags)
				if len(args) == 0 {
					writeDaemon(out, result)
				}
				writeText(out, result, list, all)
			}
			if err == nil {
				err = out.Flush()
			}
			switch {
			case err != nil:
				return failf("cannot write the services: %v", err)
			case result.Errors() > 0:
				return exit(ExitConfig)
			}
			return nil
		},
	}
	from.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "print superd's own defaults too (--json has them always)")
	return cmd
}

// named lists the services of an id or, where no id is that, of a name: a
// service of xinetd's may be known by its name to those who ask.
func named(r *config.Result, word string) []*services.Service {
	var ids, names []*services.Service
	for _, s := range r.Services {
		if s.ID == word {
			ids = append(ids, s)
		} else if s.Name == word {
			names = append(names, s)
		}
	}
	if len(ids) > 0 {
		return ids
	}
	return names
}
