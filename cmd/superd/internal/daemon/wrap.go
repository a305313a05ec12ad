// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"superd/limits/access"
	"superd/limits/wrappers"
	"superd/services"
	"superd/services/config"
	"superd/services/engine"
	"superd/spawn"
)

// wrapTables are hosts.allow and hosts.deny as they were read, with everything that
// they depend on. As long as that stays the same, so do the tables, and a reload
// has nothing to tell.
type wrapTables struct {
	tables  wrappers.Tables
	rules   map[string]*wrappers.Rules // by the daemon's name
	paths   [2]string                  // of hosts.allow and hosts.deny
	seen    map[string]content         // the files that were read, missing ones too
	banners map[string]bool
	names   map[string]string // what the accounts and hosts that they name were
	told    bool
}

type content struct {
	data []byte
	err  string
}

// hostsFiles gives the tables. Nobody pays for them without a service that asks.
func (c *compiler) hostsFiles() *wrapTables {
	if c.wrap == nil {
		c.wrap = loadWrap(c.host, c.daemon)
		if c.oldWrap != nil && c.oldWrap.same(c.wrap, c.host) {
			c.wrap = c.oldWrap
		}
		c.places.allow, c.places.deny = c.wrap.paths[0], c.wrap.paths[1]
	}
	return c.wrap
}

func loadWrap(host *config.Host, s services.Settings) *wrapTables {
	w := &wrapTables{rules: map[string]*wrappers.Rules{}, seen: map[string]content{}, banners: map[string]bool{}, names: map[string]string{},
		paths: [2]string{s.Str(services.HostsAllow), s.Str(services.HostsDeny)}}
	src := w.source(host)
	for i, to := range []**wrappers.File{&w.tables.Allow, &w.tables.Deny} {
		data, err := w.read(host, w.paths[i])
		switch {
		case err != nil:
			*to = wrappers.Unreadable(i == 1, fmt.Sprintf("cannot read %q: %v", w.paths[i], err))
		case data != nil:
			*to = wrappers.Parse(data, i == 1, src)
		}
	}
	return w
}

// source lets the rules ask, and remembers what they were told.
func (w *wrapTables) source(host *config.Host) *wrappers.Source {
	account := func(kind, name, is string, err error) bool {
		if err != nil {
			is = ""
		}
		w.names[kind+name] = is
		return err == nil
	}
	src := &wrappers.Source{
		Read: func(name string) ([]byte, error) { return w.read(host, name) },
		Host: host.LookupHost,
		// A number is no name, to libwrap.
		User: func(name string) bool {
			u, err := host.LookupUser(name)
			if err == nil && (u.Name != name || !u.InDB) {
				err = fs.ErrNotExist
			}
			groups, _ := host.GroupsOf(u)
			return account("user ", name, fmt.Sprint(u, groups), err)
		},
		Group: func(name string) bool {
			gid, err := host.LookupGroup(name)
			return account("group ", name, fmt.Sprint(gid), err)
		},
	}
	return src
}

// read gives no data and no error for a file that is not there.
func (w *wrapTables) read(host *config.Host, name string) ([]byte, error) {
	data, err := host.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = nil, nil
	} else if err == nil && data == nil {
		data = []byte{}
	}
	c := content{data: data}
	if err != nil {
		c.err = err.Error()
	}
	w.seen[name] = c
	return data, err
}

// same tells whether a later reading found what this one did.
func (w *wrapTables) same(now *wrapTables, host *config.Host) bool {
	if w.paths != now.paths || len(w.names) != len(now.names) {
		return false
	}
	for k, v := range w.names {
		if now.names[k] != v {
			return false
		}
	}
	for name := range w.banners { // which are read later, when services are compiled
		_, _ = now.read(host, name)
	}
	// What /etc/hosts says goes into the patterns.
	const hosts = "/etc/hosts"
	_, _ = now.read(host, hosts)
	if _, has := w.seen[hosts]; !has || len(w.seen) != len(now.seen) {
		return false
	}
	for name, c := range w.seen {
		if x, ok := now.seen[name]; !ok || !bytes.Equal(x.data, c.data) || (x.data == nil) != (c.data == nil) || x.err != c.err {
			return false
		}
	}
	return true
}

// files are those whose change matters.
func (w *wrapTables) files() []string {
	var out []string
	for name := range w.seen {
		out = append(out, name)
	}
	return out
}

func (w *wrapTables) of(daemon string) *wrappers.Rules {
	rs := w.rules[daemon]
	if rs == nil {
		rs = w.tables.For(daemon)
		w.rules[daemon] = rs
	}
	return rs
}

// notes words the remarks about both files.
func (w *wrapTables) notes() []string {
	var out []string
	for i, f := range []*wrappers.File{w.tables.Allow, w.tables.Deny} {
		if f == nil {
			continue
		}
		for _, n := range f.Notes {
			out = append(out, fmt.Sprintf("%s:%d: %s", w.paths[i], n.Line, n.Text))
		}
	}
	return out
}

// libwrap gives a service its rules, and prepares what they want done.
func (c *compiler) libwrap(s *services.Service, ps spawn.Spec, spec *engine.Spec) error {
	name := s.Str(services.Libwrap)
	if name == "" {
		return nil
	}
	w := c.hostsFiles()
	if _, has := w.seen["/etc/hosts"]; !has {
		_, _ = w.read(c.host, "/etc/hosts")
	}
	rs := w.of(name)
	spec.Policy.Wrap = rs
	for _, r := range rs.All() {
		needs := r.Needs()
		if len(needs) == 0 {
			continue
		}
		if spec.Wrap == nil {
			spec.Wrap = map[*wrappers.Rule]*engine.WrapRule{}
		}
		wr, err := c.wrapRule(ps, needs, name)
		if err != nil {
			return fmt.Errorf("cannot prepare %s: %w", c.places.word(r.Place), err)
		}
		spec.Wrap[r] = wr
	}
	return nil
}

// wrapRule goes through a rule's options: those that change the process hold for
// the commands after them, too.
func (c *compiler) wrapRule(ps spawn.Spec, needs []wrappers.Effect, daemon string) (*engine.WrapRule, error) {
	wr := &engine.WrapRule{Steps: make([]engine.WrapStep, len(needs)), Fails: -1}
	changed := false
	for i, n := range needs {
		switch n.Kind {
		case wrappers.Spawn, wrappers.Aclexec, wrappers.Twist:
			wr.Steps[i].Command = shellSpec(ps, n.Kind != wrappers.Twist)
		case wrappers.Banner:
			wr.Steps[i].Banner = c.bannerOf(path.Join(n.Text, daemon))
		case wrappers.Umask, wrappers.Nice, wrappers.User, wrappers.UserGroup, wrappers.Group:
			changed = true
			if !c.change(&ps, n) {
				wr.Fails = i
				return wr, nil
			}
		}
	}
	if !changed {
		return wr, nil
	}
	p, err := spawn.Compile(ps)
	if err != nil {
		return nil, err
	}
	wr.Program = c.programs.Intern(p)
	return wr, nil
}

// shellSpec is the service's process with a shell in place of its program.
func shellSpec(ps spawn.Spec, alone bool) *spawn.Spec {
	ps.Path, ps.Argv = "/bin/sh", nil
	ps.Stdio, ps.Stderr = spawn.StdioSocket, spawn.StderrClient
	ps.Files, ps.Listen = 0, nil // what the service's processes have beside a client is not the shell's
	if alone {
		ps.Setsid = true
	}
	ps.Env = slices.Clone(ps.Env)
	return &ps
}

// change does one option to a process. It says no to a change of user that the
// service's own user could not make: a rule takes rights away, and gives none.
func (c *compiler) change(ps *spawn.Spec, n wrappers.Effect) bool {
	isRoot := c.host.Root && (!ps.Identity.Set || ps.Identity.UID == 0)
	switch n.Kind {
	case wrappers.Umask:
		ps.Umask = n.Num
		return true
	case wrappers.Nice:
		if n.Num > 0 || isRoot { // else it fails, which libwrap passes over
			ps.Nice = max(-20, min(19, ps.Nice+n.Num))
		}
		return true
	}
	if !isRoot {
		return false
	}
	id := spawn.Identity{Set: true, UID: ps.Identity.UID, GID: ps.Identity.GID, Groups: ps.Identity.Groups}
	group := n.Name
	if n.Kind == wrappers.Group {
		group = n.Text
	} else {
		u, err := c.host.LookupUser(n.Text)
		if err != nil {
			return false
		}
		id.UID, id.GID = u.UID, u.GID
		id.Groups, _ = c.host.GroupsOf(u)
	}
	if group != "" {
		gid, err := c.host.LookupGroup(group)
		if err != nil {
			return false
		}
		id.GID, id.Groups = gid, nil
	}
	ps.Identity = id
	return true
}

func (c *compiler) bannerOf(name string) []byte {
	c.wrap.banners[name] = true
	data, _ := c.wrap.read(c.host, name)
	return data[:min(len(data), maxBanner)]
}

// word of a place that is in neither file of the configuration.
func (p *places) hostsFile(at access.Place) (string, bool) {
	switch at.File {
	case wrappers.FileAllow:
		return fmt.Sprintf("%s:%d", p.allow, at.Line), true
	case wrappers.FileDeny:
		return fmt.Sprintf("%s:%d", p.deny, at.Line), true
	}
	return "", false
}
