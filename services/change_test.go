// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// service makes a native service out of its sockets and pairs of attribute and value.
func service(sockets []Socket, pairs ...any) *Service {
	s := &Service{ID: "x", Name: "x", Format: "native", Source: Origin{File: FirstFile, Line: 10}, Sockets: sockets}
	for i := 0; i < len(pairs); i += 2 {
		a := pairs[i].(AttrID)
		s.Settings = s.Settings.With(Setting{Attr: a, Value: pairs[i+1], Origin: Origin{File: FirstFile, Line: 11 + uint32(a)}})
	}
	return s
}

func tcp(addresses ...string) (sockets []Socket) {
	for _, a := range addresses {
		sockets = append(sockets, Socket{Network: "tcp", Address: a})
	}
	return sockets
}

func TestDiff(t *testing.T) {
	cat := []string{"/bin/cat"}
	base := service(tcp("0.0.0.0:79"), Port, []string{"79"}, Exec, cat)
	options := tcp("0.0.0.0:79")
	options[0].Options = []Setting{{Attr: NoDelay, Value: true}}
	defaultOption := tcp("0.0.0.0:79")
	defaultOption[0].Options = []Setting{{Attr: NoDelay, Value: false}}
	six := tcp("[::]:79")
	six[0].V6Only = true
	for name, test := range map[string]struct {
		old, new *Service
		want     Change
		attrs    string
	}{
		"nothing": {old: base, new: base, want: Same},
		"the same port in other words": {
			old: base, new: service(tcp("0.0.0.0:79"), Port, []string{"finger/IPv4"}, Exec, cat), want: Same,
		},
		"a default, said": {
			old: base, new: service(base.Sockets, Port, []string{"79"}, Exec, cat, Nice, int64(0)), want: Same,
		},
		"the order": {
			old: service(tcp("0.0.0.0:79", "0.0.0.0:80"), Exec, cat, Mode, "wait"),
			new: service(tcp("0.0.0.0:80", "0.0.0.0:79"), Exec, cat, Mode, "wait"), want: Same,
		},
		"the order, for one program": {
			old: service(tcp("0.0.0.0:79", "0.0.0.0:80"), Exec, cat, Mode, "wait", Stdio, "all"),
			new: service(tcp("0.0.0.0:80", "0.0.0.0:79"), Exec, cat, Mode, "wait", Stdio, "all"), want: Retune,
		},
		"a socket's name": {
			old: service(tcp("0.0.0.0:79"), Exec, cat, Mode, "wait", Stdio, "all"),
			new: service([]Socket{{Network: "tcp", Address: "0.0.0.0:79", Options: []Setting{{Attr: FDName, Value: "a"}}}}, Exec, cat, Mode, "wait", Stdio, "all"), want: Retune,
		},
		"a description": {
			old: base, new: service(base.Sockets, Port, []string{"79"}, Exec, cat, Description, "hi"), want: Same,
		},
		"a limit": {
			old: base, new: service(base.Sockets, Exec, cat, MaxServers, int64(3)), want: Retune, attrs: "max_servers",
		},
		"a limit gone": {
			old: service(base.Sockets, Exec, cat, MaxServers, int64(3)), new: base, want: Retune, attrs: "max_servers",
		},
		"a limit that becomes a word": {
			old: service(base.Sockets, MaxServers, int64(3)), new: service(base.Sockets, MaxServers, Unlimited), want: Retune, attrs: "max_servers",
		},
		"a list": {
			old: base, new: service(base.Sockets, Exec, []string{"/bin/cat", "-u"}), want: Retune, attrs: "exec",
		},
		"an empty list is not none": {
			old: base, new: service(base.Sockets, Exec, cat, OnlyFrom, []string{}), want: Retune, attrs: "only_from",
		},
		"cps from numbers to none": {
			old: service(nil, CPS, []int64{5, 1}), new: service(nil, CPS, Unlimited), want: Retune, attrs: "cps",
		},
		"another port": {
			old: base, new: service(tcp("0.0.0.0:80"), Port, []string{"80"}, Exec, cat), want: Rebind, attrs: "port",
		},
		"one more socket": {
			old: base, new: service(tcp("0.0.0.0:79", "0.0.0.0:80"), Port, []string{"79", "80"}, Exec, cat), want: Rebind, attrs: "port",
		},
		"the same sockets in another order": {
			old: service(tcp("0.0.0.0:79", "0.0.0.0:80")), new: service(tcp("0.0.0.0:80", "0.0.0.0:79")), want: Same,
		},
		"a name of /etc/services moved": {old: base, new: service(tcp("0.0.0.0:2079"), Port, []string{"79"}, Exec, cat), want: Rebind},
		"IPv4 left out":                 {old: service(tcp("[::]:79")), new: service(six), want: Rebind},
		"another device": {
			old: service(base.Sockets), new: service(base.Sockets, Device, "eth0"), want: Rebind, attrs: "device",
		},
		"an option of a socket": {old: base, new: service(options, Port, []string{"79"}, Exec, cat), want: Retune},
		"an option of a socket that is the default": {
			old: base, new: service(defaultOption, Port, []string{"79"}, Exec, cat), want: Same,
		},
		"an option moves to the service": {
			old: service(options), new: service(tcp("0.0.0.0:79"), NoDelay, true), want: Retune, attrs: "nodelay",
		},
		"another mode": {
			old: base, new: service(base.Sockets, Exec, cat, Mode, "wait"), want: Replace, attrs: "mode",
		},
		"another mode and port": {
			old: base, new: service(tcp("0.0.0.0:80"), Port, []string{"80"}, Exec, cat, Mode, "wait"), want: Replace, attrs: "port mode",
		},
	} {
		if got := Diff(test.old, test.new); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		d := DiffSets([]*Service{test.old}, []*Service{test.new})
		if got := strings.Trim(fmt.Sprint(d[0].Attrs), "[]"); len(d) != 1 || d[0].Change != test.want || got != test.attrs {
			t.Errorf("%s: attributes %q, want %q", name, got, test.attrs)
		}
	}
	format := *base
	format.Format = "xinetd"
	if got := Diff(base, &format); got != Retune {
		t.Errorf("another format: %s", got)
	}
}

func TestDiffSets(t *testing.T) {
	make := func(id string, state State, n int64) *Service {
		s := service(nil, MaxServers, n)
		s.ID, s.State = id, state
		return s
	}
	old := []*Service{make("same", Enabled, 1), make("changed", Enabled, 1), make("gone", Enabled, 1), make("off", Enabled, 1),
		make("broken", Enabled, 1), make("on", Disabled, 1), make("mended", Refused, 1)}
	now := []*Service{make("mended", Enabled, 1), make("new", Enabled, 1), make("same", Enabled, 1), make("changed", Enabled, 2),
		make("off", Disabled, 1), make("broken", Refused, 1), make("on", Enabled, 1), make("newly broken", Refused, 1)}
	var got []string
	for _, d := range DiffSets(old, now) {
		got = append(got, d.ID+" "+d.Change.String())
		if (d.Old == nil) != (d.Change == Add) || (d.New == nil) != (d.Change == Remove || d.Change == Keep) {
			t.Errorf("%s %s: old %p, new %p", d.ID, d.Change, d.Old, d.New)
		}
	}
	want := []string{"mended add", "new add", "same same", "changed retune", "broken kept", "on add", "gone remove", "off remove"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A diff is none if and only if it is none the other way, and never of a service
// with itself.
func TestDiffIsEven(t *testing.T) {
	gen := rapid.Custom(func(t *rapid.T) *Service {
		s := service(tcp(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"0.0.0.0:1", "0.0.0.0:2", "[::]:3"}), 0, 3, rapid.ID).Draw(t, "sockets")...))
		for _, a := range []AttrID{Description, Port, Nice, Mode, MaxServers, CPS, Exec, Device} {
			if !rapid.Bool().Draw(t, a.String()) {
				continue
			}
			v := rapid.SampledFrom(map[AttrID][]Value{
				Description: {"a", "b"}, Port: {[]string{"1"}, []string{"2"}}, Nice: {int64(0), int64(1)}, Mode: {"inet", "wait"},
				MaxServers: {Unlimited, int64(1)}, CPS: {Unlimited, []int64{1, 2}}, Exec: {[]string{"/a"}, []string{"/b"}}, Device: {"eth0"},
			}[a]).Draw(t, "value")
			s.Settings = s.Settings.With(Setting{Attr: a, Value: v})
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := gen.Draw(t, "a"), gen.Draw(t, "b")
		if Diff(a, a) != Same {
			t.Fatalf("%v differs from itself", a)
		}
		if x, y := Diff(a, b), Diff(b, a); x != y {
			t.Fatalf("%v to %v is %s, and back %s", a, b, x, y)
		}
	})
}
