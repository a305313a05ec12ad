// SPDX-License-Identifier: Apache-2.0

package limits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var durationUnits = [...]struct {
	letter byte
	unit   time.Duration
}{{'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}

// ParseDuration reads seconds, with decimals if wanted ("90", "0.25"), or a
// number and one of s, m, h, d ("90s", "5m", "1.5h", "1d"). It is never negative.
// Nothing goes through floating point, so what is read is what was written, down
// to the nanosecond.
func ParseDuration(s string) (time.Duration, error) {
	number, unit := s, time.Second
	for _, u := range durationUnits {
		if n := len(s) - 1; n >= 0 && s[n] == u.letter {
			number, unit = s[:n], u.unit
		}
	}
	whole, decimals, point := strings.Cut(number, ".")
	n, err := parseDigits(whole)
	if err != nil || point && (decimals == "" || len(decimals) > 9) {
		return 0, fmt.Errorf("%q: want seconds, or a number with s, m, h or d behind it", clip(s))
	}
	if n > int64(math.MaxInt64/unit) {
		return 0, fmt.Errorf("%q is too long", clip(s))
	}
	d := time.Duration(n) * unit
	if point {
		part, err := parseDigits(decimals)
		if err != nil {
			return 0, fmt.Errorf("%q: want seconds, or a number with s, m, h or d behind it", clip(s))
		}
		d += fraction(part, len(decimals), unit)
	}
	if d < 0 {
		return 0, fmt.Errorf("%q is too long", clip(s))
	}
	return d, nil
}

// fraction is part/10^digits of unit, cut to the nanosecond. A day has 8.64e13 ns
// and part fewer than 1e9: the product would not fit, so whole seconds go first.
func fraction(part int64, digits int, unit time.Duration) time.Duration {
	for range 9 - digits {
		part *= 10
	}
	return time.Duration(part) * (unit / time.Second)
}

// FormatDuration writes a duration with the largest unit that leaves no rest, or
// in seconds with decimals. Negative ones are written as zero.
func FormatDuration(d time.Duration) string {
	if d <= 0 {
		return "0s"
	}
	for _, u := range durationUnits {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + string(u.letter)
		}
	}
	s := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	return strings.TrimRight(s, "0") + "s"
}
