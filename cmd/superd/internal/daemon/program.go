// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
	"superd/spawn"
)

// basePath is the PATH of handlers whose format does not give superd's own.
const basePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// neverPassed are variables that concern superd alone. A handler that found
// NOTIFY_SOCKET would speak for superd to the service manager; one that found
// LISTEN_FDS would take descriptors that it does not have.
var neverPassed = []string{"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "FDSTORE", "JOURNAL_STREAM", "INVOCATION_ID", "CREDENTIALS_DIRECTORY"}
var neverPrefixes = []string{"LISTEN_", "SUPERD_"}

// programSpec says what process serves a service's clients.
func programSpec(host *config.Host, s *services.Service) (spawn.Spec, error) {
	argv := s.List(services.Exec)
	if len(argv) == 0 {
		return spawn.Spec{}, fmt.Errorf("it has no program")
	}
	program, _ := config.Program(host, s) // a file that is wrong now is the spawn's to report: it may be mended later
	sp := spawn.Spec{
		Path:       program,
		Argv:       slices.Clone(argv),
		Chroot:     s.Str(services.Chroot),
		Dir:        s.Str(services.WorkingDirectory),
		Umask:      umask(s),
		Nice:       int(s.Int(services.Nice)),
		Rlimits:    rlimits(host, s),
		Setsid:     s.Bool(services.Setsid),
		NoNewPrivs: s.Bool(services.NoNewPrivs),
		Bounding:   bounding(s),
		Stdio:      stdio(s),
		Stderr:     stderr(s),
	}
	sp.Argv[0] = path.Base(argv[0])
	if s.Has(services.Argv0) {
		sp.Argv[0] = s.Str(services.Argv0)
	}
	user, err := identity(host, s, &sp)
	if err != nil {
		return sp, err
	}
	sp.Env = environment(host, s, user)
	if sp.Stdio == spawn.StdioNull && s.Has(services.FDName) {
		sp.Env = setVar(sp.Env, "LISTEN_FDNAMES="+s.Str(services.FDName))
	}
	return sp, nil
}

// identity resolves user, group and groups. It returns the user for HOME and
// its like.
func identity(host *config.Host, s *services.Service, sp *spawn.Spec) (config.User, error) {
	id, err := config.Identify(host, s)
	if err != nil {
		return id.User, err
	}
	if !id.Set {
		return host.LookupUser(strconv.Itoa(int(host.UID)))
	}
	sp.Identity = spawn.Identity{Set: true, UID: id.User.UID, GID: id.GID, Groups: id.Groups}
	return id.User, nil
}

// environment is what every handler of the service finds; the connection's own
// words come on top at each start.
func environment(host *config.Host, s *services.Service, user config.User) []string {
	var env []string
	pass := s.List(services.PassEnv)
	all := slices.Contains(pass, "*")
	if !all {
		env = append(env, "PATH="+basePath)
		if s.Compat() != "xinetd" {
			env = append(env, "HOME="+user.Home, "USER="+user.Name, "LOGNAME="+user.Name, "SHELL="+shell(user))
		} else {
			env = nil
		}
	}
	for _, kv := range host.Environ() {
		name, _, ok := strings.Cut(kv, "=")
		if ok && passes(pass, name) && !private(name) {
			env = setVar(env, kv)
		}
	}
	for _, kv := range s.List(services.Env) {
		env = setVar(env, kv)
	}
	if extra := s.List(services.Extra); len(extra) > 0 {
		env = setVar(env, "SUPERD_CONF="+strings.Join(extra, "\n"))
	}
	return env
}

// passes tells whether passenv lets a variable through: it is named, or "*" is, and
// no "!NAME" or "!BEGINNING*" keeps it back.
func passes(pass []string, name string) bool {
	yes := false
	for _, w := range pass {
		but, not := strings.CutPrefix(w, "!")
		beginning, any := strings.CutSuffix(but, "*")
		switch {
		case not && (but == name || any && strings.HasPrefix(name, beginning)):
			return false
		case !not && (w == "*" || w == name):
			yes = true
		}
	}
	return yes
}

func shell(u config.User) string {
	if u.Shell == "" {
		return "/bin/sh"
	}
	return u.Shell
}

func private(name string) bool {
	return slices.Contains(neverPassed, name) || slices.ContainsFunc(neverPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// setVar puts NAME=VALUE in, in place of an earlier value of the same name.
func setVar(env []string, kv string) []string {
	name, _, _ := strings.Cut(kv, "=")
	i := slices.IndexFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
	if i >= 0 {
		env[i] = kv
		return env
	}
	return append(env, kv)
}

func umask(s *services.Service) int {
	n, err := strconv.ParseInt(s.Str(services.Umask), 8, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

func bounding(s *services.Service) uint64 {
	if !s.Has(services.CapabilityBoundingSet) {
		return ^uint64(0)
	}
	var set uint64
	for _, name := range s.List(services.CapabilityBoundingSet) {
		if n, ok := spawn.CapByName(name); ok {
			set |= 1 << n
		}
	}
	return set
}

func stdio(s *services.Service) spawn.Stdio {
	if s.Str(services.Stdio) == "null" {
		return spawn.StdioNull
	}
	return spawn.StdioSocket
}

func stderr(s *services.Service) spawn.Stderr {
	switch s.Str(services.Stderr) {
	case "client":
		return spawn.StderrClient
	case "log":
		return spawn.StderrLog
	}
	return spawn.StderrNull
}
