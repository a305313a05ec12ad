// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newEvents(inv *invocation) *cobra.Command {
	var to controlFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "events [--json] [SERVICE]",
		Short: "follow what happens",
		Long: `Prints what happens as it happens, of all services or of one, until superd ends or
you interrupt it: also what is too fine for the log. With --json each line is one
object, as the log's format json has it. A reader that is too slow is told how many
events it has missed. An upgrade of superd does not end it, and nothing is missed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := control.Request{Do: control.DoEvents}
			if len(args) == 1 {
				r.Service = args[0]
			}
			var at control.About
			for upgrades := -1; ; upgrades = at.Upgrades {
				if err := inv.followOne(&to, r, asJSON, upgrades, &at); err != errUpgraded {
					return err
				}
			}
		},
	}
	to.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")
	return cmd
}

// errUpgraded says that superd goes on as another image.
var errUpgraded = errors.New("superd was upgraded")

// followOne follows one image of superd, if it is a later one than that after so many
// upgrades; -1: any. at is which it was.
func (inv *invocation) followOne(to *controlFlag, r control.Request, asJSON bool, upgrades int, at *control.About) error {
	c, err := to.dial(inv)
	if err == nil {
		defer c.Close()
		err = told(c.Call(control.Request{Do: control.DoVersion}, at, answerWait))
	}
	if upgrades >= 0 && (err != nil || at.Upgrades <= upgrades) {
		return nil // it has ended, and another may have been started
	}
	if err == nil {
		err = told(c.Call(r, nil, answerWait))
	}
	if err != nil {
		return err
	}
	c.Forever()
	if err := inv.follow(c, asJSON); err != nil {
		return err
	}
	return errUpgraded // or the end: the next one knows
}

// follow prints events until superd closes the connection.
func (inv *invocation) follow(c *control.Client, asJSON bool) error {
	for {
		a, err := c.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return failf("%v", err)
		}
		line := ""
		switch {
		case a.Event == nil && asJSON:
			line = fmt.Sprintf(`{"dropped":%d}`, a.Dropped)
		case a.Event == nil:
			line = fmt.Sprintf("%d events were missed: this reader is too slow", a.Dropped)
		case asJSON:
			line = string(printableJSON(a.Event))
		default:
			var e control.Event
			if err := json.Unmarshal(a.Event, &e); err != nil {
				return failf("cannot understand superd's event: %v", err)
			}
			line = printable(eventLine(&e))
		}
		if _, err := fmt.Fprintln(inv.stdout, line); err != nil {
			return failf("cannot write: %v", err)
		}
	}
}

// eventLine is an event for people: when, which service, what, and what is known of
// it.
func eventLine(e *control.Event) string {
	var b strings.Builder
	b.WriteString(e.Time.Local().Format("15:04:05.000"))
	if e.Service != "" {
		b.WriteString("  " + e.Service)
	}
	b.WriteString("  " + e.Message)
	for _, f := range [...]struct{ name, value string }{
		{"", e.Text}, {"pid", number(int64(e.Pid))}, {"peer", e.Peer}, {"", e.Local}, {"signal", e.Signal}, {"status", status(e)},
		{"after", duration(e)}, {"reason", e.Reason}, {"rule", e.Rule}, {"at", e.Place}, {"step", e.Step}, {"error", e.Error},
		{"count", number(e.Count)},
	} {
		switch {
		case f.value == "" || strings.HasSuffix(e.Message, f.value):
		case f.name == "":
			b.WriteString("  " + f.value)
		default:
			b.WriteString("  " + f.name + " " + f.value)
		}
	}
	return b.String()
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func status(e *control.Event) string {
	if e.Status == nil {
		return ""
	}
	return strconv.Itoa(*e.Status)
}

func duration(e *control.Event) string {
	if e.Duration == nil {
		return ""
	}
	return strconv.FormatFloat(*e.Duration, 'f', 3, 64) + " s"
}
