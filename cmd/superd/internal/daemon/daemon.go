// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"superd/activation"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
	"superd/services/event/control"
	"superd/services/event/logs"
	"superd/services/event/logs/servicelog"
	"superd/services/event/logs/syslog"
	"superd/spawn"
)

// Options say what a superd runs.
type Options struct {
	// Load reads the configuration, at start and at each reload.
	Load func() (*config.Host, *config.Result)
	// Environ is what superd was started with: the service manager's words are there.
	Environ []string
	// Args is its command line, and Program the path by which it was started.
	Args    []string
	Program string
	// Reading is what Load reads by.
	Reading *Reading
	// Stderr is where diagnostics of the start go.
	Stderr io.Writer
	// StayAlive: go on although nothing can run.
	StayAlive bool
	// Strict: end at the start if any diagnostic is an error.
	Strict bool
	// Manners of an original under whose name superd runs.
	Manners Manners
	// Ready, if not nil, is called once: the sockets are open, the pid file is
	// written, and superd has let go of the streams that it was started with.
	Ready func()
	// Version is superd's own, for those who ask.
	Version string
}

// ErrConfig is of a start at which nothing could run.
var ErrConfig = errors.New("no service can run")

// bindRetry is how long a service waits whose sockets could not be bound.
const bindRetry = 10 * time.Second

// Daemon is a running superd.
type Daemon struct {
	opt      Options
	fds      *descriptors
	registry *activation.Registry
	engine   *engine.Engine
	ring     *logs.Ring
	log      *logs.Log
	logFD    func() int // what handlers get whose standard error is the log
	ownLogs  *servicelog.Router
	settings services.Settings // of [daemon], as applied
	live     map[string]*live
	waiting  map[string]*services.Service // wanted, but their sockets cannot be bound
	last     *compiler                    // of the configuration that stands
	told     map[*activation.Socket]bool  // sockets that the log has been told of
	started  time.Time
	reloads  int
	upgrades int
	texts    *Texts   // what the configuration that stands was read from
	keptBack []string // services that run otherwise than these say
	signals  chan os.Signal
	raised   []syscall.Signal // to be looked at before them

	wishes         chan wish   // what somebody wants superd to go on as
	changing       atomic.Bool // it is about to
	upgradesFailed int
	upgradeError   atomic.Pointer[control.About] // of the last upgrade that failed: that and the number alone
	logFiles       *logFiles                     // that the image before had open
	logPath        string                        // of the log, if that is a file

	began bool // the first configuration has been applied
	// suidDumpable is the sysctl's value as the engine was told it.
	suidDumpable int
	stopping     bool
	wrap         *wrapTables      // hosts.allow and hosts.deny, as applied; nil: no service asks
	stamps       map[string]stamp // of the files that are watched
	pidFile      string           // as written

	manager manager // the service manager
	store   *store  // what it keeps of superd's
	stored  stored  // and has kept of an earlier one's

	early   []event.Event              // what is to be said as soon as there is a log
	offers  []*activation.Offer        // what superd was started with, until there is a registry
	holders map[uint64][]engine.Holder // who has what superd was started with, by inode
	given   []given                    // the service manager's sockets that are open

	control   controlSocket
	hub       control.Hub             // who follows what happens
	asks      chan func()             // what others want done by the goroutine of Run
	overrides map[string]*overrides   // by service
	keptWhy   map[string]string       // services that are as they were before the last reload
	unbound   map[string]string       // why the sockets of those in waiting are not open
	outcome   *outcome                // of the reload that somebody waits for; else nil
	catalog   atomic.Pointer[catalog] // see publish

	runner spawn.Runner // of superd's own children
	stderr *stderrPipes // of handlers, where the log is syslog
	relay  *relay
	wire   spawn.Identity // whom the relay was last to run as

	syslogMu     sync.Mutex // the log goroutine asks for the connection, too
	syslog       *syslog.Sender
	syslogWanted services.Settings
}

// live is a service that runs.
type live struct {
	def   *services.Service
	socks []*activation.Socket
	spec  *engine.Spec
	own   *servicelog.Own // nil: it has no log of its own
	off   bool            // disabled by request: socks is empty
}

// Run starts superd and returns when it has been told to end. Nothing is left
// behind but, where that is asked for, handlers.
func Run(opt Options) error {
	// Before anything that takes time: a HUP that comes while the configuration is
	// being read would end a superd that does not listen yet.
	signals := opt.Reading.signals
	if signals == nil {
		signals = catchSignals()
	}
	defer signal.Stop(signals)
	from := opt.Reading.from
	d := &Daemon{opt: opt, signals: signals, wishes: make(chan wish, 1), live: map[string]*live{}, waiting: map[string]*services.Service{}, started: time.Now(),
		stored: stored{state: -1, names: map[uint64]string{}},
		asks:   make(chan func()), overrides: map[string]*overrides{}, keptWhy: map[string]string{}, unbound: map[string]string{}}
	for _, x := range opt.Reading.left {
		d.raise(x)
	}
	if from == nil {
		d.intake()
	} else {
		d.inherit(from)
	}
	host, result := opt.Load()
	d.settings, d.syslogWanted = result.Daemon.Settings, result.Daemon.Settings
	if from == nil {
		if err := d.mayStart(result); err != nil {
			return err
		}
	}
	if err := d.open(host, result); err != nil {
		d.close()
		return err
	}
	defer d.close()
	return d.run(host, result, signals)
}

// mayStart looks at what keeps a superd from starting.
func (d *Daemon) mayStart(result *config.Result) error {
	for _, x := range result.Diags {
		fmt.Fprintln(d.opt.Stderr, x)
	}
	if result.Failed && (!d.opt.StayAlive || d.opt.Manners.WholeFiles) || d.opt.Strict && result.Errors() > 0 {
		return ErrConfig
	}
	return d.awaitPredecessor()
}

// open makes what a superd without services has.
func (d *Daemon) open(host *config.Host, result *config.Result) error {
	var err error
	if d.fds, err = arrangeDescriptors(); err != nil {
		return err
	}
	traceTo(d.fds.stderr)
	spareThreads()
	d.registry = activation.New(d.fds.highBase)
	d.ring = logs.NewRing()
	d.stderr = newStderrPipes(stderrOptions{highBase: d.fds.highBase, begin: d.beginReader, patience: !d.opt.Manners.Leave,
		tell: func(level event.Level, text, err string) {
			d.post(event.Event{Kind: event.Note, Level: level, Text: text, Err: err})
		}})
	if err := d.openLog(); err != nil {
		return err
	}
	d.relay = newRelay(relayOptions{begin: d.beginRelay, tell: func(level event.Level, text, err string) {
		d.post(event.Event{Kind: event.Note, Level: level, Text: text, Err: err})
	}})
	d.connectManager()
	d.offer()
	d.engine, err = engine.New(engine.Options{
		Sink:      d.ring,
		Launcher:  spawn.Options{HighBase: d.fds.highBase},
		LogFD:     d.fds.log,
		Stderr:    d.stderr.take,
		Relay:     d.relay.Channel,
		Ours:      d.runner.Knows,
		Followed:  d.hub.Followed,
		HighBase:  d.fds.highBase,
		Global:    d.settings.Count(services.DaemonMaxServers),
		Strangers: mayGetStrangers() || d.opt.Reading.Upgraded(), // helpers of the image before are nobody's now
	})
	if err != nil {
		return err
	}
	return d.openControl(host)
}

// mayGetStrangers tells whether orphans of this machine become superd's children.
func mayGetStrangers() bool {
	var sub int32
	unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, ptr(&sub), 0, 0, 0)
	return os.Getpid() == 1 || sub != 0
}

func (d *Daemon) close() {
	if d.log != nil {
		d.log.Flush() // its last words are for those who follow, too
	}
	d.closeControl()
	if d.registry != nil {
		d.closeSockets()
	}
	if d.store != nil {
		d.store.close()
	}
	d.forgetHolders()
	d.manager.to.Close()
	if d.relay != nil {
		d.relay.close()
	}
	if d.stderr != nil {
		d.stderr.close()
	}
	if d.log != nil {
		d.log.Close()
	}
	if d.syslog != nil {
		d.syslog.Close()
	}
	if d.fds != nil {
		d.fds.close()
	}
}

// run is superd from its first bind to its last handler.
func (d *Daemon) run(host *config.Host, result *config.Result, signals <-chan os.Signal) error {
	ended := make(chan error, 1)
	go func() { ended <- d.engine.Run() }()
	if err := d.engine.Ready(); err != nil {
		return fmt.Errorf("cannot start handlers on this machine: %w", err)
	}
	from := d.opt.Reading.from
	if err := d.serve(from, host, result); err != nil {
		d.engine.Stop(engine.Leave, 0, 0)
		<-ended
		return err
	}
	defer d.removePidFile()
	if from == nil { // else it was done, or is for the next start
		if err := d.giveUpRoot(host); err != nil {
			d.engine.Stop(engine.Terminate, 0, 0)
			<-ended
			return err
		}
	}
	defer heartbeat(d.manager.to, d.engine)()
	d.ready()
	if from != nil {
		d.upgraded(from)
	}
	return d.loop(signals, ended)
}

// serve begins to. An upgraded superd does so whatever it cannot have.
func (d *Daemon) serve(from *State, host *config.Host, result *config.Result) error {
	if from != nil { // its clients are there already, and may take what descriptors there are
		release := d.fds.spare(controlDescriptors)
		d.goOn(from, host, result)
		release()
	} else {
		d.apply(host, result)
	}
	d.beginControl()
	if d.control.sock == nil {
		d.dropFollowing()
	}
	if from == nil && len(d.live) == 0 && !d.opt.StayAlive {
		return ErrConfig
	}
	err := d.writePidFile()
	if err != nil && from != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "superd goes on without a pid file", Err: err.Error()})
		return nil
	}
	return err
}

// ready tells whoever waits for it that superd serves.
func (d *Daemon) ready() {
	d.manager.ready(d.status())
	d.store.begin()
	d.follow()
	if d.opt.Ready != nil {
		d.fds.forgetStreams()
		d.fds.setLog(d.logFD()) // in case that was one of them
		traceTo(d.fds.stderr)
		d.opt.Ready()
	}
}

func (d *Daemon) loop(signals <-chan os.Signal, ended <-chan error) error {
	retry := time.NewTicker(bindRetry)
	defer retry.Stop()
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	var status <-chan time.Time
	if d.manager.to != nil {
		tick := time.NewTicker(statusEvery)
		defer tick.Stop()
		status = tick.C
	}
	for {
		d.lookAtRaised()
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			d.signal(s.(syscall.Signal))
		case f := <-d.asks:
			f()
		case w := <-d.wishes:
			d.upgrade(w.program)
		case <-retry.C:
			d.retryBinds()
			d.retryControl()
		case <-watch.C:
			d.look()
		case <-status:
			d.tellStatus()
		case a := <-d.store.reached:
			d.store.answer(a)
			d.follow()
		}
	}
}

// post tells the log something.
func (d *Daemon) post(ev event.Event) {
	if ev.Time.IsZero() {
		ev.Time = time.Now()
	}
	d.log.Post(ev)
}

func (d *Daemon) note(level event.Level, service, text string) {
	d.post(event.Event{Kind: event.Note, Level: level, Service: service, Text: text})
}
