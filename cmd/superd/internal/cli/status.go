// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"superd/services/event/control"
)

func newStatus(inv *invocation) *cobra.Command {
	var to controlFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [--json] [SERVICE]",
		Short: "tell what runs",
		Long: `Prints superd's services with their state, handlers, clients a minute and refusals,
or all about one of them with its sessions. The table uses the terminal's width, or
$COLUMNS, else 80 columns; --json has everything, as docs/control.md tells.

States: serving; full and paused (clients wait, for a free handler or the end of a
rate's pause); drained; disabled; unbound (its sockets cannot be opened); refused
(its configuration is in error); stopping.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			// A fifth of the time of a process that is over in milliseconds.
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			r := control.Request{Do: control.DoStatus, Brief: !asJSON}
			if len(args) == 1 {
				r.Service, r.Brief = args[0], false
			}
			var st control.Status
			if err := to.call(inv, r, &st, answerWait); err != nil {
				return err
			}
			if asJSON {
				return inv.sayJSON(&st)
			}
			out := bufio.NewWriter(inv.stdout)
			if r.Service != "" {
				writeService(out, &st)
			} else {
				writeStatus(out, &st, inv.width())
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

// minWidth is what tables are laid out for at least.
const minWidth = 80

// width is how many columns the output has.
func (inv *invocation) width() int {
	if f := terminal(inv.stdout); f != nil {
		if w, _ := windowSize(f); w > 0 {
			return max(w, 40)
		}
	}
	if word, _ := inv.getenv("COLUMNS"); word != "" {
		if n, err := strconv.Atoi(word); err == nil && n > 0 {
			return min(max(n, 40), 1000)
		}
	}
	return minWidth
}

// windowSize asks a terminal; 0 if it is none.
func windowSize(f *os.File) (width, height int) {
	raw, err := f.SyscallConn() // Fd would change how the file is read
	if err != nil {
		return 0, 0
	}
	_ = raw.Control(func(fd uintptr) {
		if ws, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			width, height = int(ws.Col), int(ws.Row)
		}
	})
	return width, height
}
