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
	var before control.About
	if err := to.call(inv, control.Request{Do: control.DoVersion}, &before, answerWait); err != nil {
		return err
	}
	var done control.Changed
	asked := to.call(inv, r, &done, 2*upgradeWait)
	after, err := inv.awaitUpgrade(to, &before, asked == nil)
	switch {
	case asked != nil && err == nil && after.Upgrades != before.Upgrades:
		return failf("another upgrade came first: superd is %s now, process %d", after.Superd, after.Pid)
	case asked != nil:
		return asked
	case err != nil:
		return err
	case after.Upgrades != before.Upgrades:
		return inv.say("%s\n", fmt.Sprintf("upgraded from %s to %s, process %d", before.Superd, after.Superd, after.Pid))
	case after.UpgradesFailed != before.UpgradesFailed:
		return failf("no upgrade: %s", printable(after.UpgradeError))
	}
	return failf("superd does not say whether it was upgraded; its log does")
}

// awaitUpgrade asks superd who it is till it has been upgraded, or could not be. Once is
// enough where it was not to be.
func (inv *invocation) awaitUpgrade(to *controlFlag, before *control.About, due bool) (after control.About, err error) {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(upgradeWait); ; <-again.C {
		after = control.About{}
		err = to.call(inv, control.Request{Do: control.DoVersion}, &after, upgradeWait)
		over := err == nil && (after.Upgrades != before.Upgrades || after.UpgradesFailed != before.UpgradesFailed)
		if e, ok := err.(*exitError); ok && e.code == ExitNotRunning { // its socket is never closed over an upgrade
			return after, failf("superd has ended, or has no control socket any more: %v", err)
		}
		if over || !due || time.Now().After(end) {
			return after, err
		}
	}
}
