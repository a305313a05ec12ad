// SPDX-License-Identifier: Apache-2.0

package limits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The letters that a size may end in.
const (
	NativeUnits = "KMG" // native files
	XinetdUnits = "KM"  // xinetd has no G
	NoUnits     = ""    // counts and seconds, as rlimit_files and rlimit_cpu
)

// ParseSize reads a number of bytes: N, or N and one of units in either case,
// each a power of 1024.
func ParseSize(s, units string) (int64, error) {
	digits, shift := s, 0
	if s != "" {
		if i := strings.IndexByte(NativeUnits, s[len(s)-1]&^0x20); i >= 0 && strings.IndexByte(units, NativeUnits[i]) >= 0 {
			digits, shift = s[:len(s)-1], 10*(i+1)
		}
	}
	n, err := parseDigits(digits)
	if err != nil {
		return 0, fmt.Errorf("%q: want %s", clip(s), sizeForms(units))
	}
	if n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("%q is too large", clip(s))
	}
	return n << shift, nil
}

func sizeForms(units string) string {
	forms := "a number"
	for i := range len(units) {
		sep := ", "
		if i == len(units)-1 {
			sep = " or "
		}
		forms += sep + "N" + units[i:i+1]
	}
	return forms
}

// FormatSize writes a number of bytes with the largest unit that leaves no rest.
func FormatSize(n int64) string {
	for i := len(NativeUnits); i > 0 && n > 0; i-- {
		if unit := int64(1) << (10 * i); n%unit == 0 {
			return strconv.FormatInt(n/unit, 10) + NativeUnits[i-1:i]
		}
	}
	return strconv.FormatInt(n, 10)
}
