// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"superd/services"
	"superd/services/event/control"
)

// controlVar names the control socket, for superd and for those who ask it.
const controlVar = "SUPERD_CONTROL"

// answerWait is how long superd may take over what it does at once.
const answerWait = 30 * time.Second

// controlFlag is the --control of a verb that asks a running superd.
type controlFlag struct{ path string }

func (f *controlFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.path, "control", "", "ask by the control socket `PATH` ($"+controlVar+"; else the usual one)")
}

// dial connects to superd.
func (f *controlFlag) dial(inv *invocation) (*control.Client, error) {
	var c *control.Client
	var err error
	for _, path := range f.paths(inv) {
		if path == services.NoControl {
			return nil, usagef("the control socket %q is none: there is nobody to ask", path)
		}
		var e error
		if c, e = control.Dial(path); e == nil {
			return c, nil
		}
		if err == nil || !errors.Is(e, control.ErrNotRunning) {
			err = e
		}
	}
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return nil, &exitError{ExitNotRunning, err.Error()}
	case errors.Is(err, control.ErrDenied):
		return nil, failf("%v: control_mode and control_group say who may ask beside root and superd's own user", err)
	}
	return nil, failf("%v", err)
}

// paths are where superd may be: one that was named, or the caller's own and then the
// machine's.
func (f *controlFlag) paths(inv *invocation) []string {
	if f.path != "" {
		return []string{f.path}
	}
	if path, _ := inv.getenv(controlVar); path != "" {
		return []string{path}
	}
	var list []string
	if host := inv.host(); !host.Root {
		dir, _ := host.Getenv("XDG_RUNTIME_DIR")
		if path := control.DefaultPath(false, dir); path != "" {
			list = append(list, path)
		}
	}
	return append(list, control.DefaultPath(true, ""))
}

// call asks one thing.
func (f *controlFlag) call(inv *invocation, r control.Request, v any, wait time.Duration) error {
	c, err := f.dial(inv)
	if err != nil {
		return err
	}
	defer c.Close()
	return told(c.Call(r, v, wait))
}

// told makes an exit of an answer that is an error.
func told(err error) error {
	if err == nil {
		return nil
	}
	return failf("%s", printable(err.Error()))
}

// serviceVerb is a verb that changes one service.
func serviceVerb(inv *invocation, do, short, long string) *cobra.Command {
	var to controlFlag
	cmd := &cobra.Command{
		Use:   do + " SERVICE",
		Short: short,
		Long:  long,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var done control.Changed
			if err := to.call(inv, control.Request{Do: do, Service: args[0]}, &done, answerWait); err != nil {
				return err
			}
			return inv.say("service %s %s\n", args[0], done.Text)
		},
	}
	to.add(cmd)
	return cmd
}

// controlWord is what the command line and the environment say of the socket of a
// superd that is to run: a path, "none", or nil for nothing.
func (inv *invocation) controlWord(flag string) (services.Value, error) {
	word := flag
	if word == "" {
		word, _ = inv.getenv(controlVar)
	}
	if word == "" {
		return nil, nil
	}
	if word != services.NoControl && !strings.HasPrefix(word, "/") {
		word = file(word)
	}
	v, err := services.Control.Row().Parse(word)
	if err != nil {
		return nil, usagef("the control socket: %v", err)
	}
	return v, nil
}

// terminal is the file behind a reader or writer; nil if it is none.
func terminal(stream any) *os.File {
	f, _ := stream.(*os.File)
	return f
}
