// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Compile turns a Spec into a Program. It is pure. The error tells what is wrong
// with the Spec.
func Compile(s Spec) (*Program, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	self := s.Self
	if self == nil {
		self = anySelf()
	}
	c := compiler{spec: &s, self: self}
	c.limits()

	// The order is the specification; each kind gives its reason in Step.Why.
	c.descriptors()
	c.signals()
	if s.Setsid {
		c.add(Step{kind: kindSetsid})
	}
	if s.Umask >= 0 {
		c.add(Step{kind: kindUmask, num: int32(s.Umask)})
	}
	c.add(c.early...)
	if s.Chroot != "" {
		c.add(Step{kind: kindChroot, text: makeWords(s.Chroot)})
	}
	c.add(Step{kind: kindChdir, text: "/\x00"})
	c.capabilities()
	if s.Nice < 0 {
		c.nice()
	}
	c.identity()
	if s.Dir != "" && s.Dir != "/" {
		c.add(Step{kind: kindChdir, late: true, text: makeWords(s.Dir)})
	}
	c.add(c.late...)
	if s.NoNewPrivs {
		c.add(Step{kind: kindNoNewPrivs})
	}
	if s.Nice > 0 {
		c.nice()
	}
	if len(s.listen()) > 0 {
		c.add(Step{kind: kindListen})
	}
	c.add(Step{kind: kindSigmask})
	return &Program{
		setup: slices.Clip(c.steps),
		exec:  makeWords(append([]string{s.Path}, s.Argv...)...),
		env:   makeWords(lastOfEach(s.environment())...),
	}, nil
}

// compiler collects the steps.
type compiler struct {
	spec        *Spec
	self        *Self
	steps       []Step
	early, late []Step // limits
}

func (c *compiler) add(steps ...Step) { c.steps = append(c.steps, steps...) }

// descriptors: stderr goes first, because under StdioNull the connection may take
// the number that the log has. Files go twice: first to numbers in nobody's way.
func (c *compiler) descriptors() {
	files, end := c.spec.Files, int32(firstFile+c.spec.Files)
	c.add(Step{kind: kindOwnTable})
	for i := range files {
		c.add(Step{kind: kindAside, num: end, a: uint64(i)})
	}
	switch c.spec.Stderr {
	case StderrClient:
		c.add(Step{kind: kindStdio, num: 2, a: fromConn})
	case StderrLog:
		c.add(Step{kind: kindStdio, num: 2, a: fromLog})
	}
	switch c.spec.Stdio {
	case StdioSocket:
		c.add(Step{kind: kindStdio, num: 0, a: fromConn}, Step{kind: kindStdio, num: 1, a: fromConn})
	case StdioNull:
		c.add(Step{kind: kindStdio, num: firstFile, a: fromConn})
		end++
	case StdioLog:
		c.add(Step{kind: kindStdio, num: 1, a: fromLog})
	case StdioFile:
		c.add(Step{kind: kindStdio, num: 0, a: fromFiles})
	}
	for i := range files {
		c.add(Step{kind: kindStdio, num: int32(firstFile + i), a: fromFiles + uint64(i)})
	}
	c.add(Step{kind: kindClose, num: end})
}

// signals: the clone resets handlers (CLONE_CLEAR_SIGHAND), but what is ignored
// stays ignored, over the exec as well.
func (c *compiler) signals() {
	for n := 1; n <= 64; n++ {
		if c.self.isIgnored(n) {
			c.add(Step{kind: kindSignal, num: int32(n)})
		}
	}
}

func (c *compiler) limits() {
	wanted := slices.Clone(c.spec.Rlimits)
	files := func(l Rlimit) bool { return l.Resource == unix.RLIMIT_NOFILE }
	if !slices.ContainsFunc(wanted, files) && c.self.Files != c.self.Limits[unix.RLIMIT_NOFILE] {
		wanted = append(wanted, c.self.Files)
	}
	slices.SortFunc(wanted, func(a, b Rlimit) int { return limitRank(a.Resource) - limitRank(b.Resource) })
	for _, want := range wanted {
		early, late := want.order(c.self.Limits[want.Resource])
		for _, l := range early {
			c.early = append(c.early, Step{kind: kindLimit, num: int32(l.Resource), a: l.Soft, b: l.Hard})
		}
		for _, l := range late {
			c.late = append(c.late, Step{kind: kindLimit, late: true, num: int32(l.Resource), a: l.Soft, b: l.Hard})
		}
	}
}

// limitRank puts the two that hinder a process most at the end.
func limitRank(resource int) int {
	switch resource {
	case unix.RLIMIT_NPROC:
		return numLimits
	case unix.RLIMIT_AS:
		return numLimits + 1
	}
	return resource
}

// capabilities: what the bounding set has lost already need not be dropped, which
// in a container saves most of forty calls, and for an unprivileged superd that
// holds nothing the failure.
func (c *compiler) capabilities() {
	all := uint64(1)<<(c.self.LastCap+1) - 1
	have := c.self.Bounding & all
	if gone := have &^ c.spec.Bounding; gone != 0 {
		c.add(Step{kind: kindBounding, a: gone, b: have &^ gone})
	}
	if c.self.Ambient != 0 {
		c.add(Step{kind: kindAmbient})
	}
}

func (c *compiler) identity() {
	id := c.spec.Identity
	if !id.Set {
		return
	}
	c.add(
		Step{kind: kindSetgroups, gids: slices.Clone(id.Groups)},
		Step{kind: kindSetgid, num: int32(id.GID)},
		Step{kind: kindSetuid, num: int32(id.UID)},
		Step{kind: kindIdentity, a: uint64(id.UID), b: uint64(id.GID), num: int32(len(id.Groups))})
}

// nice: a negative value wants privileges and so comes before setresuid; xinetd,
// which calls nice after setuid, never gives one to a user's service, and ignores
// that, as this ignores a refusal (containers lack CAP_SYS_NICE): a favour that
// cannot be done is no reason to turn clients away. setpriority is absolute.
func (c *compiler) nice() {
	n := min(max(c.self.Nice+c.spec.Nice, -20), 19)
	c.add(Step{kind: kindNice, late: c.spec.Nice > 0, num: int32(n)})
}

// lastOfEach keeps the last word of each key, at its place.
func lastOfEach(env []string) []string {
	last := make(map[string]int, len(env))
	for i, w := range env {
		key, _, _ := strings.Cut(w, "=")
		last[key] = i
	}
	kept := make([]string, 0, len(last))
	for i, w := range env {
		if key, _, _ := strings.Cut(w, "="); last[key] == i {
			kept = append(kept, w)
		}
	}
	return kept
}
