// SPDX-License-Identifier: Apache-2.0

package limits_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the days on which the clock jumps, on any machine

	"pgregory.net/rapid"

	"superd/limits"
)

func TestParseWindow(t *testing.T) {
	for s, want := range map[string]limits.Window{
		"8:00-17:30": {480, 1050}, "08:00-17:30": {480, 1050}, "0:00-23:59": {0, 1439}, "9:5-9:06": {545, 546}, "0:0-0:1": {0, 1},
	} {
		if w, err := limits.ParseWindow(s); w != want || err != nil {
			t.Errorf("ParseWindow(%q) = %v, %v", s, w, err)
		}
	}
	refused(t, limits.ParseWindow, map[string]string{
		"": "want \"hour:minute-hour:minute\"", "8:00": "want \"hour:minute-hour:minute\"", "8-17": "want \"hour:minute\"", "8:00-": "want \"hour:minute\"",
		"23:00-1:00": "write a night as two windows", "10:00-10:00": "the start must lie before the end", "12:00-24:00": "24:00", "24:00-24:01": "24:00",
		"8:00-17:60": "minutes to 59", "25:00-26:00": "hours go to 23", "8:00-17:30,": "want \"hour:minute\"", "8:00-12:00-13:00": "want \"hour:minute\"",
		"+8:00-9:00": "want \"hour:minute\"", "8:00:00-9:00": "want \"hour:minute\"", "008:00-9:00": "want \"hour:minute\"", " 8:00-9:00": "want \"hour:minute\"", "8:00 -9:00": "want \"hour:minute\"",
	})
}

// Each minute of a day against the two clock texts, compared as text.
func TestContainsEveryMinute(t *testing.T) {
	for _, s := range []string{"0:00-0:01", "0:00-23:59", "8:00-17:30", "12:59-13:00", "23:58-23:59"} {
		w, err := limits.ParseWindow(s)
		if err != nil {
			t.Fatal(err)
		}
		from, to := fmt.Sprintf("%02d:%02d", w.From/60, w.From%60), fmt.Sprintf("%02d:%02d", w.To/60, w.To%60)
		for m := range 24 * 60 {
			for _, sec := range []int{0, 59} {
				at := time.Date(2026, 6, 1, m/60, m%60, sec, 999_999_999, time.UTC)
				clock := at.Format("15:04")
				if want := from <= clock && clock <= to; w.Contains(at) != want || (limits.Windows{w}).Contains(at) != want {
					t.Fatalf("%s at %s: want %v", s, clock, want)
				}
			}
		}
	}
	if !(limits.Windows{}).Contains(time.Now()) {
		t.Error("no window at all is not always")
	}
}

func windows(t interface{ Fatal(...any) }, words ...string) (ws limits.Windows) {
	for _, s := range words {
		w, err := limits.ParseWindow(s)
		if err != nil {
			t.Fatal(err)
		}
		ws = append(ws, w)
	}
	return ws
}

func TestNextChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(month time.Month, d, h, m int) time.Time { return time.Date(2026, month, d, h, m, 17, 5, berlin) }
	for _, c := range []struct {
		windows string
		now     time.Time
		want    string
	}{
		{"8:00-17:30", day(6, 1, 7, 0), "2026-06-01T08:00:00+02:00"},
		{"8:00-17:30", day(6, 1, 8, 0), "2026-06-01T17:31:00+02:00"},
		{"8:00-17:30", day(6, 1, 17, 30), "2026-06-01T17:31:00+02:00"},
		{"8:00-17:30", day(6, 1, 17, 31), "2026-06-02T08:00:00+02:00"},
		{"8:00-11:59 12:00-17:30", day(6, 1, 9, 0), "2026-06-01T17:31:00+02:00"}, // no change where they touch
		{"22:00-23:59 0:00-5:59", day(6, 1, 23, 0), "2026-06-02T06:00:00+02:00"},
		{"0:00-23:59", day(6, 1, 9, 0), ""},
		{"", day(6, 1, 9, 0), ""},
		// 29 March has no 2:00 to 2:59, and 25 October has it twice.
		{"2:10-2:20", day(3, 28, 3, 0), "2026-03-30T02:10:00+02:00"},
		{"1:30-2:30", day(3, 29, 1, 45), "2026-03-29T03:00:00+02:00"},
		{"2:10-2:20", day(10, 24, 12, 0), "2026-10-25T02:10:00+02:00"},
		{"2:10-2:20", time.Unix(day(10, 25, 1, 0).Unix()+3600+21*60, 0).In(berlin), "2026-10-25T02:10:00+01:00"},
	} {
		var ws limits.Windows
		if c.windows != "" {
			ws = windows(t, splitWords(c.windows)...)
		}
		got := ""
		if next, ok := ws.NextChange(c.now); ok {
			got = next.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q at %v: next change %s, want %s", c.windows, c.now, got, c.want)
		}
	}
}

func splitWords(s string) (words []string) {
	for w := range strings.FieldsSeq(s) {
		words = append(words, w)
	}
	return words
}

// Between a moment and its next change nothing changes, and there it does.
func TestNextChangeProperty(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"} {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	rapid.Check(t, func(t *rapid.T) {
		var ws limits.Windows
		for range rapid.IntRange(1, 3).Draw(t, "windows") {
			from := rapid.Uint16Range(0, 1438).Draw(t, "from")
			ws = append(ws, limits.Window{From: from, To: rapid.Uint16Range(from+1, 1439).Draw(t, "to")})
		}
		now := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "now"), 0).In(rapid.SampledFrom(zones).Draw(t, "zone"))
		next, ok := ws.NextChange(now)
		if !ok {
			next = now.Add(49 * time.Hour)
		}
		if ok && (!next.After(now) || ws.Contains(next) == ws.Contains(now)) {
			t.Fatalf("%v at %v: no change at %v", ws, now, next)
		}
		for probe := now; probe.Before(next); probe = probe.Add(7*time.Minute + 11*time.Second) {
			if ws.Contains(probe) != ws.Contains(now) {
				t.Fatalf("%v at %v: changes at %v, before %v", ws, now, probe, next)
			}
		}
	})
}
