// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/event/control"
)

func newStop(inv *invocation) *cobra.Command {
	var to controlFlag
	var drain string
	cmd := &cobra.Command{
		Use:   "stop [--drain TIME]",
		Short: "end superd",
		Long: `Closes the sockets, sends TERM to the handlers and KILL after stop_timeout, and
returns when superd has ended. With --drain handlers may first end by themselves,
TIME long: 30s, 5m, or "unlimited". A second stop cuts that short.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r := control.Request{Do: control.DoStop}
			if drain != "" {
				seconds, err := drainSeconds(drain)
				if err != nil {
					return err
				}
				r.Drain = &seconds
			}
			c, err := to.dial(inv)
			if err != nil {
				return err
			}
			defer c.Close()
			return inv.stop(c, r)
		},
	}
	to.add(cmd)
	cmd.Flags().StringVar(&drain, "drain", "", "let handlers end by themselves, `TIME` long")
	return cmd
}

// drainSeconds reads a time as drain_timeout is written. Below 0 is without end.
func drainSeconds(word string) (float64, error) {
	v, err := services.DrainTimeout.Row().Parse(word)
	if err != nil {
		return 0, usagef("--drain: %v", err)
	}
	if seconds, ok := v.(float64); ok {
		return seconds, nil
	}
	return -1, nil
}

// endWait is how long superd may take from the end of its connections to its own.
const endWait = 10 * time.Second

// stop asks superd to end and waits until it has.
func (inv *invocation) stop(c *control.Client, r control.Request) error {
	process := c.Process() // now: later its number may be another's
	if process >= 0 {
		defer unix.Close(process)
	}
	if err := told(c.Call(r, nil, answerWait)); err != nil {
		return err
	}
	c.Forever()
	if _, err := c.Next(); err != io.EOF {
		return failf("cannot wait for superd's end: %v", err)
	}
	if process < 0 { // it is in another pid namespace
		return nil
	}
	fds := []unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}
	for until := time.Now().Add(endWait); ; {
		n, err := unix.Poll(fds, int(max(0, time.Until(until))/time.Millisecond))
		switch {
		case n > 0:
			return nil
		case err != nil && err != unix.EINTR:
			return failf("cannot wait for superd's end: %v", err)
		case err == nil:
			fmt.Fprintln(inv.stderr, "superd: superd has closed its connections and has not ended yet")
			return exit(ExitFailed)
		}
	}
}
