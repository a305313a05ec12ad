// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// misdeed is what a hostile worker does, and what superd must do about it.
type misdeed struct {
	how     string
	more    string // of its service
	clients int
	kill    string                  // the reason for which superd kills it
	state   func(p *poolState) bool // else: how its pool stands
}

func diesEarly(p *poolState) bool { return p.Counts.DiedEarly >= 2 }

var misdeeds = []misdeed{
	{how: "never reads", clients: 2, kill: "did not take a connection for 10 s"},
	{how: "never reads of many", more: "slots = 2000", clients: 600, kill: "does not read"},
	{how: "speaks first", kill: "does not have"},
	{how: "another's id", clients: 2, kill: "does not have"},
	{how: "ready twice", kill: "ready twice"},
	{how: "taken twice", clients: 2, kill: "taken twice"},
	{how: "done before taken", clients: 2, kill: "done before taken"},
	{how: "done twice", clients: 2, kill: "does not have"},
	{how: "floods", kill: "."},
	{how: "floods ready", kill: "ready twice"},
	{how: "64 KiB", kill: "too long"},
	{how: "descriptors", kill: "sent descriptors"},
	{how: "says nothing", kill: "closed its channel"},
	{how: "closes before ready", kill: "closed its channel"},
	{how: "closes after ready", kill: "closed its channel"},
	{how: "will not speak", kill: "closed its channel"},
	{how: "will not listen", clients: 2, state: func(p *poolState) bool { return p.Counts.Started > 2 }},
	{how: "closes and serves", clients: 2, kill: "closed its channel"},
	{how: "forks", clients: 2, kill: "."},
	{how: "stops untaken", clients: 2, kill: "did not take a connection"},
	{how: "stops", more: "request_timeout = 1", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut >= 2 }},
	{how: "execs", more: "request_timeout = 1", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut >= 2 }},
	{how: "execs with close-on-exec", clients: 2, kill: "closed its channel"},
	{how: "exits before ready 0", state: diesEarly},
	{how: "exits before ready 1", state: diesEarly},
	{how: "exits after ready 0", clients: 2, state: diesEarly},
	{how: "exits after ready 1", clients: 2, state: diesEarly},
	{how: "exits before taken 0", clients: 2, state: diesEarly},
	{how: "exits before taken 1", clients: 2, state: diesEarly},
	{how: "exits after taken 0", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut == 2 && p.Counts.Died == 2 }},
	{how: "exits after taken 1", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut == 2 && p.Counts.Died == 2 }},
	{how: "exits before done 0", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut == 2 }},
	{how: "exits before done 1", clients: 2, state: func(p *poolState) bool { return p.Counts.Cut == 2 }},
	{how: "exits after done 0", clients: 2, state: func(p *poolState) bool { return p.Counts.Died == 2 && p.Counts.Cut == 0 }},
	{how: "exits after done 1", clients: 2, state: func(p *poolState) bool { return p.Counts.Died == 2 && p.Counts.Cut == 0 }},
}

// id is the service's, of what its workers do.
func (m *misdeed) id() string { return strings.NewReplacer(" ", "-", "'", "").Replace(m.how) }

// hostileAddress is where the n-th of them listens: an address that no client of another
// test on this machine is given as its own, as it may be one of 127.0.0.1.
func hostileAddress(n int) (host string, port int) {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.1", 100+pid%100, pid/100%250), 7000 + n
}

// hostilePools is a configuration with a service for each of some misdeeds, beside
// one that is well.
func hostilePools(well int, list []misdeed) string {
	var b strings.Builder
	fmt.Fprintf(&b, `[daemon]
log_level = 3
dump_file = "$DIR/dump.json"
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.well]
port = %d
exec = ["/bin/cat"]
`, well)
	for i, m := range list {
		host, port := hostileAddress(i)
		fmt.Fprintf(&b, `[services.%s]
host = "%s"
port = %d
mode = "prefork-simple"
worker = "pass"
max_servers = 2
exec = ["$BIN/faulty", "hostile", "%s"]
%s
`, m.id(), host, port, m.how, m.more)
	}
	return b.String()
}

// Whatever a worker does, it costs its own clients and no one else: superd's CPU,
// memory and descriptors stay as they are, and another service does not notice.
func TestHostileWorkers(t *testing.T) {
	well := port(t)
	s := start(t, with{}, hostilePools(well, nil))
	unharmed(t, address(well))
	s.reload()
	before := s.atRest()
	s.configure(hostilePools(well, misdeeds))
	s.reload()
	for i, m := range misdeeds {
		for range m.clients {
			host, port := hostileAddress(i)
			askWorker(t, fmt.Sprintf("%s:%d", host, port))
		}
	}
	unharmed(t, address(well))
	for _, m := range misdeeds {
		t.Run(m.how, func(t *testing.T) {
			sub := *s
			sub.t = t
			if m.kill != "" {
				sub.waitLog("event=worker-kill service=" + m.id() + " .*" + m.kill)
				return
			}
			sub.untilPool(m.id(), "as it should be", m.state)
		})
	}
	unharmed(t, address(well))
	s.idles("all pools have hostile workers")
	for _, m := range misdeeds {
		if p := s.pool(m.id()); p.Counts.Started > 60 {
			t.Errorf("%s: %d workers were started", m.how, p.Counts.Started)
		}
	}
	s.until("the well service's handlers to be reaped", func() bool {
		for _, x := range s.dump().Services {
			if x.ID == "well" {
				return x.Running == 0
			}
		}
		return false
	})
	s.configure(hostilePools(well, nil))
	s.reload()
	after := s.atRest()
	if after.descriptors != before.descriptors {
		t.Errorf("descriptors before: %s\nafter: %s", before.descriptors, after.descriptors)
	}
	if !raced && (after.rss > before.rss+12<<10 || after.threads > before.threads+2) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// askWorker is a client who reads what there is, in the background, until the end of
// the test or of the connection.
func askWorker(t *testing.T, addr string) {
	t.Helper()
	go io.Copy(io.Discard, dial(t, "tcp", addr))
}
