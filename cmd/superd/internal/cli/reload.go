// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newReload(inv *invocation) *cobra.Command {
	var to controlFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "have superd read its configuration again",
		Long: `Does what HUP does, waits for it, and prints what was changed, one service a line.
Remarks on the configuration go to standard error. Exits with 3 if one of them is
an error, or a service was kept as it was; the others are changed all the same.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var r control.Reload
			if err := to.call(inv, control.Request{Do: control.DoReload}, &r, 0); err != nil {
				return err
			}
			if err := inv.writeReload(&r, asJSON); err != nil {
				return err
			}
			if r.Errors > 0 || !r.Applied {
				return exit(ExitConfig)
			}
			return nil
		},
	}
	to.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (inv *invocation) writeReload(r *control.Reload, asJSON bool) error {
	if asJSON {
		return inv.sayJSON(r)
	}
	for _, d := range r.Diagnostics {
		fmt.Fprintln(inv.stderr, printable(d.Text))
	}
	if !r.Applied {
		return inv.say("the configuration cannot be used; everything stays as it was\n")
	}
	if len(r.Changes) == 0 {
		return inv.say("nothing changed\n")
	}
	for _, c := range r.Changes {
		text := c.Change + " " + c.Service
		if c.Error != "" {
			text += ": " + c.Error
		}
		if err := inv.say("%s\n", text); err != nil {
			return err
		}
	}
	return nil
}
