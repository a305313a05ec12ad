// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newKill(inv *invocation) *cobra.Command {
	var to controlFlag
	cmd := &cobra.Command{
		Use:   "kill SESSION…",
		Short: "end sessions",
		Long: `Sends TERM to a session's process group, and KILL after stop_timeout if that is
not enough. A session is named by its id, as "status SERVICE" shows it, or by its
process; processes that are not superd's handlers are left alone.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := to.dial(inv)
			if err != nil {
				return err
			}
			defer c.Close()
			for _, word := range args {
				var done control.Changed
				if err := told(c.Call(control.Request{Do: control.DoKill, Session: word}, &done, answerWait)); err != nil {
					return err
				}
				if err := inv.say("process %d %s\n", done.Pid, done.Text); err != nil {
					return err
				}
			}
			return nil
		},
	}
	to.add(cmd)
	return cmd
}
