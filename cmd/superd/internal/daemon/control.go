// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services"
	"superd/services/config"
	"superd/services/event"
	"superd/services/event/control"
	"superd/services/event/logs"
)

// controlSocket is the socket by which superd is told things, and who answers there.
type controlSocket struct {
	registry *activation.Registry // not the services': this one outlives their end
	sock     *activation.Socket   // nil: there is none
	server   *control.Server
	as       controlWant       // as it is
	want     controlWant       // as the configuration has it
	told     bool              // that the default path is not to be had
	offer    *activation.Offer // it, as the image before had it; nil: there was none
	retired  []*control.Server
	// following are clients who follow events, while there is no server.
	following []*control.Following
}

// controlDescriptors is how many it takes to begin: its copy of the socket, its reserve,
// and a connection.
const controlDescriptors = 4

// controlWant is what the configuration says of it.
type controlWant struct {
	path  string // "": none
	mode  uint32
	gid   int
	given bool // somebody has chosen the path: to go without would be against his word
}

// wantedControl is what [daemon], or the command line, asks for.
func wantedControl(host *config.Host, set services.Settings) (controlWant, error) {
	w := controlWant{path: set.Str(services.Control), gid: activation.Unset, given: set.Has(services.Control)}
	mode, err := strconv.ParseUint(set.Str(services.ControlMode), 8, 32)
	if err != nil {
		return w, fmt.Errorf("cannot use the control_mode %q", set.Str(services.ControlMode))
	}
	w.mode = uint32(mode)
	if name := set.Str(services.ControlGroup); name != "" {
		gid, err := host.LookupGroup(name)
		if err != nil {
			return w, fmt.Errorf("cannot use the control_group: %w", err)
		}
		w.gid = int(gid)
	}
	if !w.given {
		dir, _ := host.Getenv("XDG_RUNTIME_DIR")
		w.path = control.DefaultPath(os.Geteuid() == 0, dir)
	}
	if w.path == services.NoControl {
		w.path = ""
	}
	return w, nil
}

// openControl opens the control socket at the start. One that was asked for and
// cannot be had is an error; without the usual one superd goes on.
func (d *Daemon) openControl(host *config.Host) error {
	d.control.registry = activation.New(d.fds.highBase)
	if o := d.control.offer; o != nil {
		d.control.registry.Offer(o)
		d.control.offer = nil
		defer func() {
			for _, o := range d.control.registry.Offers() { // it is to be elsewhere now
				d.control.registry.Decline(o)
			}
		}()
	}
	w, err := wantedControl(host, d.settings)
	if err == nil {
		d.control.want = w
		err = d.serveControl(w)
	}
	if err != nil && w.given && !d.opt.Reading.Upgraded() {
		return err
	}
	d.withoutControl(err)
	return nil
}

// followControl is for a reload. What cannot be had leaves the old one in use.
func (d *Daemon) followControl(host *config.Host) {
	w, err := wantedControl(host, d.settings)
	if err == nil {
		d.control.want = w
		if err = d.serveControl(w); err == nil {
			return
		}
	}
	if w.given {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "the control socket stays as it was", Err: err.Error()})
		return
	}
	d.withoutControl(err)
}

// retryControl takes the usual path when the superd that had it has ended.
func (d *Daemon) retryControl() {
	switch {
	case !d.control.told || d.stopping:
	case d.control.sock != nil:
		d.beginControl()
	default:
		d.withoutControl(d.serveControl(d.control.want))
	}
}

func (d *Daemon) withoutControl(err error) {
	if err != nil && !d.control.told {
		text := "superd runs without a control socket"
		if errors.Is(err, unix.EADDRINUSE) {
			text += ": another superd has it"
		}
		d.post(event.Event{Kind: event.Note, Level: event.LevelWarning, Text: text, Err: err.Error()})
	}
	d.control.told = err != nil
}

// serveControl opens what is wanted, and then lets go of what there was.
func (d *Daemon) serveControl(w controlWant) error {
	c := &d.control
	if w == c.as && (c.sock != nil || w.path == "") {
		return nil
	}
	if w.path == "" {
		d.endControl()
		c.as = w
		return nil
	}
	if err := makeFolder(filepath.Dir(w.path)); err != nil {
		return fmt.Errorf("cannot make the control socket's folder: %w", err)
	}
	sp := activation.NewSpec("unix")
	sp.Path, sp.Mode, sp.GID = w.path, w.mode, w.gid
	sock, err := c.registry.Acquire(sp) // or, at the same path, the same one with another mode
	if err != nil {
		return err
	}
	if sock == c.sock {
		c.registry.Release(sock) // it was counted before
		c.as = w
		return nil
	}
	var server *control.Server
	if d.began {
		if server, err = d.serveAt(sock); err != nil {
			c.registry.Release(sock)
			return err
		}
	}
	d.endControl()
	c.sock, c.server, c.as = sock, server, w
	return nil
}

func (d *Daemon) serveAt(sock *activation.Socket) (*control.Server, error) {
	server, err := control.Serve(control.Options{Socket: sock.FD(), HighBase: d.fds.highBase, UID: os.Geteuid(), Actions: d.actions(),
		Hub: &d.hub, Following: d.control.following, Audit: d.audit})
	if err == nil {
		d.control.following = nil
	}
	return server, err
}

// beginControl answers those who ask: not before there is something to tell.
func (d *Daemon) beginControl() {
	c := &d.control
	if c.sock == nil || c.server != nil {
		return
	}
	server, err := d.serveAt(c.sock)
	if err == nil {
		c.server = server // else the socket stays: who asks waits until it can be served
	}
	d.withoutControl(err)
}

// pauseControl answers those who have asked, and nobody who comes: they wait. Who follows
// events stays connected.
func (d *Daemon) pauseControl() {
	c := &d.control
	for _, s := range append(c.retired, c.server) {
		if s != nil {
			c.following = append(c.following, s.Suspend()...)
		}
	}
	c.retired, c.server = nil, nil
}

func (d *Daemon) resumeControl() { d.beginControl() }

// dropFollowing ends the connections of those who followed a server that has no successor.
func (d *Daemon) dropFollowing() {
	for _, x := range d.control.following {
		x.Close(&d.hub)
	}
	d.control.following = nil
}

// makeFolder makes the last folder of a path if it is not there: /run is empty after
// each start of the machine.
func makeFolder(dir string) error {
	mode := uint32(0o755)
	if os.Geteuid() != 0 {
		mode = 0o700
	}
	if err := unix.Mkdir(dir, mode); err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// endControl closes the socket that there was. Its clients stay till they go: one of
// them may wait for the answer to the very reload that moves the socket.
func (d *Daemon) endControl() {
	c := &d.control
	if c.sock != nil {
		c.registry.Release(c.sock)
	}
	if c.server != nil {
		c.server.Retire()
		c.retired = append(c.retired, c.server)
	}
	c.sock, c.server = nil, nil
}

// closeControl ends all servers, at superd's end.
func (d *Daemon) closeControl() {
	d.endControl()
	for _, s := range d.control.retired {
		s.Close()
	}
	d.dropFollowing()
	if d.control.registry != nil {
		d.control.registry.Close()
	}
}

// inLoop has f run by the goroutine that owns the daemon, and waits for it. What that
// goroutine has taken it does.
func (d *Daemon) inLoop(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case d.asks <- func() { f(); close(done) }:
	case <-ctx.Done():
		if d.changing.Load() {
			return control.Errorf(control.Busy, "superd is being upgraded: ask again")
		}
		return control.Errorf(control.Stopping, "superd is about to end")
	}
	<-done
	return nil
}

// audit puts into the log who has asked for what.
func (d *Daemon) audit(c control.Caller, r *control.Request) {
	text := "control: " + r.Do
	if r.Session != "" {
		text += " " + r.Session
	}
	if r.Servers != "" {
		text += " " + r.Servers
	}
	d.note(event.LevelNotice, r.Service, fmt.Sprintf("%s, asked for by uid %d, process %d", text, c.UID, c.Pid))
}

// tap gives events to those who follow them.
func (d *Daemon) tap() *logs.Tap {
	var buf []byte
	return &logs.Tap{Followed: d.hub.Followed, Hear: func(e *event.Event) {
		buf = logs.JSON(buf[:0], e)
		d.hub.Publish(e.Service, buf)
	}}
}
