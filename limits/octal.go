// SPDX-License-Identifier: Apache-2.0

package limits

import (
	"fmt"
	"strconv"
)

// MaxMode is the largest file mode.
const MaxMode = 0o7777

// ParseOctal reads a file mode or a umask: octal digits alone, at most 7777.
// Leading zeros are free.
func ParseOctal(s string) (uint32, error) {
	if s == "" {
		return 0, fmt.Errorf("empty: want octal digits")
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '7' {
			return 0, fmt.Errorf("%q: want octal digits", clip(s))
		}
	}
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > MaxMode {
		return 0, fmt.Errorf("%q is too large: want at most 7777", clip(s))
	}
	return uint32(n), nil
}

// FormatOctal writes a mode with at least three digits: "022", "1777".
func FormatOctal(n uint32) string { return fmt.Sprintf("%03o", n) }
