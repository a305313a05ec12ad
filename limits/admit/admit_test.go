// SPDX-License-Identifier: Apache-2.0

package admit_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"superd/limits"
	"superd/limits/access"
	"superd/limits/admit"
)

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("192.0.2.2")
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
)

const (
	second = int64(time.Second)
	start  = 1000 * second // a clock's beginning is arbitrary
)

func policy(change func(p *admit.Policy)) *admit.Policy {
	p := admit.Unrestricted()
	change(&p)
	return &p
}

func at(s float64) admit.Now {
	return admit.Now{Wall: noon, Mono: start + int64(s*1e9)}
}

func rules(t *testing.T, onlyFrom string) *access.Rules {
	rs, err := access.ParseXinetd(onlyFrom, access.Resolver{})
	if err != nil {
		t.Fatal(err)
	}
	rs[0].Place = access.Place{File: 4, Line: 7}
	r, err := access.Compile(access.Spec{OnlyFrom: rs, OnlyFromSet: true, OnlyFromPlace: access.Place{File: 4, Line: 7}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFTPData: port 20 is refused where the policy says so, before anything counts
// the client, and no other port is.
func TestFTPData(t *testing.T) {
	for _, c := range []struct {
		no   bool
		port uint16
		word string
	}{{true, 20, "address"}, {true, 21, "ok"}, {true, 0, "ok"}, {false, 20, "ok"}} {
		var g admit.Gate
		now := at(0)
		now.Port = c.port
		v := g.Admit(policy(func(p *admit.Policy) { p.NoFTPData = c.no }), alice, now)
		want(t, fmt.Sprint(c), v, c.word)
		if !v.Allow && (v.Rule != "source port 20" || g.Running() != 0) {
			t.Errorf("%v: %+v, %d run", c, v, g.Running())
		}
	}
}

// want says the verdict in a word: "ok" or the reason.
func want(t *testing.T, what string, v admit.Verdict, word string) {
	t.Helper()
	got := v.Reason.String()
	if v.Allow {
		got = "ok"
	}
	if got != word {
		t.Errorf("%s: %s, want %s (%+v)", what, got, word, v)
	}
}

func TestEachStage(t *testing.T) {
	window, _ := limits.ParseWindow("8:00-11:59")
	for _, c := range []struct {
		reason string
		change func(p *admit.Policy)
		now    admit.Now
	}{
		{"time", func(p *admit.Policy) { p.Windows = limits.Windows{window} }, at(0)},
		{"address", func(p *admit.Policy) { p.Rules = rules(t, "10.0.0.0") }, at(0)},
		{"penalty", func(p *admit.Policy) { p.Penalized = func(a netip.Addr, _ admit.Now) bool { return a == alice } }, at(0)},
		{"load", func(p *admit.Policy) { p.MaxLoad = 2 }, admit.Now{Load: 2}},
		{"service_limit", func(p *admit.Policy) { p.MaxServers = 0 }, at(0)},
		{"service_limit", func(p *admit.Policy) { p.MaxServers, p.Queue = 0, true }, at(0)},
		{"per_source_limit", func(p *admit.Policy) { p.PerSource = 0 }, at(0)},
		{"starts_per_minute", func(p *admit.Policy) { p.StartsPerMinute = 0 }, at(0)},
		{"per_source_per_minute", func(p *admit.Policy) { p.PerSourcePerMinute = 0 }, at(0)},
	} {
		var g admit.Gate
		p := policy(c.change)
		v := g.Admit(p, alice, c.now)
		want(t, "a client", v, c.reason)
		if v.Rule == "" {
			t.Errorf("%s: nothing says which rule it was", c.reason)
		}
		if g.Running() != 0 || g.Allowed() != 0 || g.Refused(v.Reason) != 1 {
			t.Errorf("%s: %d run, %d were allowed, %d refused", c.reason, g.Running(), g.Allowed(), g.Refused(v.Reason))
		}
		if !g.Ready(p, c.now.Mono).OK {
			t.Errorf("%s: clients wait for what will never be", c.reason)
		}
		p.Sources = new([admit.NumReasons]admit.Source)
		p.Sources[v.Reason] = admit.Source{Text: "as written = 0", Place: access.Place{File: 4, Line: 9}}
		if v := g.Admit(p, alice, c.now); v.Reason != admit.Address && (v.Rule != "as written = 0" || v.Place.Line != 9) {
			t.Errorf("%s: the rule is %q of line %d", c.reason, v.Rule, v.Place.Line)
		}
	}
}

// TestUnknownPeer: of a stream socket that is handed over nobody knows the client.
// Limits of one source do not bind him, unless they let in nobody at all.
func TestUnknownPeer(t *testing.T) {
	for limit, word := range map[int64]string{-1: "ok", 0: "per_source_limit", 1: "ok"} {
		var g admit.Gate
		p := policy(func(p *admit.Policy) { p.PerSource = limit })
		want(t, fmt.Sprint("per_source = ", limit), g.Admit(p, netip.Addr{}, at(0)), word)
		want(t, fmt.Sprint("the second, per_source = ", limit), g.Admit(p, netip.Addr{}, at(1)), word)
	}
}

func TestOrder(t *testing.T) {
	window, _ := limits.ParseWindow("8:00-11:59")
	p := policy(func(p *admit.Policy) {
		p.Windows = limits.Windows{window}
		p.Rules = rules(t, "10.0.0.0")
		p.Penalized = func(netip.Addr, admit.Now) bool { return true }
		p.StartsPerMinute, p.PerSourcePerMinute, p.MaxServers, p.PerSource = 0, 0, 0, 0
		p.MaxLoad = 1
	})
	g := admit.Gate{Global: &admit.Global{Max: 0}}
	now := admit.Now{Wall: noon, Load: 1}
	for _, step := range []struct {
		reason string
		lift   func()
	}{
		{"time", func() { p.Windows = nil }},
		{"address", func() { p.Rules = nil }},
		{"penalty", func() { p.Penalized = nil }},
		{"starts_per_minute", func() { p.StartsPerMinute = 1 }},
		{"per_source_per_minute", func() { p.PerSourcePerMinute = 1 }},
		{"load", func() { now.Load = 0.99 }},
		{"service_limit", func() { p.MaxServers = 1 }},
		{"per_source_limit", func() { p.PerSource = 1 }},
		{"process_limit", func() { g.Global.Max = 1 }},
		{"ok", func() {}},
	} {
		want(t, "with what is left", g.Admit(p, alice, now), step.reason)
		step.lift()
	}
	if g.Running() != 1 || g.Global.Running() != 1 {
		t.Errorf("%d and %d run", g.Running(), g.Global.Running())
	}
}

func TestVerdictOfAllowed(t *testing.T) {
	var g admit.Gate
	v := g.Admit(policy(func(p *admit.Policy) { p.Rules = rules(t, "192.0.2.0") }), alice, at(0))
	if !v.Allow || v.Rule != "192.0.2.0/24" || v.List != "only_from" || v.Place != (access.Place{File: 4, Line: 7}) {
		t.Errorf("%+v", v)
	}
}

// A row is what happens, at which second, and what comes of it.
type row struct {
	at   float64
	what string // "knock", "admit", "ready"
	want string
}

func run(t *testing.T, p *admit.Policy, rows []row) {
	t.Helper()
	var g admit.Gate
	for i, r := range rows {
		var got string
		switch r.what {
		case "admit":
			got = g.Admit(p, alice, at(r.at)).Reason.String()
		case "ready", "knock":
			ready := g.Ready(p, at(r.at).Mono)
			if r.what == "knock" {
				ready = g.Knock(p, at(r.at).Mono)
			}
			if ready.Until != 0 {
				got = fmt.Sprintf("until %g", float64(ready.Until-start)/1e9)
			}
			if ready.Watch {
				got += " watch"
			}
			if ready.Began {
				got += " began"
			}
			if ready.OK != (got == "") {
				t.Errorf("row %d: %+v", i, ready)
			}
		}
		if got != r.want {
			t.Errorf("row %d, %s at %g: %q, want %q", i, r.what, r.at, got, r.want)
		}
	}
}

func TestCPS(t *testing.T) {
	p := policy(func(p *admit.Policy) { p.CPS = admit.CPS{N: 3, Wait: 5 * time.Second} })
	t.Run("the client too many waits", func(t *testing.T) {
		run(t, p, []row{
			{0, "knock", ""}, {0, "admit", ""}, {0, "knock", ""}, {0, "admit", ""}, {0, "knock", ""}, {0.5, "admit", ""},
			{0.6, "ready", "until 2 watch"}, {0.6, "ready", "until 2 watch"}, // asking begins nothing
			{0.9, "knock", "until 5.9 began"}, {1, "knock", "until 5.9"}, {5.8, "ready", "until 5.9"},
			{5.9, "knock", ""}, {5.9, "admit", ""}, {5.9, "admit", ""}, {5.9, "admit", ""}, {5.9, "ready", "until 7.9 watch"},
		})
	})
	t.Run("nobody comes, nobody waits", func(t *testing.T) {
		run(t, p, []row{{0, "admit", ""}, {0, "admit", ""}, {0, "admit", ""}, {1.9, "ready", "until 2 watch"}, {2, "ready", ""}, {2, "knock", ""}, {2, "admit", ""}})
	})
	t.Run("integer division", func(t *testing.T) {
		// Of 3 a second in 2 seconds 7 are served, since 7/2 is 3; the eighth is too many.
		run(t, p, []row{
			{0, "admit", ""}, {2, "admit", ""}, {2, "admit", ""}, {2, "admit", ""}, {2, "admit", ""}, {2, "admit", ""}, {2, "knock", ""}, {2, "admit", ""},
			{2.5, "knock", "until 7.5 began"},
		})
	})
	t.Run("the window is N seconds long", func(t *testing.T) {
		run(t, p, []row{{0, "admit", ""}, {2.9, "admit", ""}, {3, "admit", ""}, {3, "admit", ""}, {3, "admit", ""}, {3, "ready", "until 5 watch"}})
	})
	t.Run("without asking", func(t *testing.T) {
		run(t, p, []row{
			{0, "admit", ""}, {0, "admit", ""}, {0, "admit", ""}, {0, "admit", "connections per second"}, {4, "admit", "connections per second"},
			{4.9, "ready", "until 5"}, {5, "admit", ""},
		})
	})
	t.Run("N = 1", func(t *testing.T) {
		run(t, policy(func(p *admit.Policy) { p.CPS = admit.CPS{N: 1, Wait: time.Second} }),
			[]row{{0, "admit", ""}, {0, "knock", "until 1 began"}, {1, "knock", ""}, {1, "admit", ""}, {2, "knock", ""}})
	})
	t.Run("no wait is a second", func(t *testing.T) {
		run(t, policy(func(p *admit.Policy) { p.CPS = admit.CPS{N: 1} }), []row{{0, "admit", ""}, {0, "knock", "until 1 began"}})
	})
	t.Run("none", func(t *testing.T) {
		run(t, policy(func(p *admit.Policy) { p.CPS = admit.CPS{Wait: time.Second} }), []row{{0, "admit", ""}, {0, "admit", ""}, {0, "knock", ""}})
	})
	t.Run("a reload ends the pause", func(t *testing.T) {
		var g admit.Gate
		for range 3 {
			g.Admit(p, alice, at(0))
		}
		g.Knock(p, at(0).Mono)
		shorter := policy(func(p *admit.Policy) { p.CPS = admit.CPS{N: 3, Wait: time.Second} })
		none := policy(func(*admit.Policy) {})
		if g.Ready(p, at(2).Mono).OK || !g.Ready(shorter, at(2).Mono).OK || !g.Ready(none, at(2).Mono).OK {
			t.Error("the pause is not the present policy's")
		}
	})
	t.Run("running handlers are not forgotten", func(t *testing.T) {
		var g admit.Gate
		p := policy(func(p *admit.Policy) { p.CPS, p.MaxServers = admit.CPS{N: 2, Wait: time.Second}, 2 })
		g.Admit(p, alice, at(0))
		g.Admit(p, alice, at(0))
		g.Knock(p, at(0).Mono)
		want(t, "after the pause", g.Admit(p, alice, at(9)), "service_limit")
	})
}

func TestPerMinute(t *testing.T) {
	run(t, policy(func(p *admit.Policy) { p.StartsPerMinute = 2 }), []row{
		{0, "admit", ""}, {30, "knock", ""}, {59, "admit", ""}, {59, "ready", "until 60"}, {59.5, "knock", "until 60"}, {59.9, "admit", "starts_per_minute"},
		{60, "knock", ""}, {61, "admit", ""}, {62, "admit", ""}, {100, "ready", "until 121"}, {121, "admit", ""},
	})
	var g admit.Gate
	p := policy(func(p *admit.Policy) { p.PerSourcePerMinute = 1 })
	want(t, "the first", g.Admit(p, alice, at(0)), "ok")
	want(t, "the second", g.Admit(p, alice, at(1)), "per_source_per_minute")
	want(t, "another's", g.Admit(p, bob, at(30)), "ok")
	want(t, "a unix client's", g.Admit(p, netip.Addr{}, at(30)), "ok")
	want(t, "mapped", g.Admit(p, netip.AddrFrom16(alice.As16()), at(59)), "per_source_per_minute")
	want(t, "in the next minute", g.Admit(p, alice, at(60)), "ok")
	want(t, "again", g.Admit(p, alice, at(60)), "per_source_per_minute")
	want(t, "bob in the next minute", g.Admit(p, bob, at(60)), "ok")
}

func TestQueue(t *testing.T) {
	gl := admit.Global{Max: 3}
	g := admit.Gate{Global: &gl}
	p := policy(func(p *admit.Policy) { p.MaxServers, p.Queue = 2, true })
	refuse := policy(func(p *admit.Policy) { p.MaxServers = 2 })
	g.Admit(p, alice, at(0))
	g.Admit(p, bob, at(0))
	if r := g.Ready(p, 0); r.OK || r.Watch || r.Until != 0 || r.Reason != admit.ServiceLimit {
		t.Errorf("full: %+v", r)
	}
	if r := g.Ready(refuse, 0); !r.OK {
		t.Errorf("full, refusing: %+v", r)
	}
	want(t, "full", g.Admit(p, alice, at(0)), "service_limit")
	g.Release(alice)
	if r := g.Ready(p, 0); !r.OK {
		t.Errorf("after a release: %+v", r)
	}

	other := admit.Gate{Global: &gl}
	other.Admit(p, alice, at(0))
	other.Admit(p, alice, at(0))
	if r := g.Ready(p, 5); r.OK || r.Until <= 5 || r.Reason != admit.ProcessLimit {
		t.Errorf("others fill the daemon's limit, and nobody will wake this gate: %+v", r)
	}
	want(t, "the daemon's limit", g.Admit(p, alice, at(0)), "process_limit")
	want(t, "its reason for a service that refuses", g.Admit(refuse, alice, at(0)), "process_limit")
	other.Release(alice)
	want(t, "after a release elsewhere", g.Admit(p, alice, at(0)), "ok")
}

func TestReload(t *testing.T) {
	var g admit.Gate
	p := policy(func(*admit.Policy) {})
	for range 5 {
		g.Admit(p, alice, at(0))
	}
	lower := policy(func(p *admit.Policy) { p.MaxServers, p.PerSource = 6, 5 })
	want(t, "the source is counted from before", g.Admit(lower, alice, at(0)), "per_source_limit")
	want(t, "another source", g.Admit(lower, bob, at(0)), "ok")
	want(t, "now full", g.Admit(lower, bob, at(0)), "service_limit")
	g.Release(alice)
	want(t, "room", g.Admit(lower, alice, at(0)), "ok")
}

func TestReleaseTooOften(t *testing.T) {
	gl := admit.Global{Max: 5}
	g := admit.Gate{Global: &gl}
	p := policy(func(p *admit.Policy) { p.MaxServers = 1 })
	g.Admit(p, alice, at(0))
	g.Release(alice)
	g.Release(alice)
	if g.Running() != 0 || gl.Running() != 0 {
		t.Errorf("%d and %d run", g.Running(), gl.Running())
	}
}

func TestExplain(t *testing.T) {
	window, _ := limits.ParseWindow("8:00-17:59")
	p := policy(func(p *admit.Policy) {
		p.Windows = limits.Windows{window}
		p.Rules = rules(t, "10.0.0.0")
		p.CPS = admit.CPS{N: 2, Wait: 10 * time.Second}
		p.MaxServers, p.PerSource, p.MaxLoad, p.StartsPerMinute = 50, 2, 4, 100
	})
	inside := netip.MustParseAddr("10.1.2.3")
	var g admit.Gate
	g.Admit(p, inside, at(0))
	g.Admit(p, inside, at(0))
	g.Knock(p, at(1).Mono)
	now := at(3)
	now.Load = 1.5
	var got []string
	for _, s := range admit.Explain(p, &g, alice, now) {
		got = append(got, fmt.Sprintf("%s|%v|%s|%v", s.Stage, s.Allow, s.Note, s.Reason))
	}
	if diff := strings.Join(got, "\n"); diff != strings.Join([]string{
		"enabled|true|not set|",
		"access_times|true|8:00-17:59, until Wed 18:00|",
		"address|false|only_from: no entry of only_from matches|address",
		"penalty|true|not set|",
		"libwrap|true|not set|",
		"cps|false|pauses for another 8s|connections per second",
		"starts_per_minute|true|2 of 100 in this minute|",
		"per_source_per_minute|true|not set|",
		"max_load|true|1.50, refused from 4.00 on|",
		"max_servers|true|2 of 50 run|",
		"per_source|true|0 of 2 run|",
		"process limit|true|not set|",
	}, "\n") {
		t.Errorf("got:\n%s", diff)
	}
	if g.Refused(admit.Address) != 0 || g.Running() != 2 {
		t.Error("to explain is to count")
	}
	for _, s := range admit.Explain(policy(func(*admit.Policy) {}), nil, netip.Addr{}, at(0)) {
		if !s.Allow {
			t.Errorf("at rest: %+v", s)
		}
	}
}

func TestNothingAllocated(t *testing.T) {
	p := policy(func(p *admit.Policy) {
		p.Rules = rules(t, "192.0.2.0")
		p.CPS = admit.CPS{N: 1 << 30, Wait: time.Second}
		p.MaxServers, p.PerSource, p.PerSourcePerMinute = 100, 10, 1<<30
	})
	g := admit.Gate{Global: &admit.Global{Max: 1000}}
	now := at(0)
	outside := netip.MustParseAddr("203.0.113.9")
	turn := func() {
		now.Mono += int64(time.Millisecond)
		g.Ready(p, now.Mono)
		g.Knock(p, now.Mono)
		if !g.Admit(p, alice, now).Allow || g.Admit(p, outside, now).Allow {
			t.Fatal("the rules are not applied")
		}
		g.Release(alice)
	}
	turn()
	if n := testing.AllocsPerRun(1000, turn); n != 0 {
		t.Errorf("a connection allocates %v times", n)
	}
}
