// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// reloads makes the n-th configuration of TestReloadUnderLoad.
type reloads struct{ loaded, added, moved, moved2, steady int }

func (r reloads) conf(n int) string {
	if n%10 == 9 && n%20 != 19 {
		return "this is = = no TOML\n"
	}
	var b strings.Builder
	program := `["/bin/cat"]`
	if n%2 == 1 {
		program = `["/usr/bin/tr", "a-z", "A-Z"]`
	}
	fmt.Fprintf(&b, `[defaults]
user = "nobody"
host = "127.0.0.1"
[services.steady]
port = %d
exec = ["/bin/cat"]
[services.loaded]
port = %d
exec = %s
max_servers = %d
rlimit_files = %d
umask = "0%d"
nice = %d
per_source = %d
`, r.steady, r.loaded, program, 8+n%5, 64+n%7, 20+n%3, n%4, 50+n%9)
	if n%20 == 19 { // the service that is loaded is broken, the others are not
		b.WriteString("cps = \"many\"\n")
	}
	if n%3 != 0 {
		fmt.Fprintf(&b, "[services.added]\nport = %d\nexec = [\"/bin/cat\"]\n", r.added)
	}
	port := r.moved
	if n%2 == 1 {
		port = r.moved2
	}
	fmt.Fprintf(&b, "[services.moved]\nport = %d\nexec = [\"/bin/cat\"]\n", port)
	return b.String()
}

// What superd has at rest, to be the same before and after.
type atRest struct {
	descriptors       string
	children, threads int
	rss               int
}

func (s *super) atRest() atRest {
	// A handler is gone a moment before its pidfd is closed.
	s.until("all handlers to be gone", func() bool {
		return len(children(s.pid)) == 0 && !strings.Contains(s.descriptors(), "[pidfd]")
	})
	return atRest{s.descriptors(), len(children(s.pid)), s.field("Threads"), s.field("VmRSS")}
}

// A reload costs nobody a connection, whatever it changes: limits and program of
// the service that is under load, another service that comes and goes, one that
// moves to and fro; every tenth configuration is broken.
func TestReloadUnderLoad(t *testing.T) {
	n := 4000
	if os.Getenv("SUPERD_CI") == "1" && !raced {
		n = 20000
	}
	r := reloads{port(t), port(t), port(t), port(t), port(t)}
	s := start(t, with{}, r.conf(0))
	// A first round, so that what superd keeps for good is there: slots, stacks.
	load(t, address(r.loaded), 500, 8, nil, same)
	for i := range 20 {
		s.configure(r.conf(i))
		s.reload()
	}
	s.configure(r.conf(0))
	s.reload()
	before := s.atRest()

	done, quit := make(chan int), make(chan struct{})
	go func() { done <- reloadEvery(s, r, 200*time.Millisecond, quit) }()
	served := load(t, address(r.loaded), n, 8, nil, func(asked, answer string) bool {
		return asked == answer || strings.ToUpper(asked) == answer
	})
	close(quit)
	times := <-done
	if served != n || times < 5 {
		t.Errorf("%d of %d served, %d reloads", served, n, times)
	}
	s.configure(r.conf(0))
	s.reload()
	unharmed(t, address(r.loaded))
	unharmed(t, address(r.moved))
	after := s.atRest()
	if after.descriptors != before.descriptors {
		t.Errorf("descriptors before: %s\nafter: %s", before.descriptors, after.descriptors)
	}
	if after.threads > before.threads+2 {
		t.Errorf("%d threads before, %d after", before.threads, after.threads)
	}
	if after.rss > before.rss+8<<10 && !raced {
		t.Errorf("%d KiB before, %d KiB after", before.rss, after.rss)
	}
	s.idles("nothing happens")
}

func reloadEvery(s *super, r reloads, every time.Duration, quit <-chan struct{}) int {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-quit:
			return i - 1
		case <-tick.C:
			s.configure(r.conf(i))
			s.reload()
		}
	}
}

// A service that is changed a thousand times, one at a time, leaves nothing of
// what it was: not the configurations that it came from, either.
func TestReloadForgets(t *testing.T) {
	const services = 60
	base := port(t)
	conf := func(changed, round int) string {
		var b strings.Builder
		b.WriteString("[defaults]\nuser = \"nobody\"\nhost = \"127.0.0.1\"\n")
		// A large part that never changes: what a stale configuration would hold.
		for i := range 400 {
			fmt.Fprintf(&b, "[services.unix%d]\nport = \"$DIR/%d.sock|unix\"\nexec = [\"/bin/echo\", \"%s\"]\nonly_from = [\"192.0.2.%d\"]\n",
				i, i, strings.Repeat("x", 200), i%250)
		}
		fmt.Fprintf(&b, "[services.tcp]\nport = %d\nexec = [\"/bin/cat\"]\n", base)
		for i := range services {
			done := round
			if i <= changed {
				done++
			}
			fmt.Fprintf(&b, "[services.changed%d]\nport = \"$DIR/c%d.sock|unix\"\nexec = [\"/bin/echo\", \"%d\"]\n", i, i, done)
		}
		return b.String()
	}
	s := start(t, with{}, conf(-1, 0))
	s.configure(conf(services, 0))
	s.reload()
	before := s.field("VmRSS")
	for i := range services {
		s.configure(conf(i, 1))
		s.reload()
	}
	if after := s.field("VmRSS"); after > before+8<<10 && !raced {
		t.Errorf("VmRSS of %d KiB became %d KiB by %d reloads", before, after, services)
	}
}
