// SPDX-License-Identifier: Apache-2.0

package servicelog

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"superd/services/event"
	"superd/services/event/logs"
	"superd/services/event/logs/syslog"
)

// A service's refusals that are written in a window. xinetd has no such limit; by
// its default cps there are never as many.
const (
	maxEach = 100
	window  = time.Second
)

// Own is one service's log and what its lines hold.
type Own struct {
	spec             Spec
	success, failure logs.Fields
}

// Options say what a Router writes to.
type Options struct {
	HighBase int                   // the least number for a file's descriptor
	Syslog   func() *syslog.Sender // gives the syslog that log_type SYSLOG goes to, for each line
	// Std are paths that stand for descriptors of the caller's, as "/dev/stderr":
	// opened by its path it would be what superd has there by now, /dev/null.
	Std map[string]int
	// Inherited, if not nil, gives a file that is open already, and becomes the
	// Router's: a descriptor at a high number, or -1.
	Inherited func(path string) int
}

func (o *Options) inherited(path string) int {
	if o.Inherited == nil {
		return -1
	}
	return o.Inherited(path)
}

// Router takes the events of services that have a log of their own.
type Router struct {
	opt Options

	mu       sync.Mutex
	alone    bool
	services map[string]Own
	outputs  map[Spec]output
	touched  map[output]bool // since the last Notes: there may be ten thousand others
	flood    map[string]*flood
	buf      []byte
}

// flood counts one service's refusals.
type flood struct {
	opened time.Time
	seen   int64
	last   event.Event
}

// New makes a Router without services.
func New(opt Options) *Router {
	return &Router{opt: opt, services: map[string]Own{}, outputs: map[Spec]output{}, touched: map[output]bool{}, flood: map[string]*flood{}}
}

// Alone says whether the services' logs are to be the only ones to hold their
// lines. It is so where superd's own log has xinetd's lines too, as in xinetd;
// any other log of superd's keeps them, with the rule and its place.
func (r *Router) Alone(alone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alone = alone
}

// Open gives a service's log, and opens it if nobody has yet. It is used from the
// Put on that names it, and closed by a Sweep before that.
func (r *Router) Open(service string, spec Spec, success, failure logs.Fields) (Own, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := Own{spec, success, failure}
	if r.outputs[spec] != nil {
		return own, nil
	}
	if spec.Path == "" {
		r.outputs[spec] = &facility{r.opt.Syslog, syslog.PriorityOf(spec.Facility, spec.Level)}
		return own, nil
	}
	f, err := openFile(spec, service, r.opt)
	if err != nil {
		return Own{}, err
	}
	r.outputs[spec] = f
	r.touched[f] = true // it may be full already
	return own, nil
}

// Put says that a service has a log of its own from now on, or with nil that it
// has none any more.
func (r *Router) Put(service string, own *Own) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if own == nil {
		delete(r.services, service)
	} else {
		r.services[service] = *own
	}
}

// Sweep closes the logs that no service has.
func (r *Router) Sweep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	used := make(map[Spec]bool, len(r.outputs))
	for _, own := range r.services {
		used[own.spec] = true
	}
	var errs []error
	for spec, o := range r.outputs {
		if !used[spec] {
			errs = append(errs, o.close())
			delete(r.outputs, spec)
			delete(r.touched, o)
		}
	}
	return errors.Join(errs...)
}

// Files gives the open files, for whoever takes them over: descriptors by path.
func (r *Router) Files() (open []OpenFile) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.outputs {
		if f, ok := o.(*file); ok && f.f.Path() != "" {
			open = append(open, OpenFile{f.f.Path(), f.f.FD()})
		}
	}
	return open
}

// OpenFile is an open file.
type OpenFile struct {
	Path string
	FD   int
}

// Take writes an event's line into its service's log, if it has one.
func (r *Router) Take(e *event.Event, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	own, ok := r.services[e.Service]
	to := r.outputs[own.spec]
	if !ok || to == nil {
		return false
	}
	line := logs.XinetdLine(r.buf[:0], e, own.success, own.failure)
	r.buf = line[:0]
	if len(line) == 0 {
		return false
	}
	alone := r.alone && e.Kind != event.SpawnFail // which tells more than its line
	if e.Kind == event.Refuse && !r.pass(e, now) {
		return alone
	}
	to.write(e.Time, line)
	r.touched[to] = true
	return alone
}

// pass tells whether a refusal is to be written.
func (r *Router) pass(e *event.Event, now time.Time) bool {
	f := r.flood[e.Service]
	if f == nil {
		f = &flood{opened: now}
		r.flood[e.Service] = f
	}
	if f.seen++; f.seen > maxEach {
		f.last = *e
		return false
	}
	return true
}

// Notes are of files at their limits, and of refusals that were too many.
func (r *Router) Notes(now time.Time) (all []event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for o := range r.touched {
		o.flush() // it is not touched any more
		all = append(all, o.notes()...)
	}
	clear(r.touched)
	for service, f := range r.flood {
		if now.Sub(f.opened) < window {
			continue
		}
		delete(r.flood, service)
		if more := f.seen - maxEach; more > 0 {
			all = append(all, event.Event{Time: f.last.Time, Kind: event.Note, Level: event.LevelWarning, Service: service,
				Text: fmt.Sprintf("%d refusals more are not in the service's log", more), Reason: f.last.Reason})
		}
	}
	return all
}

// Idle tells whether no window of refusals is open.
func (r *Router) Idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.flood) == 0
}

// Emit does nothing: the router was asked before.
func (r *Router) Emit(*event.Event) {}

// Flush writes the lines.
func (r *Router) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for o := range r.touched {
		o.flush()
	}
}

// Reopen opens all files anew, each that can be.
func (r *Router) Reopen() error { return r.each(output.reopen) }

// Close writes what is left and closes the files.
func (r *Router) Close() error {
	err := r.each(output.close)
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.services)
	clear(r.outputs)
	clear(r.touched)
	return err
}

func (r *Router) each(f func(output) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, o := range r.outputs {
		errs = append(errs, f(o))
		r.touched[o] = true
	}
	return errors.Join(errs...)
}
