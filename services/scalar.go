// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"superd/limits"
)

// plain refuses what no attribute may hold: an empty text, control characters
// (they would forge lines of the log) and bytes that are no UTF-8.
func plain(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("empty: want text")
	case !utf8.ValidString(s):
		return fmt.Errorf("%q is not UTF-8", clip(s))
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%q holds a control character", clip(s))
	}
	return nil
}

func parseText(a *Attribute, s string) (Value, error) {
	if s == "" && a.Max == 0 {
		return s, nil
	}
	if err := plain(s); err != nil {
		return nil, err
	}
	if a.Max > 0 && int64(len(s)) > a.Max {
		return nil, fmt.Errorf("%q is longer than %d bytes", clip(s), a.Max)
	}
	return s, nil
}

func parsePath(_ *Attribute, s string) (Value, error) {
	if s == "" {
		return nil, fmt.Errorf("empty: want an absolute path")
	}
	if err := plain(s); err != nil {
		return nil, err
	}
	// superd's working directory is /; a path relative to where its file lies, or
	// to where it was started, would mean another file after a reload.
	if s[0] != '/' {
		return nil, fmt.Errorf("%q: want an absolute path", clip(s))
	}
	return s, nil
}

func parseWord(a *Attribute, s string) (Value, error) {
	if i := slices.IndexFunc(a.Words, func(w string) bool { return strings.EqualFold(w, s) }); i >= 0 {
		return a.Words[i], nil
	}
	return nil, notOneOf(s, a.Words)
}

func notOneOf(s string, words []string) error {
	if w := nearest(s, words); w != "" {
		return fmt.Errorf("%q: did you mean %q?", clip(s), w)
	}
	return fmt.Errorf("%q: want one of %s", clip(s), strings.Join(words, ", "))
}

func parseUser(_ *Attribute, s string) (Value, error) {
	if err := plain(s); err != nil {
		return nil, err
	}
	if strings.ContainsAny(s, " \t:,/") {
		return nil, fmt.Errorf("%q is no name", clip(s))
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return wholeID(nil, n)
	}
	return s, nil
}

// wholeID takes the numbers that name a user or group. The highest one means
// "leave it" to the kernel: setresuid(2).
func wholeID(_ *Attribute, n int64) (Value, error) {
	if n < 0 || n >= math.MaxUint32 {
		return nil, fmt.Errorf("%d is no user or group: want 0 to %d", n, uint32(math.MaxUint32-1))
	}
	return strconv.FormatInt(n, 10), nil
}

func parseGroups(a *Attribute, s string) (Value, error) {
	var groups []string
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
		g, err := parseUser(a, word)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g.(string))
	}
	if groups == nil {
		return nil, fmt.Errorf("empty: want a group")
	}
	return strings.Join(groups, " "), nil
}

func parseOctal(a *Attribute, s string) (Value, error) {
	n, err := limits.ParseOctal(s)
	if err != nil {
		return nil, err
	}
	if int64(n) > a.Max {
		return nil, fmt.Errorf("%q is too large: want at most %o", clip(s), a.Max)
	}
	return limits.FormatOctal(n), nil
}

func parseBool(_ *Attribute, s string) (Value, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off":
		return false, nil
	}
	return nil, fmt.Errorf("%q: want true or false", clip(s))
}

func inRange(a *Attribute, n int64) (Value, error) {
	if n < a.Min || n > a.Max {
		return nil, fmt.Errorf("%d: want %d to %d", n, a.Min, a.Max)
	}
	return n, nil
}

func parseInt(a *Attribute, s string) (Value, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q: want a whole number", clip(s))
	}
	return inRange(a, n)
}

func parseWholeSeconds(a *Attribute, s string) (Value, error) {
	d, err := limits.ParseDuration(s)
	if err != nil {
		return nil, err
	}
	if d%time.Second != 0 {
		return nil, fmt.Errorf("%q: want whole seconds", clip(s))
	}
	return inRange(a, int64(d/time.Second))
}

func parseBytes(a *Attribute, s string) (Value, error) {
	n, err := limits.ParseSize(s, limits.NativeUnits)
	if err != nil {
		return nil, err
	}
	return inRange(a, n)
}

// wholeCount takes 0 as none: it never means unlimited.
func wholeCount(a *Attribute, n int64) (Value, error) {
	if n < 0 {
		return nil, fmt.Errorf("%d: want 0 or more, or \"unlimited\"", n)
	}
	if a.Max > 0 && n > a.Max {
		return nil, fmt.Errorf("%d: want at most %d", n, a.Max)
	}
	return n, nil
}

func parseCount(a *Attribute, s string) (Value, error) {
	n, err := limits.ParseCount(s)
	if err != nil {
		return nil, err
	}
	if n == limits.Unlimited {
		if a.Max > 0 {
			return nil, fmt.Errorf("%q: want at most %d", s, a.Max)
		}
		return Unlimited, nil
	}
	return wholeCount(a, n)
}

func parseRlimit(_ *Attribute, s string) (Value, error)  { return rlimitValue(s, limits.NativeUnits) }
func parseRlimitN(_ *Attribute, s string) (Value, error) { return rlimitValue(s, limits.NoUnits) }

// rlimitValue holds a plain number where soft and hard limit are the same.
func rlimitValue(s, units string) (Value, error) {
	r, err := limits.ParseRlimit(s, units)
	if err != nil {
		return nil, err
	}
	if r.Soft == r.Hard && r.Soft != limits.Infinity {
		return int64(r.Soft), nil
	}
	return r.String(), nil
}

func aboveZero(_ *Attribute, f float64) (Value, error) {
	if !(f > 0) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%v: want a number above 0", f)
	}
	return f, nil
}

func wholeFloat(a *Attribute, n int64) (Value, error) { return aboveZero(a, float64(n)) }

func parseFloat(a *Attribute, s string) (Value, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "xX_") {
		return nil, fmt.Errorf("%q: want a number", clip(s))
	}
	return aboveZero(a, f)
}

// maxSeconds is what a time.Duration holds.
const maxSeconds = float64(math.MaxInt64 / int64(time.Second))

func seconds(_ *Attribute, f float64) (Value, error) {
	if f < 0 {
		return nil, fmt.Errorf("%v: want 0 or more seconds", f)
	}
	if f > maxSeconds {
		return nil, fmt.Errorf("%v seconds are too long", f)
	}
	return f, nil
}

func wholeSeconds(a *Attribute, n int64) (Value, error) { return seconds(a, float64(n)) }

func parseSeconds(_ *Attribute, s string) (Value, error) {
	d, err := limits.ParseDuration(s)
	if err != nil {
		return nil, err
	}
	return d.Seconds(), nil
}

func parseTimeout(a *Attribute, s string) (Value, error) {
	if strings.EqualFold(s, Unlimited) {
		return Unlimited, nil
	}
	return parseSeconds(a, s)
}

func parseRate(_ *Attribute, s string) (Value, error) {
	if strings.EqualFold(s, Unlimited) {
		return Unlimited, nil
	}
	n, err := pair(s)
	if err != nil {
		return nil, fmt.Errorf("%q: want [N, SECONDS] or \"unlimited\"", clip(s))
	}
	if n[0] == 0 {
		return nil, fmt.Errorf("a rate of 0 would let nobody in: want 1 or more, or \"unlimited\"")
	}
	return n, nil
}

func parsePrefixes(_ *Attribute, s string) (Value, error) {
	n, err := pair(s)
	if err != nil {
		return nil, fmt.Errorf("%q: want [BITS, BITS], of IPv4 and IPv6", clip(s))
	}
	if n[0] > 32 || n[1] > 128 {
		return nil, fmt.Errorf("[%d, %d]: IPv4 addresses have 32 bits, IPv6 addresses 128", n[0], n[1])
	}
	return n, nil
}

// pair reads two numbers from 0 to 2^31-1, parted by blanks or a comma.
func pair(s string) ([]int64, error) {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(words) != 2 {
		return nil, strconv.ErrSyntax
	}
	var out []int64
	for _, w := range words {
		n, err := strconv.ParseUint(w, 10, 31)
		if err != nil {
			return nil, err
		}
		out = append(out, int64(n))
	}
	return out, nil
}
