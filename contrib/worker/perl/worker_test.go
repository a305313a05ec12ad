// SPDX-License-Identifier: Apache-2.0

package perl

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"superd/contrib/worker/internal/player"
	"superd/internal/testneed"
)

// startWith is a start with lines of configuration.
func startWith(conf ...string) player.Start { return player.Start{Conf: conf} }

// TestLife: how a program of Net::Server's lives as a worker, seen from superd's side.
func TestLife(t *testing.T) {
	w := newWorld(t)
	_, hooks := w.program(t, "hooks.pl")
	diary := func(t *testing.T) (word string, read func() string) {
		name := filepath.Join(t.TempDir(), "diary")
		return "--diary=" + name, func() string {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(strings.Fields(strings.ReplaceAll(string(text), " ", "_")), " ")
		}
	}
	const start = "post_configure_hook post_bind_hook pre_loop_hook"
	const client = " post_accept_hook_client allow_deny_hook_client process_request_client post_process_request_hook_1 post_client_connection_hook"
	expect := func(t *testing.T, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("the hooks were\n%s\nnot\n%s", got, want)
		}
	}

	t.Run("the hooks' order", func(t *testing.T) {
		word, read := diary(t)
		s := w.startWorker(t, 1, nil, hooks, word)
		ask(t, s, "one\n")
		ask(t, s, "two\n")
		s.stop(t)
		expect(t, read(), start+" child_init_hook"+client+client+" child_finish_hook")
	})
	t.Run("done leaves after the client", func(t *testing.T) {
		word, read := diary(t)
		s := w.startWorker(t, 1, nil, hooks, word)
		ask(t, s, "leave\n")
		s.done(t)
		s.exited(t)
		expect(t, read(), start+" child_init_hook"+client+" child_finish_hook")
	})
	t.Run("a handler that dies", func(t *testing.T) {
		s := w.startWorker(t, 1, nil, hooks)
		ask(t, s, "die\n")
		if got := ask(t, s, "next\n"); !strings.HasSuffix(got, "process_request client\n") {
			t.Errorf("the next client got %q", got)
		}
		s.stop(t)
		if !strings.Contains(s.log(), "told to\n") {
			t.Errorf("the log has %q", s.log())
		}
	})
	t.Run("SIGTERM", func(t *testing.T) {
		word, read := diary(t)
		s := w.startWorker(t, 1, nil, hooks, word)
		if err := s.Signal(15); err != nil {
			t.Fatal(err)
		}
		s.exited(t)
		expect(t, read(), start+" child_init_hook child_finish_hook")
	})
	t.Run("SIGHUP while a client is served", func(t *testing.T) {
		word, read := diary(t)
		s := w.startWorker(t, 1, nil, hooks, word)
		c := s.dial(t)
		if err := s.Signal(1); err != nil {
			t.Fatal(err)
		}
		hangUp(t, c)
		rest(t, c)
		s.done(t)
		s.exited(t)
		expect(t, read(), start+" child_init_hook"+client+" child_finish_hook")
	})
	t.Run("dequeue", func(t *testing.T) {
		word, read := diary(t)
		s := w.newWorker(t, player.Start{Version: "dequeue"}, hooks, word)
		s.exited(t)
		expect(t, read(), start+" child_init_hook_dequeue dequeue child_finish_hook_dequeue")
	})
	t.Run("a process for each client", func(t *testing.T) {
		word, read := diary(t)
		s := w.startWorker(t, 3, nil, hooks, word)
		a, b := s.dial(t), s.dial(t)
		for _, c := range []interface{ CloseWrite() error }{b.(interface{ CloseWrite() error }), a.(interface{ CloseWrite() error })} {
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		rest(t, a)
		rest(t, b)
		s.stop(t)
		for hook, want := range map[string]int{"pre_loop_hook": 1, "child_init_hook": 2, "process_request_client": 2, "child_finish_hook": 2} {
			if n := strings.Count(read(), hook); n != want {
				t.Errorf("%s ran %d times, not %d: %s", hook, n, want, read())
			}
		}
	})
}

// TestUnusedMethods: a program is warned at start of what will not be called.
func TestUnusedMethods(t *testing.T) {
	w := newWorld(t)
	program := func(t *testing.T, text string) string {
		name := filepath.Join(t.TempDir(), "p.pl")
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, c := range map[string]struct {
		text  string
		slots int
		want  []string
	}{
		"none": {"package P; use base 'Superd::NetServer'; sub process_request { } sub child_init_hook { } sub mine { } P->run(port => 1);", 1, nil},
		"several": {`package P; use base 'Superd::NetServer';
sub loop { } sub bind { } sub pre_server_close_hook { } sub run_n_children_hook { } sub mux_input { } sub pre_fork_hook { } sub sig_hup { } P->run;`, 1,
			[]string{"bind: superd opens the sockets", "loop: superd hands over", "pre_server_close_hook: the end of a worker", "run_n_children_hook: superd starts",
				"mux_input: the base class", "pre_fork_hook: superd starts the workers", "sig_hup: superd reloads"}},
		"a process for each client": {"package P; use base 'Superd::NetServer'; sub pre_fork_hook { } sub register_child { } sub pre_accept_hook { } P->run;", 2, nil},
		"multiplex": {`package P; use base 'Superd::NetServer::Multiplex';
sub mux_input { } sub pre_server_close_hook { } sub process_request { } P->run;`, 5, []string{"process_request: clients are served by"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.startWorker(t, c.slots, nil, program(t, c.text))
			s.stop(t)
			var got []string
			for l := range strings.Lines(s.log()) {
				if _, text, ok := strings.Cut(l, "P has methods that are not called in a worker of superd's: "); ok {
					got = append(got, text)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("the warnings are %q, not %q", got, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(strings.Join(got, ""), want) {
					t.Errorf("no %q in %q", want, got)
				}
			}
		})
	}
}

// TestNotStartedBySuperd: the program says who starts it.
func TestNotStartedBySuperd(t *testing.T) {
	w := newWorld(t)
	_, hooks := w.program(t, "hooks.pl")
	for _, version := range []string{"unset", "0", "x\n", "-1"} {
		s := w.newWorker(t, player.Start{Version: version}, hooks)
		err := s.ExpectExit("0")
		if err == nil || !strings.Contains(err.Error(), `started by superd with worker = "pass"`) {
			t.Errorf("SUPERD_WORKER=%q: %v", version, err)
		}
	}
}

// TestTable: README.md says of each method that is not called why.
func TestTable(t *testing.T) {
	testneed.Need(t, "machine:perl")
	out, err := exec.Command("perl", "-Ilib", "-MSuperd::NetServer::Unused", "-e", `print join "\n", Superd::NetServer::Unused::names`).Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("README.md has no %s", name)
		}
	}
}
