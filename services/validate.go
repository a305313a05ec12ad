// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
)

// Problem is one remark of the model about a value. Config turns it into a
// Diagnostic.
type Problem struct {
	Attr    AttrID
	HasAttr bool   // false: it stands against the service as a whole
	Origin  Origin // of the value; zero: the service's own place
	Warning bool   // else an error, which costs the service
	Message string // without the names of service and attribute
}

// Validate returns what is wrong with a service as a whole, its values being of
// their kinds already. It does not change the service. Of a service that is
// Refused it does not say what is missing.
func Validate(s *Service) []Problem {
	c := checker{s: s, mode: ModeOf(s.Mode())}
	for _, check := range checks {
		check(&c)
	}
	if c.mode != 0 { // else no mode of a list works, which Choose has said why
		for _, check := range modeChecks {
			check(&c)
		}
	}
	return c.problems
}

// checks are independent of each other. Each looks at one thing.
var checks = []func(*checker){
	checkKinds,
	checkBuilt,
	checkTimeouts,
	checkSocketOptions,
	checkKeepAlive,
	checkDenyAlone,
	checkListsMeet,
	checkEnv,
	checkLogSets,
}

// modeChecks are those that hang on the mode. An error of theirs is why a mode of a
// list is passed over.
var modeChecks = []func(*checker){
	checkMode,
	checkExec,
	checkDatagrams,
	checkOneForAll,
	checkFIFOs,
	checkFDName,
	checkMaxServers,
	checkUnseenClients,
	checkWorker,
	checkAcceptors,
	checkPoolMost,
	checkPoolSizes,
	checkPoolNumbers,
	checkLimit,
	checkDequeue,
	checkExtra,
}

type checker struct {
	s        *Service
	mode     ModeSet
	problems []Problem
}

func (c *checker) add(warning bool, a AttrID, origin Origin, format string, args ...any) {
	c.problems = append(c.problems, Problem{Attr: a, HasAttr: true, Origin: origin, Warning: warning, Message: fmt.Sprintf(format, args...)})
}

// fail and warn point to where the attribute's value stands.
func (c *checker) fail(a AttrID, format string, args ...any) {
	c.add(false, a, c.place(a), format, args...)
}
func (c *checker) warn(a AttrID, format string, args ...any) {
	c.add(true, a, c.place(a), format, args...)
}

func (c *checker) place(a AttrID) Origin {
	x, _ := c.s.Settings.Find(a)
	if x.Origin.File == FromFormatDefault {
		return Origin{}
	}
	return x.Origin
}

// own tells whether the service itself says an attribute, as far as places tell:
// what defaults say for all services may well mean nothing for this one.
func (c *checker) own(a AttrID) bool {
	x, ok := c.s.Settings.Find(a)
	return ok && c.isOwn(x.Origin)
}

func (c *checker) isOwn(o Origin) bool {
	return o.File == FromCommandLine || o.File == c.s.Source.File && o.File >= FirstFile && o.Line >= c.s.Source.Line
}

// streams and datagrams tell whether the service has such sockets.
func (c *checker) streams() bool { return slices.ContainsFunc(c.s.Sockets, Socket.Stream) }
func (c *checker) datagrams() bool {
	return slices.ContainsFunc(c.s.Sockets, func(s Socket) bool { return !s.Stream() })
}

// checkKinds catches a front-end that made a value of another kind than the
// attribute's: at run time it would count as not said.
func checkKinds(c *checker) {
	for _, x := range c.s.Settings {
		if row := x.Attr.Row(); !row.Holds(x.Value) {
			c.fail(x.Attr, "internal error: %#v is not %s", x.Value, row.Kind)
		}
	}
}

// checkBuilt refuses what is to come later, where the service would otherwise run
// without what it asks for, and says so of the rest.
func checkBuilt(c *checker) {
	for _, x := range c.s.Settings {
		row := x.Attr.Row()
		word, _ := x.Value.(string)
		switch {
		case row.Stage == LaterFatal:
			c.fail(x.Attr, "not built yet")
		case row.Stage == LaterWarn:
			c.warn(x.Attr, "not built yet: it is ignored")
		case word != "" && slices.Contains(row.LaterWords, word):
			c.fail(x.Attr, "%q is not built yet", word)
		}
	}
}

// checkMode warns of what means nothing in the service's mode.
func checkMode(c *checker) {
	mode := c.s.Mode()
	for _, x := range c.s.Settings {
		if row := x.Attr.Row(); !row.Modes.Has(c.mode) && c.isOwn(x.Origin) {
			c.warn(x.Attr, "has no effect in mode %q", mode)
		}
	}
}

// programless are the modes that the wire process will serve.
const programless = ModeApp | ModeHTTP | ModeBuiltin | ModeRedirect | ModeTCPMux

// checkExec wants a program, but of what the wire process will serve.
func checkExec(c *checker) {
	if c.s.State != Refused && c.mode&programless == 0 && len(c.s.List(Exec)) == 0 {
		c.fail(Exec, "is missing")
	}
}

// checkDatagrams tells what inet and single mean where there are no connections.
func checkDatagrams(c *checker) {
	if c.datagrams() && !c.fifos() && c.mode&(ModeInet|ModeSingle) != 0 {
		c.warn(Mode, "%q on a datagram socket means \"wait\", with one process at a time", c.s.Mode())
	}
}

func checkTimeouts(c *checker) {
	for _, a := range []AttrID{SessionTimeout, RequestTimeout} {
		if v, _, set := c.s.Get(a); set && v == 0.0 {
			c.fail(a, "0 leaves no time: want more, or %q", Unlimited)
		}
	}
}

// checkMaxServers points out the number that people take for "no limit", and
// those that another attribute overrules.
func checkMaxServers(c *checker) {
	n, _, set := c.s.Get(MaxServers)
	switch {
	case !set:
	case n == int64(0) && c.mode&pools == 0:
		c.warn(MaxServers, "0 refuses everybody; %q is no limit", Unlimited)
	case n != int64(1) && c.own(MaxServers) && c.mode&(ModeWait|ModeSingle|ModeMultiplex) != 0 && c.s.Compat() == "":
		c.warn(MaxServers, "has no effect: mode %q runs one process", c.s.Mode())
	}
	if n, _, set := c.s.Get(PerSource); set && n == int64(0) {
		c.warn(PerSource, "0 refuses everybody; %q is no limit", Unlimited)
	}
}
