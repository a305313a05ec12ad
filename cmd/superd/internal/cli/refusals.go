// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newRefusals(inv *invocation) *cobra.Command {
	var to controlFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "refusals [--json] [SERVICE]",
		Short: "tell who was turned away",
		Long: `Prints the last thousand clients who were turned away, or those of them who came
to one service, the newest last: when, which service, who, why, and the rule with
its place. It remembers them also where no log does.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := control.Request{Do: control.DoRefusals}
			if len(args) == 1 {
				r.Service = args[0]
			}
			var list control.Refusals
			if err := to.call(inv, r, &list, answerWait); err != nil {
				return err
			}
			if asJSON {
				return inv.sayJSON(&list)
			}
			out := bufio.NewWriter(inv.stdout)
			for i := range list.Refusals {
				fmt.Fprintln(out, printable(refusalLine(&list.Refusals[i])))
			}
			if err := out.Flush(); err != nil {
				return failf("cannot write: %v", err)
			}
			return nil
		},
	}
	to.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func refusalLine(x *control.Refusal) string {
	peer := x.Peer
	if peer == "" {
		peer = "a local client"
	}
	text := fmt.Sprintf("%s  %s  %s  %s", x.Time.Local().Format(time.DateTime), x.Service, peer, x.Reason)
	if x.Rule != "" {
		text += "  " + x.Rule
	}
	if x.Place != "" {
		text += "  " + x.Place
	}
	return text
}
