// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strconv"

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
process; processes that are not superd's handlers are left alone.

A client of a pool has an id of its own, as c17. One whom no worker has taken yet is
cut off; else its worker is asked to end, if it serves no other client.`,
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
				who := "client " + word
				if done.Pid > 0 {
					who = "process " + strconv.Itoa(done.Pid)
				}
				if err := inv.say("%s %s\n", who, done.Text); err != nil {
					return err
				}
			}
			return nil
		},
	}
	to.add(cmd)
	return cmd
}
