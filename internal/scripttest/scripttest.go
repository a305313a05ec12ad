// SPDX-License-Identifier: Apache-2.0

// Package scripttest is the language of the acceptance tests: what a testscript
// (one .txtar file, one promise) can say beyond the usual commands. README.md
// in testdata/script lists the words.
//
// Owns: the processes, connections and peers root of a script, until its end.
// Does not know: superd; a script starts it as it starts any program.
// Concurrency: each script has a state of its own; scripts run in parallel.
// Errors: end the script, with what its processes have printed.
package scripttest

import (
	"os"
	"os/user"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"superd/internal/peers"
	"superd/internal/testneed"
)

// state is what one script has running.
type state struct {
	t     testneed.T
	root  *peers.Root // nil: the script runs on the machine itself
	procs map[string]*proc
	conns map[string]*conn
	seen  map[string]int         // how much of a log waitlog has passed
	files map[string]os.FileInfo // of logs that are files: which file that was
	given map[string]*os.File    // what activate has opened
}

type stateKey struct{}

func of(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

// Params gives what testscript.Run wants for the scripts of a folder. setup
// may be nil.
func Params(dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			return testneed.Have(cond) == nil, nil
		},
		Cmds: commands(),
		Setup: func(env *testscript.Env) error {
			s := &state{t: env.T(), procs: map[string]*proc{}, conns: map[string]*conn{}, seen: map[string]int{}, files: map[string]os.FileInfo{},
				given: map[string]*os.File{}}
			env.Values[stateKey{}] = s
			env.Defer(s.close)
			// Handlers run as nobody, who must get at the script's files.
			for _, dir := range []string{filepath.Dir(env.WorkDir), env.WorkDir} {
				if err := os.Chmod(dir, 0o755); err != nil {
					return err
				}
			}
			me, err := user.Current()
			if err != nil {
				return err
			}
			env.Setenv("ME", me.Username)
			if setup != nil {
				return setup(env)
			}
			return nil
		},
	}
}

// command is one word of the language. usage is what it takes; "!" before it
// means that the word may be negated.
type command struct {
	usage    string
	min, max int // number of arguments; max < 0: no limit
	negation bool
	run      func(s *state, ts *testscript.TestScript, neg bool, args []string)
}

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	out := map[string]func(*testscript.TestScript, bool, []string){}
	for name, c := range words() {
		out[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if len(args) < c.min || c.max >= 0 && len(args) > c.max || neg && !c.negation {
				ts.Fatalf("usage: %s %s", name, c.usage)
			}
			c.run(of(ts), ts, neg, args)
		}
	}
	return out
}

// words are the commands.
func words() map[string]command {
	return map[string]command{
		"need":  {"WHAT…", 1, -1, false, need},
		"peers": {"", 0, 0, false, enterPeers},
		"subst": {"FILE…", 1, -1, false, subst},
		"in":    {"PROGRAM [ARG]…", 1, -1, true, runInside},

		"start":    {"NAME PROGRAM [ARG]…", 2, -1, false, start},
		"activate": {"NAME [VARIABLE=VALUE]… [FDNAME=SOCKET]… -- PROGRAM [ARG]…", 3, -1, false, activate},
		"signal":   {"SIGNAL NAME", 2, 2, false, signal},
		"waitexit": {"NAME [STATUS|SIGNAL]", 1, 2, false, waitExit},
		"waitlog":  {"NAME|FILE REGEXP", 2, 2, false, waitLog},
		"log":      {"NAME|FILE REGEXP", 2, 2, true, checkLog},

		"grab": {"VARIABLE NAME|FILE REGEXP", 3, 3, false, grab},

		"port":     {"VARIABLE…", 1, -1, false, ports},
		"waitport": {"[NETWORK:]PORT|PATH", 1, 1, true, waitPort},

		"dial":     {"[-from ADDR] NAME [NETWORK:]ADDR", 2, 4, true, dial},
		"send":     {"NAME TEXT", 2, 2, false, send},
		"expect":   {"NAME REGEXP", 2, 2, false, expect},
		"closes":   {"NAME", 1, 1, false, closes},
		"resets":   {"NAME", 1, 1, false, resets},
		"shutdown": {"NAME", 1, 1, false, shutdown},
		"hangup":   {"[-rst] NAME", 1, 2, false, hangup},
	}
}

// need ends the script as testneed does, unless the machine has all of it.
func need(s *state, ts *testscript.TestScript, _ bool, args []string) {
	testneed.Need(s.t, args...)
}

// subst puts the values of the script's variables into files, where they are
// written $NAME or ${NAME}.
func subst(s *state, ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// enterPeers moves the rest of the script's processes and connections into a
// peers root of its own. The script's files are there at the same paths.
func enterPeers(s *state, ts *testscript.TestScript, _ bool, _ []string) {
	testneed.Need(s.t, "root", "namespaces", "bash")
	if s.root != nil {
		ts.Fatalf("peers: the script is inside already")
	}
	// The commands that testscript.Main installed lie in the temporary folder.
	root, err := peers.Open(peers.Options{})
	ts.Check(err)
	s.root = root
}

// close ends what the script left running.
func (s *state) close() {
	for _, c := range s.conns {
		c.Close()
	}
	for _, p := range s.procs {
		p.end()
	}
	for _, f := range s.given {
		f.Close() // of none is an error that nobody minds
	}
	if s.root != nil {
		s.root.Close()
	}
	if f, ok := s.t.(interface{ Failed() bool }); ok && f.Failed() {
		if l, ok := s.t.(interface{ Log(...any) }); ok {
			l.Log(s.outputs())
		}
	}
}
