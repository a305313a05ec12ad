// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"superd/cmd/superd/internal/screen"
	"superd/services/event/control"
)

// resizeCheck is how often top looks whether its terminal has another size.
const resizeCheck = 250 * time.Millisecond

func newTop(inv *invocation) *cobra.Command {
	var to controlFlag
	var every, size string
	var once bool
	cmd := &cobra.Command{
		Use:   "top",
		Short: "watch what runs",
		Long: `Shows the services, the busiest first, and what they do now; Enter shows a
service's sessions, and k kills one. h tells all keys.

It draws as a VT100 can, in colours where TERM says more and NO_COLOR nothing. With
--once it prints one frame as plain text: after --every, if that is given, so that
it knows rates.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			interval, err := time.ParseDuration(every)
			if err != nil || interval < 100*time.Millisecond || interval > time.Minute { // superd closes a connection that is silent for two
				return usagef("--every %q: want 100ms to 1m", every)
			}
			c, err := to.dial(inv)
			if err != nil {
				return err
			}
			defer c.Close()
			w := &watcher{inv: inv, client: c, every: interval}
			if once {
				return w.once(size, cmd.Flags().Changed("every"))
			}
			return w.run()
		},
	}
	to.add(cmd)
	cmd.Flags().StringVar(&every, "every", "2s", "draw it anew after `TIME`")
	cmd.Flags().BoolVar(&once, "once", false, "print one frame and end")
	cmd.Flags().StringVar(&size, "size", "80x24", "of the frame of --once, `COLUMNSxROWS`")
	return cmd
}

// watcher is a top that runs.
type watcher struct {
	inv    *invocation
	client *control.Client
	every  time.Duration
	top    screen.Top
}

// take asks for the present state.
func (w *watcher) take() error {
	var st control.Status
	if err := told(w.client.Call(control.Request{Do: control.DoStatus, Brief: true}, &st, answerWait)); err != nil {
		return err
	}
	st.Time = st.Time.Local()
	w.top.Take(&st)
	return w.look()
}

// look asks for the sessions of the service that is looked into.
func (w *watcher) look() error {
	name := w.top.Service()
	if name == "" {
		return nil
	}
	var st control.Status
	err := w.client.Call(control.Request{Do: control.DoStatus, Service: name}, &st, answerWait)
	if e, ok := err.(*control.Error); ok && e.Code == control.NotFound {
		w.top.TakeService(nil)
		return nil
	}
	if err == nil && len(st.Services) > 0 {
		w.top.TakeService(&st.Services[0])
	}
	return told(err)
}

// once prints a frame; waiting for another state first, if asked to.
func (w *watcher) once(size string, wait bool) error {
	columns, rows, ok := strings.Cut(size, "x")
	width, err1 := strconv.Atoi(columns)
	height, err2 := strconv.Atoi(rows)
	if !ok || err1 != nil || err2 != nil || width < 1 || height < 1 || width > 1000 || height > 1000 {
		return usagef("--size %q: want COLUMNSxROWS", size)
	}
	if err := w.take(); err != nil {
		return err
	}
	if wait {
		<-time.After(w.every)
		if err := w.take(); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(w.inv.stdout, w.top.Frame(width, height, screen.Style{Plain: true})); err != nil {
		return failf("cannot write: %v", err)
	}
	return nil
}

// run draws and obeys keys until q.
func (w *watcher) run() error {
	in, out := terminal(w.inv.stdin), terminal(w.inv.stdout)
	term, _ := w.inv.getenv("TERM")
	if width, _ := sizeOf(out); in == nil || width == 0 || term == "" || term == "dumb" {
		return usagef("top wants a terminal; status tells the same once, and top --once prints one frame")
	}
	tty, err := openTTY(in, out, term)
	if err != nil {
		return failf("cannot use the terminal: %v", err)
	}
	defer tty.restore()
	_, noColor := w.inv.getenv("NO_COLOR")
	style := screen.Style{Color: !noColor && !strings.HasPrefix(term, "vt1")}
	return w.loop(tty, style)
}

func sizeOf(f *os.File) (width, height int) {
	if f == nil {
		return 0, 0
	}
	return windowSize(f)
}

// loop waits for keys no longer than until the next state is due or the size may have
// changed.
func (w *watcher) loop(tty *tty, style screen.Style) error {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGTERM, unix.SIGHUP, unix.SIGINT)
	defer signal.Stop(ended)
	var due time.Time
	var drawn [2]int
	for changed := true; ; {
		if !time.Now().Before(due) {
			if err := w.take(); err != nil {
				return err
			}
			due, changed = time.Now().Add(w.every), true
		}
		width, height := sizeOf(tty.out)
		if size := [2]int{width, height}; changed || size != drawn {
			if err := tty.draw(w.top.Frame(width, height, style), size != drawn); err != nil {
				return failf("cannot write: %v", err)
			}
			drawn, changed = size, false
		}
		keys, err := tty.keys(min(resizeCheck, time.Until(due)))
		if err != nil {
			return nil // the terminal has gone
		}
		for _, k := range keys {
			quit, err := w.press(k)
			if quit || err != nil {
				return err
			}
			changed = true
		}
		select {
		case <-ended:
			return nil
		default:
		}
	}
}

// press does what a key asks for.
func (w *watcher) press(k screen.Key) (quit bool, err error) {
	before := w.top.Service()
	cmd := w.top.Key(k)
	if cmd.Kill != "" {
		var done control.Changed
		err := w.client.Call(control.Request{Do: control.DoKill, Session: cmd.Kill}, &done, answerWait)
		e, refused := err.(*control.Error)
		switch {
		case refused:
			w.top.Message = e.Message
		case err != nil:
			return false, told(err)
		default:
			w.top.Message = fmt.Sprintf("process %d %s", done.Pid, done.Text)
		}
	}
	if w.top.Service() != before || cmd.Kill != "" {
		return cmd.Quit, w.look()
	}
	return cmd.Quit, nil
}
