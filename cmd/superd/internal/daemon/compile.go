// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"slices"
	"time"

	"superd/limits/access"
	"superd/limits/admit"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/services/event"
	"superd/spawn"
)

// compiler turns services into what engine, gate, spawn and activation run.
// Equal parts are shared: of 10,000 services most differ in little.
type compiler struct {
	host     *config.Host
	result   *config.Result
	daemon   services.Settings
	programs *spawn.Interner
	access   *access.Interner
	srcs     map[[admit.NumReasons]admit.Source]*[admit.NumReasons]admit.Source
	self     *spawn.Self
	places   *places
	wrap     *wrapTables // nil: no service has asked
	oldWrap  *wrapTables // those that are in use
	given    *givenTo    // the service manager's sockets, by this configuration
	reloads  int         // how many there were
}

// places words where a rule stands. It is all that a running service keeps of the
// configuration that it came from: of a thousand services each may have been
// changed by a reload of its own, and would hold a thousand configurations.
type places struct {
	files       config.Result
	allow, deny string // hosts.allow and hosts.deny
}

func (p *places) word(at access.Place) string {
	if text, ok := p.hostsFile(at); ok {
		return text
	}
	return p.files.Origin("", services.Origin{File: services.FileID(at.File), Line: at.Line})
}

// compile makes everything but the sockets.
func (c *compiler) compile(s *services.Service) (*engine.Spec, error) {
	ps, err := programSpec(c.host, s)
	if err != nil {
		return nil, err
	}
	ps.Self = c.self
	if err := c.equip(s, &ps); err != nil {
		return nil, err
	}
	prog, err := spawn.Compile(ps)
	if err != nil {
		return nil, err
	}
	pol, err := c.policy(s)
	if err != nil {
		return nil, err
	}
	dequeue, err := c.dequeueSpec(s)
	if err != nil {
		return nil, err
	}
	grace := seconds(c.daemon.Float(services.StopTimeout))
	spec := &engine.Spec{
		ID:            s.ID,
		Mode:          mode(s),
		OneForAll:     s.OneForAll(),
		NonBlock:      s.Bool(services.NonBlock),
		Policy:        pol,
		Program:       c.programs.Intern(prog),
		Pool:          poolSpec(s),
		Dequeue:       dequeue,
		RemoteHost:    remoteHost(s),
		LogStderr:     ps.Stderr == spawn.StderrLog,
		OwnGroup:      ps.Setsid,
		KillGrace:     grace,
		KillLeftovers: s.Bool(services.KillLeftovers),
		Loud:          loud(s),
		Place:         c.places.word,
	}
	if err := c.libwrap(s, ps, spec); err != nil {
		return nil, err
	}
	if spec.Pool != nil {
		spec.Pool.Edition = c.edition(s)
	}
	spec.MaxServersLimit = serversLimit(s)
	if s.Format == "netserver" { // its HUP has all workers come anew, whether or not anything is new
		spec.Fresh = uint32(c.reloads)
	}
	if t := s.Float(services.SessionTimeout); t > 0 && !s.Pool() { // a worker has many clients
		spec.SessionTimeout = seconds(t)
	}
	for _, b := range []struct {
		attr services.AttrID
		to   *[]byte
	}{{services.Banner, &spec.Banner}, {services.BannerSuccess, &spec.BannerSuccess}, {services.BannerFail, &spec.BannerFail}} {
		if err := c.banner(s, b.attr, b.to); err != nil {
			return nil, err
		}
	}
	return spec, nil
}

// maxBanner is what fits one non-blocking send into a fresh connection.
const maxBanner = 4096

// banner reads a banner file. One that cannot be read costs the banner, not the
// service: so it is with xinetd, and load has warned of it.
func (c *compiler) banner(s *services.Service, a services.AttrID, to *[]byte) error {
	name := s.Str(a)
	if name == "" {
		return nil
	}
	data, err := c.host.ReadFile(name)
	if err != nil {
		return nil
	}
	*to = slices.Clone(data[:min(len(data), maxBanner)])
	return nil
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }

// mode maps a service's mode: a datagram has no connection to give away, so its
// handler gets the socket.
func mode(s *services.Service) engine.Mode {
	if s.Mode() == "wait" {
		return engine.Wait
	}
	return engine.Inet
}

func remoteHost(s *services.Service) engine.RemoteHost {
	if s.Compat() == "xinetd" {
		return engine.RemoteHostAll
	}
	return engine.RemoteHostInet
}

// loud tells which events of a service are written. What xinetd's lists ask for
// is written at superd's default level, what nobody asked for a level below.
func loud(s *services.Service) engine.Loud {
	l := engine.Loud{Start: true, Exit: true, Refuse: true, Level: event.LevelInfo}
	if s.Has(services.LogOnSuccess) || s.Compat() == "xinetd" {
		on := s.List(services.LogOnSuccess)
		l.Start = len(on) > 0
		l.Exit = slices.Contains(on, "EXIT") || slices.Contains(on, "DURATION")
		l.Level = event.LevelNotice
	}
	if s.Has(services.LogType) { // they stand there, with the one or the other level
		l.Level = event.LevelInfo
	}
	return l
}
