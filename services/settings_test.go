// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAccessors(t *testing.T) {
	s := service(nil, Nice, int64(5), MaxServers, Unlimited, SessionTimeout, 1.5, Env, []string{"A=1"}, CPS, []int64{50, 10}, Disable, true, KeepAliveTime, int64(60))
	if s.Int(Nice) != 5 || s.Float(SessionTimeout) != 1.5 || s.List(Env)[0] != "A=1" || s.Ints(CPS)[1] != 10 || !s.Bool(Disable) {
		t.Error("what was said is not what is read")
	}
	if s.Str(Mode) != "inet" || s.Int(Listen) != 4096 || s.List(HostAddr)[0] != "*" || s.Bool(NoNewPrivs) {
		t.Error("the table's defaults are not what is read")
	}
	if s.Count(MaxServers) != -1 || s.Count(PerSource) != -1 || s.Count(Nice) != 5 || (&Service{}).Count(MaxServers) != 256 {
		t.Error("counts")
	}
	for a, want := range map[AttrID]time.Duration{SessionTimeout: 1500 * time.Millisecond, StopTimeout: 10 * time.Second, KeepAliveTime: time.Minute} {
		if d, ok := s.Duration(a); !ok || d != want {
			t.Errorf("%s: %v, %v", a, d, ok)
		}
	}
	if d, ok := s.Duration(DrainTimeout); ok {
		t.Errorf("unlimited is %v", d)
	}
	if v, o, set := s.Get(Nice); v != int64(5) || o.Line == 0 || !set {
		t.Errorf("Get: %v, %v, %v", v, o, set)
	}
	if v, o, set := s.Get(Umask); v != "022" || o != (Origin{File: FromDefault}) || set {
		t.Errorf("Get of a default: %v, %v, %v", v, o, set)
	}
	if v, _, set := s.Get(Port); v != nil || set || s.List(Port) != nil || s.Str(Port) != "" {
		t.Errorf("Get of nothing: %v, %v", v, set)
	}
}

func TestSocketSettings(t *testing.T) {
	sockets := tcp("0.0.0.0:1", "0.0.0.0:2")
	sockets[1].Options = []Setting{{Attr: NoDelay, Value: false}, {Attr: Listen, Value: int64(5)}}
	s := service(sockets, NoDelay, true, MaxServers, int64(3))
	if set := s.SocketSettings(0); !set.Bool(NoDelay) || set.Int(Listen) != 4096 {
		t.Error("the first socket has not the service's settings")
	}
	if set := s.SocketSettings(1); set.Bool(NoDelay) || set.Int(Listen) != 5 || set.Count(MaxServers) != 3 {
		t.Error("the second socket's own settings do not count")
	}
	if !s.Bool(NoDelay) || s.Has(Listen) {
		t.Error("asking changed the service")
	}
}

func TestSettingsStaySorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Settings
		last := map[AttrID]int64{}
		for i, n := range rapid.SliceOf(rapid.IntRange(0, int(NumAttrs)-1)).Draw(t, "attributes") {
			s = s.With(Setting{Attr: AttrID(n), Value: int64(i)})
			last[AttrID(n)] = int64(i)
		}
		if !slices.IsSortedFunc(s, func(a, b Setting) int { return int(a.Attr) - int(b.Attr) }) || len(s) != len(last) {
			t.Fatalf("%v", s)
		}
		for a := range NumAttrs {
			want, said := last[a]
			if x, ok := s.Find(a); ok != said || ok && x.Value != want || s.Has(a) != said {
				t.Fatalf("%s: %v, %v", a, x, ok)
			}
		}
	})
}
