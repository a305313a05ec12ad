// SPDX-License-Identifier: Apache-2.0

package limits_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"superd/limits"
)

// refused checks that parse takes none of the texts and says why.
func refused[T any](t *testing.T, parse func(string) (T, error), texts map[string]string) {
	t.Helper()
	for s, want := range texts {
		v, err := parse(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is read as %v, %v; want an error with %q", s, v, err, want)
			continue
		}
		if len(err.Error()) > 200 {
			t.Errorf("%.20q: an error of %d bytes", s, len(err.Error()))
		}
	}
}

var endless = strings.Repeat("9", 1<<20)

func TestParseCount(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "1": 1, "0050": 50, "9223372036854775807": math.MaxInt64, "unlimited": -1, "UNLIMITED": -1, "Unlimited": -1} {
		if n, err := limits.ParseCount(s); n != want || err != nil {
			t.Errorf("ParseCount(%q) = %d, %v", s, n, err)
		}
	}
	refused(t, limits.ParseCount, map[string]string{
		"": "empty", "-1": "want a number, or \"unlimited\"", "+1": "want a number", "1.0": "want a number", "0x10": "want a number", "1_000": "want a number",
		" 1": "want a number", "1 ": "want a number", "٣": "want a number", "unlimite": "want a number", "9223372036854775808": "too large", endless: "too large", "1\x00": "want a number",
	})
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "0K": 0, "1": 1, "1K": 1 << 10, "1k": 1 << 10, "2M": 2 << 20, "3G": 3 << 30, "3g": 3 << 30,
		"8589934591G": 8589934591 << 30, "9223372036854775807": math.MaxInt64} {
		if n, err := limits.ParseSize(s, limits.NativeUnits); n != want || err != nil {
			t.Errorf("ParseSize(%q) = %d, %v", s, n, err)
		}
	}
	native := func(s string) (int64, error) { return limits.ParseSize(s, limits.NativeUnits) }
	refused(t, native, map[string]string{
		"": "want a number, NK, NM or NG", "K": "want a number", "-1K": "want a number", "1KB": "want a number", "1T": "want a number", "1 K": "want a number", "1.5M": "want a number",
		"8589934592G": "too large", "9223372036854775808": "want a number", "unlimited": "want a number", endless + "K": "want a number",
	})
	refused(t, func(s string) (int64, error) { return limits.ParseSize(s, limits.XinetdUnits) }, map[string]string{"1G": "want a number, NK or NM"})
	refused(t, func(s string) (int64, error) { return limits.ParseSize(s, limits.NoUnits) }, map[string]string{"1K": `"1K": want a number`})
	for n, want := range map[int64]string{0: "0", 1023: "1023", 1024: "1K", 1 << 20: "1M", 1<<20 + 1024: "1025K", 1 << 40: "1024G", 1500: "1500"} {
		if s := limits.FormatSize(n); s != want {
			t.Errorf("FormatSize(%d) = %q, want %q", n, s, want)
		}
	}
}

func TestParseRlimit(t *testing.T) {
	for s, want := range map[string]limits.Rlimit{
		"0": {}, "64": {64, 64}, "64:128": {64, 128}, "64:64": {64, 64}, "1K:2M": {1 << 10, 2 << 20},
		"unlimited": {limits.Infinity, limits.Infinity}, "64:UNLIMITED": {64, limits.Infinity}, "unlimited:unlimited": {limits.Infinity, limits.Infinity},
	} {
		if r, err := limits.ParseRlimit(s, limits.NativeUnits); r != want || err != nil {
			t.Errorf("ParseRlimit(%q) = %v, %v", s, r, err)
		}
	}
	refused(t, func(s string) (limits.Rlimit, error) { return limits.ParseRlimit(s, limits.NativeUnits) }, map[string]string{
		"": "or \"unlimited\"", "128:64": "the soft limit exceeds the hard one", "unlimited:64": "the soft limit exceeds", ":64": "want a number", "64:": "want a number",
		"1:2:3": "want a number", "-1": "want a number", "infinity": "want a number",
	})
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "90": 90 * time.Second, "1.5": 1500 * time.Millisecond, "0.000000001": 1, "90s": 90 * time.Second, "5m": 5 * time.Minute, "1.5h": 90 * time.Minute,
		"2h": 2 * time.Hour, "1d": 24 * time.Hour, "0.5d": 12 * time.Hour, "0.000000001d": 86400, "106751d": 106751 * 24 * time.Hour, "007s": 7 * time.Second,
		"9223372036.854775807": math.MaxInt64, "0.10s": 100 * time.Millisecond,
	} {
		if d, err := limits.ParseDuration(s); d != want || err != nil {
			t.Errorf("ParseDuration(%q) = %v, %v", s, d, err)
		}
	}
	refused(t, limits.ParseDuration, map[string]string{
		"": "want seconds", "s": "want seconds", "-1": "want seconds", "+1s": "want seconds", ".5": "want seconds", "1.": "want seconds", "1.s": "want seconds", "1e3": "want seconds",
		"1m30s": "want seconds", "5ms": "want seconds", "5M": "want seconds", "5 m": "want seconds", "1.2.3": "want seconds", "1.+5": "want seconds", "1.0000000001": "want seconds",
		"nan": "want seconds", "106752d": "too long", "9223372037": "too long", "9223372036.854775808": "too long", endless: "want seconds", "unlimited": "want seconds",
	})
	for d, want := range map[time.Duration]string{0: "0s", -5: "0s", 90 * time.Second: "90s", time.Minute: "1m", 48 * time.Hour: "2d", 25 * time.Hour: "25h",
		1500 * time.Millisecond: "1.5s", 1: "0.000000001s"} {
		if s := limits.FormatDuration(d); s != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, s, want)
		}
	}
}

func TestParseOctal(t *testing.T) {
	for s, want := range map[string]uint32{"0": 0, "22": 0o22, "022": 0o22, "0000022": 0o22, "777": 0o777, "1777": 0o1777, "7777": 0o7777} {
		if n, err := limits.ParseOctal(s); n != want || err != nil {
			t.Errorf("ParseOctal(%q) = %o, %v", s, n, err)
		}
	}
	refused(t, limits.ParseOctal, map[string]string{
		"": "empty", "8": "want octal digits", "0o22": "want octal digits", "-1": "want octal digits", "10000": "too large", " 22": "want octal digits", strings.Repeat("7", 1<<20): "too large",
	})
	for n, want := range map[uint32]string{0: "000", 0o22: "022", 0o1777: "1777"} {
		if s := limits.FormatOctal(n); s != want {
			t.Errorf("FormatOctal(%o) = %q, want %q", n, s, want)
		}
	}
}

// What is written is what is read.
func TestRoundTrip(t *testing.T) {
	number := rapid.OneOf(rapid.Int64Range(0, 2000), rapid.Int64Range(0, math.MaxInt64), rapid.Map(rapid.Int64Range(0, 1<<20), func(n int64) int64 { return n << 20 }))
	rapid.Check(t, func(t *rapid.T) {
		n := number.Draw(t, "n")
		if got, err := limits.ParseCount(limits.FormatCount(n)); got != n || err != nil {
			t.Fatalf("count %d: %d, %v", n, got, err)
		}
		if got, err := limits.ParseSize(limits.FormatSize(n), limits.NativeUnits); got != n || err != nil {
			t.Fatalf("size %d: %d, %v", n, got, err)
		}
		if got, err := limits.ParseDuration(limits.FormatDuration(time.Duration(n))); got != time.Duration(n) || err != nil {
			t.Fatalf("duration %d: %d, %v", n, got, err)
		}
		soft, hard := uint64(n), uint64(number.Draw(t, "hard"))
		if rapid.Bool().Draw(t, "unlimited") {
			hard = limits.Infinity
		}
		r := limits.Rlimit{Soft: min(soft, hard), Hard: max(soft, hard)}
		if got, err := limits.ParseRlimit(r.String(), limits.NoUnits); got != r || err != nil {
			t.Fatalf("rlimit %v: %v, %v", r, got, err)
		}
		mode := uint32(n & limits.MaxMode)
		if got, err := limits.ParseOctal(limits.FormatOctal(mode)); got != mode || err != nil {
			t.Fatalf("mode %o: %o, %v", mode, got, err)
		}
	})
	if n, err := limits.ParseCount(limits.FormatCount(limits.Unlimited)); n != limits.Unlimited || err != nil {
		t.Errorf("unlimited: %d, %v", n, err)
	}
}

// FuzzParse: no text makes any of the readers fall over or change its mind.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "unlimited", "64M", "64:128", "1.5", "90s", "1d", "022", "8:00-17:30", "9223372036854775807", "-1", "1.5d", "0.000000001h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := limits.ParseCount(s); err == nil {
			if again, err := limits.ParseCount(limits.FormatCount(n)); again != n || err != nil {
				t.Errorf("count %q: %d, then %d, %v", s, n, again, err)
			}
		}
		if n, err := limits.ParseSize(s, limits.NativeUnits); err == nil {
			if again, err := limits.ParseSize(limits.FormatSize(n), limits.NativeUnits); again != n || n < 0 || err != nil {
				t.Errorf("size %q: %d, then %d, %v", s, n, again, err)
			}
		}
		if r, err := limits.ParseRlimit(s, limits.NativeUnits); err == nil {
			if again, err := limits.ParseRlimit(r.String(), limits.NoUnits); again != r || r.Soft > r.Hard || err != nil {
				t.Errorf("rlimit %q: %v, then %v, %v", s, r, again, err)
			}
		}
		if d, err := limits.ParseDuration(s); err == nil {
			if again, err := limits.ParseDuration(limits.FormatDuration(d)); again != d || d < 0 || err != nil {
				t.Errorf("duration %q: %d, then %d, %v", s, d, again, err)
			}
		}
		if n, err := limits.ParseOctal(s); err == nil {
			if again, err := limits.ParseOctal(limits.FormatOctal(n)); again != n || n > limits.MaxMode || err != nil {
				t.Errorf("octal %q: %o, then %o, %v", s, n, again, err)
			}
		}
		if w, err := limits.ParseWindow(s); err == nil {
			if again, err := limits.ParseWindow(w.String()); again != w || w.From >= w.To || w.To >= 24*60 || err != nil {
				t.Errorf("window %q: %v, then %v, %v", s, w, again, err)
			}
		}
	})
}
