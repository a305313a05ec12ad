// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"superd/services/event/control"
)

// upgradeWait is how long the new superd may take to answer; it does so when its
// services are as the old one's were.
const upgradeWait = 30 * time.Second

func newUpgrade(inv *invocation) *cobra.Command {
	var to controlFlag
	cmd := &cobra.Command{
		Use:   "upgrade [BINARY]",
		Short: "have superd go on as a new binary, with all its clients",
		Long: `Puts BINARY in the running superd's place, by default what now lies where superd was
started from: the same process, its sockets, handlers, workers and counters. The
new binary is first asked whether it can go on with all that; if not, nothing
happens. It runs the configuration that the old one ran: reload afterwards for
what has changed in the files. USR2 does the same.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := control.Request{Do: control.DoUpgrade}
			if len(args) > 0 {
				path, err := filepath.Abs(args[0])
				if err != nil {
					return failf("%v", err)
				}
				r.Program = path
			}
			return inv.upgrade(&to, r)
		},
	}
	to.add(cmd)
	return cmd
}

func (inv *invocation) upgrade(to *controlFlag, r control.Request) error {
	var before, after control.About
	if err := to.call(inv, control.Request{Do: control.DoVersion}, &before, answerWait); err != nil {
		return err
	}
	var done control.Changed
	if err := to.call(inv, r, &done, 2*upgradeWait); err != nil {
		return err
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(upgradeWait); time.Now().Before(end); <-again.C {
		if to.call(inv, control.Request{Do: control.DoVersion}, &after, answerWait) == nil && after.Upgrades != before.Upgrades {
			return inv.say("%s\n", fmt.Sprintf("upgraded from %s to %s, process %d", before.Superd, after.Superd, after.Pid))
		}
	}
	return failf("no upgrade: superd goes on as it was; its log says why")
}
