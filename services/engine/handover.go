// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"superd/limits/admit"
)

// Handover is all that an engine has, for the engine of another image of the same
// process: exec keeps descriptors by their numbers and children as children. Times
// are of CLOCK_MONOTONIC, in ns. What a field means never changes, nor do the numbers
// of role, Way and workerState; new ones may come (docs/upgrade.md).
type Handover struct {
	LastID   uint64        `json:"last_id"`  // of a connection that was passed on
	NextGen  uint32        `json:"next_gen"` // above the generations of all sessions that there were
	Services []HandService `json:"services"`
	Sessions []HandSession `json:"sessions"`
	Teams    []HandTeam    `json:"teams"`
	Refusals []HandRefusal `json:"refusals,omitempty"` // the last ones, the oldest first
}

// HandService is a service. One that has gone, whose handlers still run, is Gone.
type HandService struct {
	ID         string       `json:"id"`
	Gone       bool         `json:"gone,omitempty"`
	Counts     Counts       `json:"counts"`
	Gate       admit.Memory `json:"gate"`
	MaxServers int64        `json:"max_servers,omitempty"` // as changed while superd ran,
	Configured int64        `json:"configured,omitempty"`  // and as the configuration has it
	// Of one that is Gone, what its handlers' end asks for.
	OwnGroup      bool          `json:"own_group,omitempty"`
	KillLeftovers bool          `json:"kill_leftovers,omitempty"`
	KillGrace     time.Duration `json:"kill_grace,omitempty"`
	Loud          Loud          `json:"loud"`
}

// HandSession is a process.
type HandSession struct {
	Service int            `json:"service"` // index
	Place   int32          `json:"place"`   // with Gen, its id
	Gen     uint32         `json:"gen"`
	Role    role           `json:"role"`
	Pid     int32          `json:"pid"`
	Pidfd   int32          `json:"pidfd"`
	Network string         `json:"network,omitempty"`
	Peer    netip.AddrPort `json:"peer"`
	Since   int64          `json:"since"`
	Asked   bool           `json:"asked,omitempty"`
	Failed  bool           `json:"failed,omitempty"`
	KillAt  int64          `json:"kill_at,omitempty"`
	EndAt   int64          `json:"end_at,omitempty"` // session_timeout
	Reason  string         `json:"reason,omitempty"`
	Socket  uint64         `json:"socket,omitempty"`       // inode of the listening socket that it has
	More    []uint64       `json:"more_sockets,omitempty"` // and those of others
	Holders []HandHolder   `json:"holders,omitempty"`      // other processes that have them
}

// Sockets are the inodes of the listening sockets that the process has.
func (h *HandSession) Sockets() []uint64 {
	if h.Socket == 0 {
		return nil
	}
	return append([]uint64{h.Socket}, h.More...)
}

// HandHolder is a process of an earlier superd's that has a socket.
type HandHolder struct {
	Pid   int `json:"pid"`
	Pidfd int `json:"pidfd"`
}

// HandRefusal is a client who was turned away.
type HandRefusal struct {
	At      int64          `json:"at"`
	Service string         `json:"service"`
	Network string         `json:"network,omitempty"`
	Peer    netip.AddrPort `json:"peer"`
	Reason  string         `json:"reason"`
	Rule    string         `json:"rule,omitempty"`
	Place   string         `json:"place,omitempty"`
}

// HandTeam is a pool.
type HandTeam struct {
	Service int          `json:"service"`
	Way     Way          `json:"way"`
	Counts  TeamCounts   `json:"counts"`
	Taken   int64        `json:"taken"`
	Most    int          `json:"most"`
	Closing bool         `json:"closing,omitempty"`
	Lock    int          `json:"lock,omitempty"`
	Workers []HandWorker `json:"workers"`
	Pending []HandConn   `json:"pending,omitempty"`
}

// HandWorker is one of its processes.
type HandWorker struct {
	Session int         `json:"session"` // index
	State   workerState `json:"state"`
	Old     bool        `json:"old,omitempty"` // of an earlier program
	Channel int         `json:"channel,omitempty"`
	Mate    int         `json:"mate"`
	Limit   int64       `json:"limit"`
	Served  int64       `json:"served"`
	Slots   int         `json:"slots"`
	Since   int64       `json:"since"`
	Born    int64       `json:"born"`
	Mute    bool        `json:"mute,omitempty"`
	Ended   bool        `json:"ended,omitempty"`
	Doomed  string      `json:"doomed,omitempty"`
	Held    []HandConn  `json:"held,omitempty"`
}

// HandConn is a client of a pool.
type HandConn struct {
	ID      uint64         `json:"id"`
	FD      int            `json:"fd"`
	Since   int64          `json:"since"`
	SentAt  int64          `json:"sent_at,omitempty"`
	Wrote   int64          `json:"wrote,omitempty"`
	Tries   int            `json:"tries,omitempty"`
	Network string         `json:"network"`
	Peer    netip.AddrPort `json:"peer"`
	Local   netip.AddrPort `json:"local"`
	Path    string         `json:"path,omitempty"`
}

// Descriptors are the numbers that must outlive the exec.
func (h *Handover) Descriptors() (fds []int) {
	add := func(fd int) {
		if fd > 0 {
			fds = append(fds, fd)
		}
	}
	conns := func(list []HandConn) {
		for i := range list {
			add(list[i].FD)
		}
	}
	for i := range h.Sessions {
		add(int(h.Sessions[i].Pidfd))
		for _, o := range h.Sessions[i].Holders {
			add(o.Pidfd)
		}
	}
	for i := range h.Teams {
		add(h.Teams[i].Lock)
		conns(h.Teams[i].Pending)
		for k := range h.Teams[i].Workers {
			w := &h.Teams[i].Workers[k]
			add(w.Channel)
			add(w.Mate)
			conns(w.Held)
		}
	}
	return fds
}

// Why an engine cannot be handed over now.
var (
	errBusy     = errors.New("clients wait for commands of hosts.allow, or for processes that cannot be had")
	errStopping = errors.New("superd is ending")
)

// freezeTime is how long what is half done may take: spawns, refused clients who
// read their banner, commands that decide.
const freezeTime = 5 * time.Second

// Preview is what Freeze would give now, roughly, and stops nothing: for whoever wants
// to know whether another image could use it.
func (e *Engine) Preview() (h *Handover) {
	e.call(func(e *Engine) { h = e.handover() })
	return h
}

// Freeze brings the engine to a state that can be handed over and stops it there.
// Nothing is accepted, started or reaped until thaw is called, or another image has
// taken over. Clients wait in the backlog.
func (e *Engine) Freeze() (h *Handover, thaw func(), err error) {
	f := &freeze{done: make(chan struct{}), resume: make(chan struct{})}
	if !e.queue.put(f) {
		return nil, nil, errStopping
	}
	select {
	case <-f.done:
		return f.h, func() { close(f.resume) }, f.err
	case <-e.done:
		return nil, nil, errStopping
	}
}

type freeze struct {
	until  int64
	done   chan struct{}
	resume chan struct{}
	h      *Handover
	err    error
}

func (f *freeze) step(e *Engine) bool {
	if f.until == 0 {
		f.until = e.now + int64(freezeTime)
		e.frozen = true // no listener is looked at, and what comes next comes slowly
		e.poll.pauseAll(true)
	}
	halfDone := e.flyWait >= 0 || len(e.linger) > 0 || len(e.stalled) > 0 || e.deciding() > 0
	if halfDone && !e.stopping && e.now < f.until {
		return false
	}
	switch {
	case e.stopping:
		f.err = errStopping
	case halfDone:
		f.err = errBusy
	default:
		f.h = e.handover()
	}
	close(f.done)
	if f.err == nil {
		<-f.resume
		e.tick()
	}
	e.frozen = false
	if !e.pause.on {
		e.unpause()
	}
	return true
}

// deciding is how many clients wait for commands.
func (e *Engine) deciding() (n int) {
	for _, s := range e.services {
		n += s.pending
	}
	return n
}

// shift is what makes a time of CLOCK_MONOTONIC of one of the engine's.
func (e *Engine) shift() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	e.tick()
	return ts.Nano() - e.now
}

// handover writes everything down.
func (e *Engine) handover() *Handover {
	h := &Handover{LastID: e.lastID, NextGen: e.firstGen}
	shift := e.shift()
	services := map[*service]int{}
	of := func(s *service) int {
		i, known := services[s]
		if !known {
			i = len(h.Services)
			services[s] = i
			h.Services = append(h.Services, s.handover(shift))
		}
		return i
	}
	for _, s := range e.services {
		of(s)
	}
	at := map[int32]int{}
	for i := range e.sessions {
		x := &e.sessions[i]
		h.NextGen = max(h.NextGen, x.gen+1)
		if x.used && x.role != roleBeside && x.role != roleDecides { // nobody's business; and there are none when frozen
			at[int32(i)] = len(h.Sessions)
			h.Sessions = append(h.Sessions, x.handover(of(x.svc), int32(i), shift))
		}
	}
	for _, t := range e.teams {
		h.Teams = append(h.Teams, e.handTeam(t, of(t.svc), at, shift))
	}
	for _, x := range e.lately.all() {
		h.Refusals = append(h.Refusals, HandRefusal{At: x.at + shift, Service: x.service, Network: x.network, Peer: x.peer,
			Reason: x.reason.String(), Rule: x.rule, Place: x.placeText()})
	}
	return h
}

func (s *service) handover(shift int64) HandService {
	h := HandService{ID: s.spec.ID, Gone: s.stopped, Counts: s.counts, Gate: s.gate.Remember(shift)}
	if s.original != nil {
		h.MaxServers, _ = s.spec.maxServers()
		h.Configured = s.configured()
	}
	if s.stopped {
		h.OwnGroup, h.KillLeftovers, h.KillGrace, h.Loud = s.spec.OwnGroup, s.spec.KillLeftovers, s.spec.KillGrace, s.spec.Loud
	}
	return h
}

func (x *session) handover(svc int, place int32, shift int64) HandSession {
	h := HandSession{Service: svc, Place: place, Gen: x.gen, Role: x.role, Pid: x.pid, Pidfd: x.pidfd, Network: x.network, Peer: x.peer.Addr, Since: x.since + shift,
		Asked: x.asked, Failed: x.failed, Reason: x.reason}
	if x.asked {
		h.KillAt = x.killAt + shift
	}
	if x.endAt != 0 {
		h.EndAt = x.endAt + shift
	}
	for i, g := range x.lent {
		if i == 0 {
			h.Socket = g.sock.Inode()
			continue
		}
		h.More = append(h.More, g.sock.Inode())
	}
	for _, o := range x.holders {
		h.Holders = append(h.Holders, HandHolder(o))
	}
	return h
}

func (e *Engine) handTeam(t *team, svc int, at map[int32]int, shift int64) HandTeam {
	h := HandTeam{Service: svc, Way: t.spec.Way, Counts: t.counts, Taken: t.view.Taken, Most: t.most, Closing: t.closing, Lock: t.lock}
	for _, i := range t.members {
		w := &e.workers[i]
		k := HandWorker{Session: at[w.session], State: w.state, Old: w.gen != t.gen, Mate: w.mate, Limit: w.limit, Served: w.served,
			Slots: w.slots, Since: w.since + shift, Born: w.born + shift, Mute: w.mute, Ended: w.ended, Doomed: w.doomed}
		if w.channel.Open() {
			k.Channel = w.channel.FD()
		}
		for n := range w.held {
			k.Held = append(k.Held, w.held[n].handover(shift))
		}
		h.Workers = append(h.Workers, k)
	}
	for n := range t.pending {
		h.Pending = append(h.Pending, t.pending[n].handover(shift))
	}
	return h
}

func (c *passed) handover(shift int64) HandConn {
	return HandConn{ID: c.id, FD: c.fd, Since: c.since + shift, SentAt: c.sentAt + shift, Wrote: c.wrote, Tries: c.tries, Network: c.network,
		Peer: c.peer.Addr, Local: c.local, Path: c.path}
}
