// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The words that systemd takes for true and false, in any case.
var (
	yesWords = []string{"yes", "true", "y", "t", "on", "1"}
	noWords  = []string{"no", "false", "n", "f", "off", "0"}
)

func parseBool(s string) (bool, error) {
	switch lower := strings.ToLower(s); {
	case slices.Contains(yesWords, lower):
		return true, nil
	case slices.Contains(noWords, lower):
		return false, nil
	}
	return false, fmt.Errorf("%q: want yes or no", clip(s))
}

const (
	day  = 24 * time.Hour
	year = 8766 * time.Hour // 365.25 days, as systemd has it
)

// spans are the units of time, by their names.
var spans = map[string]time.Duration{
	"us": time.Microsecond, "usec": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond,
	"ms": time.Millisecond, "msec": time.Millisecond,
	"s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": day, "day": day, "days": day, "w": 7 * day, "week": 7 * day, "weeks": 7 * day,
	"M": year / 12, "month": year / 12, "months": year / 12, "y": year, "year": year, "years": year,
}

// parseSpan reads "5min 20s", "1.5h", "90" (of the given unit) and "infinity".
func parseSpan(s string, unit time.Duration) (d time.Duration, infinite bool, err error) {
	if s = strings.Trim(s, blanks); s == "infinity" {
		return 0, true, nil
	}
	total, rest := 0.0, s
	for rest != "" {
		n := leadingNumber(rest)
		f, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return 0, false, fmt.Errorf("%q is no time: want seconds, or text as \"5min 20s\"", clip(s))
		}
		rest = strings.TrimLeft(rest[n:], blanks)
		end := strings.IndexAny(rest, "0123456789. \t")
		if end < 0 {
			end = len(rest)
		}
		one := unit
		if word := rest[:end]; word != "" {
			var known bool
			if one, known = spans[word]; !known {
				return 0, false, fmt.Errorf("%q: %q is no unit of time", clip(s), clip(word))
			}
		}
		total += f * float64(one)
		rest = strings.TrimLeft(rest[end:], blanks)
	}
	if s == "" || total > math.MaxInt64/2 {
		return 0, false, fmt.Errorf("%q is no time: want seconds, or text as \"5min 20s\"", clip(s))
	}
	return time.Duration(total), false, nil
}

// leadingNumber is how long the digits, with one point at most, are.
func leadingNumber(s string) int {
	point := false
	for i := range len(s) {
		switch {
		case s[i] == '.' && !point:
			point = true
		case s[i] < '0' || s[i] > '9':
			return i
		}
	}
	return len(s)
}

// parseSize reads bytes: "512", "64K", "1.5G", to the base of 1024.
func parseSize(s string) (int64, error) {
	n := leadingNumber(s)
	f, err := strconv.ParseFloat(s[:n], 64)
	suffix := strings.TrimSuffix(strings.TrimLeft(s[n:], blanks), "B")
	power := 0
	if suffix != "" {
		power = strings.Index("KMGTPE", suffix) + 1
	}
	if err != nil || len(suffix) > 1 || suffix != "" && power == 0 {
		return 0, fmt.Errorf("%q is no size: want bytes, or text as \"64K\"", clip(s))
	}
	if f *= math.Pow(1024, float64(power)); f >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large", clip(s))
	}
	return int64(f), nil
}

// parseInt reads a whole number as systemd does: decimal, or with 0x, 0o and 0b.
func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil || strings.Contains(s, "_") {
		return 0, fmt.Errorf("%q is no whole number", clip(s))
	}
	return n, nil
}

// limitUnit is what a resource limit is counted in.
type limitUnit uint8

const (
	inNumbers limitUnit = iota
	inBytes
	inSeconds
	inMicroseconds
	inNiceness
)

// parseLimit reads LIMIT or SOFT:HARD, and gives it as an rlimit attribute has it:
// a number, "unlimited" or "SOFT:HARD".
func parseLimit(s string, unit limitUnit) (any, error) {
	a, b, two := strings.Cut(s, ":")
	soft, err := oneLimit(a, unit)
	if err != nil {
		return nil, err
	}
	if !two {
		if n, err := strconv.ParseInt(soft, 10, 64); err == nil {
			return n, nil
		}
		return soft, nil
	}
	hard, err := oneLimit(b, unit)
	if err != nil {
		return nil, err
	}
	return soft + ":" + hard, nil
}

func oneLimit(s string, unit limitUnit) (string, error) {
	if s = strings.Trim(s, blanks); s == "infinity" {
		return "unlimited", nil
	}
	var n int64
	var err error
	switch unit {
	case inBytes:
		n, err = parseSize(s)
	case inSeconds, inMicroseconds:
		one := time.Second
		if unit == inMicroseconds {
			one = time.Microsecond
		}
		var d time.Duration
		var infinite bool
		if d, infinite, err = parseSpan(s, one); infinite {
			return "unlimited", nil
		}
		n = int64((d + one - 1) / one) // the kernel counts whole ones, and systemd rounds up
	case inNiceness:
		n, err = niceLimit(s)
	default:
		n, err = parseInt(s)
	}
	if err == nil && n < 0 {
		err = fmt.Errorf("%q is below 0", clip(s))
	}
	return strconv.FormatInt(n, 10), err
}

// niceLimit reads "+5" and "-5" as a niceness, which the kernel counts as 20-N.
func niceLimit(s string) (int64, error) {
	n, err := parseInt(strings.TrimPrefix(s, "+"))
	if err != nil || s[0] != '+' && s[0] != '-' {
		return n, err
	}
	if n < -20 || n > 19 {
		return 0, fmt.Errorf("%q is no niceness: want -20 to 19", clip(s))
	}
	return 20 - n, nil
}
