// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someLog = `{"time":"2026-11-24T10:57:38.100Z","level":"DEBUG","msg":"started worker","event":"worker-start","service":"pool","pid":1}
{"time":"2026-11-24T10:57:38.100Z","level":"DEBUG","msg":"started worker","event":"worker-start","service":"pool","pid":2}
{"time":"2026-11-24T10:57:38.200Z","level":"NOTICE","msg":"listening","event":"listening","service":"pool"}
{"time":"2026-11-24T10:57:39.000Z","level":"INFO","msg":"started handler","event":"start","service":"pool","pid":1}
{"time":"2026-11-24T10:57:40.000Z","level":"INFO","msg":"handler ended","event":"exit","service":"pool","pid":1}
{"time":"2026-11-24T10:57:41.000Z","level":"DEBUG","msg":"worker ended","event":"worker-exit","service":"pool","pid":2}
{"time":"2026-11-24T10:57:42.000Z","level":"DEB`

func TestParseLog(t *testing.T) {
	e, err := parseLog([]byte(someLog))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 11, 24, 10, 57, 38, 500e6, time.UTC)
	if want := (series{{0, 2}, {2500 * time.Millisecond, 1}}); !cmp.Equal(e.workers.since(begin), want, cmp.AllowUnexported(point{})) {
		t.Errorf("workers are %v, want %v", e.workers.since(begin), want)
	}
	if want := (series{{0, 0}, {500 * time.Millisecond, 1}, {1500 * time.Millisecond, 0}}); !cmp.Equal(e.served.since(begin), want, cmp.AllowUnexported(point{})) {
		t.Errorf("served are %v, want %v", e.served.since(begin), want)
	}
	if !e.listening {
		t.Error("it does not listen")
	}
}

func TestParseLogErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{}\nnonsense\n": "line 2",
		`{"time":"2026-11-24T10:57:38.100Z","event":"dropped","count":3}` + "\n": "has lost events",
	} {
		if _, err := parseLog([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzParseLog(f *testing.F) {
	f.Add([]byte(someLog))
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parseLog(text)
		if n := strings.Count(string(text), "\n"); len(e.workers)+len(e.served) > n {
			t.Errorf("%d events of %d lines (%v)", len(e.workers)+len(e.served), n, err)
		}
	})
}

func TestSampled(t *testing.T) {
	s := series{{0, 1}, {10, 5}, {11, 7}, {30, 0}}
	if got, want := s.sampled(40, 10), []int{1, 5, 7, 0, 0}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if s.most() != 7 || s.reached(5) != 10 || s.last() != 30 {
		t.Errorf("most %d, reached %v, last %v", s.most(), s.reached(5), s.last())
	}
}

func TestNiceStep(t *testing.T) {
	for _, c := range []struct{ most, steps, want int }{{200, 5, 50}, {55, 8, 10}, {3, 8, 1}, {0, 5, 1}, {41, 8, 10}, {8, 8, 1}} {
		if got := niceStep(c.most, c.steps); got != c.want {
			t.Errorf("%d in %d steps: %d, want %d", c.most, c.steps, got, c.want)
		}
	}
}
