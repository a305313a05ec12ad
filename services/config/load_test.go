// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
)

// script is a front-end for tests: it hands over what it is made of.
type script func(sink config.Sink, id services.FileID) config.Unit

func (s script) Parse(_ *config.Host, sink config.Sink, name string, _ []byte) config.Unit {
	return s(sink, sink.File(name))
}

// load runs one script as the format "script" on a machine where any program is.
func load(t *testing.T, s script, more ...config.Source) *config.Result {
	t.Helper()
	host := configtest.Host(map[string]string{"f": "x\n"})
	formats := []config.Format{{Name: "script", FrontEnd: s}}
	return config.Load(host, formats, append([]config.Source{{Format: "script", Path: "f"}}, more...))
}

// set makes an assignment in a line.
func set(id services.FileID, line uint32, attr services.AttrID, op config.Op, v services.Value) config.Assign {
	return config.Assign{Attr: attr, Op: op, Value: v, Pos: config.Pos{File: id, Line: line, Col: 3}}
}

// whole is what every entry of these tests has besides.
func whole(id services.FileID, port string, more ...config.Assign) []config.Assign {
	return append([]config.Assign{
		set(id, 1, services.Port, config.Set, []string{port}),
		set(id, 1, services.Exec, config.Set, []string{"/bin/cat"}),
		set(id, 1, services.User, config.Set, "nobody"),
	}, more...)
}

// TestMerge asserts how the original's defaults, those of the file set and a
// service's own words make one value.
func TestMerge(t *testing.T) {
	list := func(words ...string) []string { return words }
	for _, c := range []struct {
		name     string
		format   any // of FormatDefaults; nil: none
		defaults []config.Assign
		own      []config.Assign
		want     any
		from     services.FileID
		line     uint32
	}{
		{name: "nothing said", want: any(nil)},
		{name: "the original's default", format: list("F"), want: list("F"), from: services.FromFormatDefault},
		{name: "defaults replace the original's", format: list("F"), defaults: []config.Assign{{Op: config.Set, Value: list("D")}}, want: list("D"), from: services.FirstFile, line: 10},
		{name: "defaults add to nothing of the original's", format: list("F"), defaults: []config.Assign{{Op: config.Add, Value: list("D")}}, want: list("D"), from: services.FirstFile, line: 10},
		{name: "own replaces", defaults: []config.Assign{{Op: config.Set, Value: list("D")}}, own: []config.Assign{{Op: config.Set, Value: list("O")}}, want: list("O"), from: services.FirstFile, line: 20},
		{name: "own adds", defaults: []config.Assign{{Op: config.Set, Value: list("D", "E")}}, own: []config.Assign{{Op: config.Add, Value: list("O", "D")}}, want: list("D", "E", "O"), from: services.FirstFile, line: 20},
		{name: "own takes away", defaults: []config.Assign{{Op: config.Set, Value: list("D", "E")}}, own: []config.Assign{{Op: config.Remove, Value: list("D", "X")}}, want: list("E"), from: services.FirstFile, line: 20},
		{name: "emptied is not unset", defaults: []config.Assign{{Op: config.Set, Value: list("D")}}, own: []config.Assign{{Op: config.Remove, Value: list("D")}}, want: []string{}, from: services.FirstFile, line: 20},
		{name: "taken from nothing", own: []config.Assign{{Op: config.Remove, Value: list("D")}}, want: any(nil)},
		{name: "taken from the original's default", format: list("F"), own: []config.Assign{{Op: config.Remove, Value: list("F")}}, want: list("F"), from: services.FromFormatDefault},
		{name: "in order", own: []config.Assign{{Op: config.Set, Value: list("A")}, {Op: config.Add, Value: list("B")}, {Op: config.Remove, Value: list("A")}}, want: list("B"), from: services.FirstFile, line: 22},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := load(t, func(sink config.Sink, id services.FileID) config.Unit {
				u := config.Unit{Entries: []config.Entry{{ID: "s", Name: "s", Pos: config.Pos{File: id, Line: 1}, Assigns: whole(id, "7001")}}}
				if c.format != nil {
					u.FormatDefaults = []services.Setting{{Attr: services.PassEnv, Value: c.format}}
				}
				for i, a := range c.defaults {
					u.Defaults = append(u.Defaults, set(id, uint32(10+i), services.PassEnv, a.Op, a.Value))
				}
				for i, a := range c.own {
					u.Entries[0].Assigns = append(u.Entries[0].Assigns, set(id, uint32(20+i), services.PassEnv, a.Op, a.Value))
				}
				return u
			})
			got, origin, _ := r.Services[0].Get(services.PassEnv)
			if diff := cmp.Diff(c.want, any(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := (services.Origin{File: c.from, Line: c.line}); origin != want {
				t.Errorf("origin %v, want %v", origin, want)
			}
		})
	}
}

// TestBrokenServiceAlone asserts that one service's errors leave the others be.
func TestBrokenServiceAlone(t *testing.T) {
	r := load(t, func(_ config.Sink, id services.FileID) config.Unit {
		return config.Unit{Entries: []config.Entry{
			{ID: "good", Name: "good", Pos: config.Pos{File: id, Line: 1}, Assigns: whole(id, "7001")},
			{ID: "bad", Name: "bad", Pos: config.Pos{File: id, Line: 2}, Assigns: whole(id, "7002", set(id, 3, services.User, config.Set, "bob"))},
			{ID: "off", Name: "off", Pos: config.Pos{File: id, Line: 4}, Assigns: whole(id, "7001"), State: services.Disabled},
			{ID: "nolist", Name: "nolist", Pos: config.Pos{File: id, Line: 5},
				Assigns: whole(id, "7005", set(id, 6, services.Nice, config.Set, int64(1)), set(id, 7, services.Nice, config.Add, int64(1)))},
			{ID: "good2", Name: "good2", Pos: config.Pos{File: id, Line: 8}, Assigns: whole(id, "7003")},
		}}
	})
	var got []string
	for _, s := range r.Services {
		got = append(got, s.ID+" "+s.State.String())
	}
	if want := []string{"good enabled", "bad refused", "off disabled", "nolist refused", "good2 enabled"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want := []string{
		`f:3:3: error: service "bad": attribute "user": no such user "bob"`,
		`f:7:3: error: service "nolist": attribute "nice": is no list: += and -= do not apply`,
	}
	if diff := cmp.Diff(want, texts(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Failed || r.Errors() != 2 {
		t.Errorf("Failed %v, %d errors", r.Failed, r.Errors())
	}
}

// TestFailedUnit asserts that nothing of a file set runs whose defaults were
// lost, while other sources do.
func TestFailedUnit(t *testing.T) {
	cli := &config.Unit{Format: "native", Entries: []config.Entry{{ID: "cli", Name: "cli",
		Pos: config.Pos{File: services.FromCommandLine}, Assigns: whole(services.FromCommandLine, "7009")}}}
	r := load(t, func(sink config.Sink, id services.FileID) config.Unit {
		sink.Report(config.Error, config.Pos{File: id, Line: 1}, "", "only_from", "is nonsense")
		return config.Unit{Failed: true, Entries: []config.Entry{
			{ID: "a", Name: "a", Pos: config.Pos{File: id, Line: 1}, Assigns: whole(id, "7001")},
			{ID: "b", Name: "b", Pos: config.Pos{File: id, Line: 2}, Assigns: whole(id, "7002"), State: services.Disabled},
		}}
	}, config.Source{Unit: cli})
	if !r.Failed {
		t.Error("not Failed")
	}
	for id, want := range map[string]services.State{"a": services.Refused, "b": services.Disabled, "cli": services.Enabled} {
		if got := r.Service(id).State; got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got := r.Origin("native", r.Service("cli").Settings[0].Origin); got != "command line" {
		t.Errorf("origin %q", got)
	}
}

// TestPanic asserts that a front-end's own fault costs its file set alone.
func TestPanic(t *testing.T) {
	cli := &config.Unit{Format: "native", Entries: []config.Entry{{ID: "cli", Name: "cli",
		Pos: config.Pos{File: services.FromCommandLine}, Assigns: whole(services.FromCommandLine, "7009")}}}
	r := load(t, func(config.Sink, services.FileID) config.Unit { panic("oops") }, config.Source{Unit: cli})
	if want := []string{"f: error: internal error: oops"}; !slices.Equal(texts(r), want) || !r.Failed {
		t.Errorf("%q, Failed %v", texts(r), r.Failed)
	}
	if r.Service("cli").State != services.Enabled {
		t.Error("the other source is lost too")
	}
}

// TestReport asserts the order of diagnostics, that none comes twice, and that
// none repeats a whole file.
func TestReport(t *testing.T) {
	r := load(t, func(sink config.Sink, id services.FileID) config.Unit {
		other := sink.File("a-later-file")
		sink.Report(config.Warning, config.Pos{File: other, Line: 1, Col: 1}, "", "", "third")
		sink.Report(config.Error, config.Pos{File: id, Line: 2, Col: 1}, "", "", "second")
		sink.Report(config.Error, config.Pos{File: id, Line: 2, Col: 1}, "", "", "second")
		sink.Report(config.Error, config.Pos{File: id, Line: 1, Col: 9}, "s", "x", strings.Repeat("ä", 300))
		sink.Report(config.Aside, config.Pos{File: id, Line: 1, Col: 1}, "", "", "apart")
		sink.Report(config.Error, config.Pos{File: services.FromCommandLine}, "", "", "first")
		if again := sink.File("f"); again != id {
			t.Errorf("f is file %d and then %d", id, again)
		}
		return config.Unit{}
	})
	want := []string{
		"command line: error: first",
		`f:1:9: error: service "s": attribute "x": ` + strings.Repeat("ä", 200) + "… (600 bytes)",
		"f:2:1: error: second",
		"a-later-file:1:1: warning: third",
	}
	if diff := cmp.Diff(want, texts(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Asides) != 1 || r.Asides[0].String() != "f:1:1: info: apart" {
		t.Errorf("asides: %v", r.Asides)
	}
}

// TestDuplicates asserts what counts as the same address.
func TestDuplicates(t *testing.T) {
	two := func(first, second []config.Assign) *config.Result {
		return load(t, func(_ config.Sink, id services.FileID) config.Unit {
			return config.Unit{Entries: []config.Entry{
				{ID: "a", Name: "a", Pos: config.Pos{File: id, Line: 1}, Assigns: append(whole(id, "x")[1:], first...)},
				{ID: "b", Name: "b", Pos: config.Pos{File: id, Line: 2}, Assigns: append(whole(id, "x")[1:], second...)},
			}}
		})
	}
	port := func(p string, more ...config.Assign) []config.Assign {
		return append([]config.Assign{set(services.FirstFile, 5, services.Port, config.Set, []string{p})}, more...)
	}
	attr := func(a services.AttrID, v services.Value) config.Assign {
		return set(services.FirstFile, 6, a, config.Set, v)
	}
	for _, c := range []struct {
		first, second []config.Assign
		clash         bool
	}{
		{port("7001"), port("7001"), true},
		{port("7001"), port("*:7001/tcp"), true},
		{port("7001"), port("7001/udp"), false},
		{port("127.0.0.1:7001"), port("127.0.0.2:7001"), false},
		{port("7001"), port("127.0.0.1:7001"), true}, // [::] takes IPv4 too
		{port("127.0.0.1:7001"), port("7001"), true},
		{port("[::]:7001/IPv6"), port("127.0.0.1:7001"), false},
		{port("[::]:7001/IPv6"), port("0.0.0.0:7001"), false},
		{port("[::]:7001/IPv6"), port("[::1]:7001"), true},
		{port("0.0.0.0:7001"), port("[::1]:7001"), false},
		{port("0.0.0.0:7001"), port("7001"), true},
		{port("7001/udp"), port("127.0.0.1:7001/udp"), false},
		{port("127.0.0.1:0"), port("127.0.0.1:0"), false},
		{port("/run/x|unix"), port("/run/x|unix"), true},
		{port("7001", attr(services.Device, "eth0")), port("7001", attr(services.Device, "eth1")), false},
		{port("7001", attr(services.ReusePort, true)), port("7001"), true},
		{port("7001", attr(services.ReusePort, true)), port("7001", attr(services.ReusePort, true)), false},
	} {
		r := two(c.first, c.second)
		name := fmt.Sprintf("%v and %v", c.first[0].Value, c.second[0].Value)
		if got := r.Service("b").State == services.Refused; got != c.clash || r.Service("a").State != services.Enabled {
			t.Errorf("%s: clash %v, want %v; %q", name, got, c.clash, texts(r))
		}
	}
}

func TestParseAssign(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"max-servers", "5", "max_servers 0 5"},
		{"max_servers", "unlimited", "max_servers 0 unlimited"},
		{"only-from+", "192.0.2.1", "only_from 1 [192.0.2.1]"},
		{"only_from-", "192.0.2.1", "only_from 2 [192.0.2.1]"},
		{"nice+", "5", `attribute "nice": is no list: += and -= do not apply`},
		{"max_server", "5", `attribute "max_server": unknown attribute; did you mean "max_servers"?`},
		{"nice", "x", `attribute "nice": "x": want a whole number`},
		{"log_level", "3", "log_level 0 3"},
		{"include", "x", `attribute "include": belongs in a file`},
	} {
		a, err := config.ParseAssign(c.key, c.value)
		got := fmt.Sprint(a.Attr, " ", a.Op, " ", a.Value)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("ParseAssign(%q, %q): %s, want %s", c.key, c.value, got, c.want)
		}
	}
}

func texts(r *config.Result) []string {
	var list []string
	for _, d := range r.Diags {
		list = append(list, d.String())
	}
	return list
}
