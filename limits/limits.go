// SPDX-License-Identifier: Apache-2.0

// Package limits holds the small values that limits are written in: counts,
// sizes, resource limits, durations, times of day, octal modes; each with the
// one way of reading and of writing it.
//
// Owns: these texts' grammar. Does not know: which attribute a value stands in,
// files, users, the kernel. It imports no OS package.
// Concurrency: everything is a value. Errors: words for the person with the
// file, lower case, without the attribute's name, which the caller puts before.
//
// For every value x that a Parse function accepts, Parse(Format(x)) is x.
package limits

import (
	"fmt"
	"strconv"
	"strings"
)

// Unlimited is the count that is never reached.
const Unlimited int64 = -1

// unlimited is the word for it, in any case: xinetd writes UNLIMITED.
const unlimited = "unlimited"

// ParseCount reads a number of things: 0 and above, or "unlimited". Zero means
// none, never unlimited.
func ParseCount(s string) (int64, error) {
	if strings.EqualFold(s, unlimited) {
		return Unlimited, nil
	}
	n, err := parseDigits(s)
	if err != nil {
		return 0, fmt.Errorf("%w, or \"unlimited\"", err)
	}
	return n, nil
}

// FormatCount is ParseCount's inverse. Every negative number is "unlimited".
func FormatCount(n int64) string {
	if n < 0 {
		return unlimited
	}
	return strconv.FormatInt(n, 10)
}

// parseDigits reads a number of decimal digits alone: no sign, no blank, no
// underscore, no 0x. A leading zero does not make it octal.
func parseDigits(s string) (int64, error) {
	if s == "" {
		return 0, fmt.Errorf("empty: want a number")
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("%q: want a number", clip(s))
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is too large: want a number", clip(s))
	}
	return n, nil
}

// clip keeps a hostile value from filling the log with itself.
func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
