// SPDX-License-Identifier: Apache-2.0

package services

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestDefaultsOfPools(t *testing.T) {
	for name, test := range map[string]struct {
		s    *Service
		want map[AttrID]Value
	}{
		"inet":               {service(nil), map[AttrID]Value{MaxServers: int64(256), MaxServersLimit: int64(1024), MaxDequeue: nil}},
		"inet without limit": {service(nil, MaxServers, Unlimited), map[AttrID]Value{MaxServersLimit: nil}},
		"inet near the end":  {service(nil, MaxServers, int64(math.MaxInt64/2)), map[AttrID]Value{MaxServersLimit: int64(math.MaxInt64)}},
		"prefork": {service(nil, Mode, "prefork", Worker, "pass"), map[AttrID]Value{MinServers: int64(5), MaxServers: int64(50), MinSpareServers: int64(2),
			MaxSpareServers: int64(10), MaxServersLimit: int64(200), MaxRequests: int64(1000), MaxRequestsJitter: int64(100), CheckForWaiting: 10.0,
			CheckForSpawn: 30.0, CheckForDead: 30.0, MinChildTTL: 10.0, Slots: int64(1), RequestTimeout: Unlimited}},
		"prefork of few": {service(nil, Mode, "prefork", MaxServers, int64(3)), map[AttrID]Value{MinServers: int64(3), MinSpareServers: int64(2),
			MaxSpareServers: int64(2), MaxServersLimit: int64(12)}},
		"prefork of one":          {service(nil, Mode, "prefork", MaxServers, int64(1)), map[AttrID]Value{MinServers: int64(1), MinSpareServers: int64(0), MaxSpareServers: int64(0)}},
		"prefork of one at least": {service(nil, Mode, "prefork", MinServers, int64(1)), map[AttrID]Value{MinSpareServers: int64(1)}},
		"prefork from none on":    {service(nil, Mode, "prefork", MinServers, int64(0)), map[AttrID]Value{MinSpareServers: int64(1)}},
		"simple":                  {service(nil, Mode, "prefork-simple", Worker, "accept"), map[AttrID]Value{MaxServers: int64(50), MaxServersLimit: int64(200), MaxRequests: int64(1000)}},
		"several slots": {service(nil, Mode, "prefork", Worker, "pass", Slots, int64(8), MaxRequests, int64(55)),
			map[AttrID]Value{MaxRequests: int64(55), MaxRequestsJitter: int64(5)}},
		"multiplex":         {service(nil, Mode, "multiplex", Worker, "pass"), map[AttrID]Value{MaxServers: int64(1), MaxRequests: Unlimited, MaxRequestsJitter: int64(0), Slots: int64(256)}},
		"multiplex, accept": {service(nil, Mode, "multiplex", Worker, "accept"), map[AttrID]Value{Slots: int64(1)}},
		"stdio":             {service(nil, Mode, "prefork", Worker, "stdio"), map[AttrID]Value{MaxRequests: int64(1), MaxRequestsJitter: int64(0)}},
		"dequeue":           {service(nil, Dequeue, cat), map[AttrID]Value{MaxDequeue: int64(1)}},
	} {
		for a, want := range test.want {
			v, origin, _ := test.s.Get(a)
			if v != want {
				t.Errorf("%s: %s = %v, want %v", name, a, v, want)
			}
			if !test.s.Has(a) && origin.File != FromDefault {
				t.Errorf("%s: %s comes from %v", name, a, origin)
			}
		}
	}
}

// Whatever of a pool's numbers is said, and not refused for itself, what is not said
// fits to it: no default makes a contradiction that the file does not have.
func TestDefaultsOfPoolsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := service(nil, Mode, "prefork", Worker, "pass", Exec, cat)
		if rapid.Bool().Draw(t, "max said") {
			s.Settings = s.Settings.With(Setting{Attr: MaxServers, Value: rapid.Int64Range(1, 100).Draw(t, "max")})
		}
		most := s.Count(MaxServers)
		if rapid.Bool().Draw(t, "min said") {
			s.Settings = s.Settings.With(Setting{Attr: MinServers, Value: rapid.Int64Range(0, most).Draw(t, "min")})
		}
		if rapid.Bool().Draw(t, "max spare said") && most > 1 {
			s.Settings = s.Settings.With(Setting{Attr: MaxSpareServers, Value: rapid.Int64Range(1, most-1).Draw(t, "max spare")})
		}
		for _, p := range Validate(s) {
			if p.Attr != Mode {
				t.Fatalf("%s", renderProblems([]Problem{p}))
			}
		}
	})
}
