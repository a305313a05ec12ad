// SPDX-License-Identifier: Apache-2.0

package limits

import (
	"fmt"
	"strings"
)

// Infinity is an Rlimit's "unlimited": the kernel's RLIM_INFINITY.
const Infinity = ^uint64(0)

// Rlimit is a soft and a hard limit, in the resource's own measure.
type Rlimit struct{ Soft, Hard uint64 }

// ParseRlimit reads "N" (both limits), "SOFT:HARD", with units as ParseSize, and
// "unlimited" in place of any number. The soft limit may not exceed the hard one.
func ParseRlimit(s, units string) (Rlimit, error) {
	soft, hard, two := strings.Cut(s, ":")
	var r Rlimit
	var err error
	if r.Soft, err = parseLimit(soft, units); err != nil {
		return Rlimit{}, err
	}
	if r.Hard = r.Soft; !two {
		return r, nil
	}
	if r.Hard, err = parseLimit(hard, units); err != nil {
		return Rlimit{}, err
	}
	if r.Soft > r.Hard {
		return Rlimit{}, fmt.Errorf("%q: the soft limit exceeds the hard one", clip(s))
	}
	return r, nil
}

func parseLimit(s, units string) (uint64, error) {
	if strings.EqualFold(s, unlimited) {
		return Infinity, nil
	}
	n, err := ParseSize(s, units)
	if err != nil {
		return 0, fmt.Errorf("%w, or \"unlimited\"", err)
	}
	return uint64(n), nil
}

// String writes the limit as ParseRlimit reads it, in plain numbers.
func (r Rlimit) String() string {
	if r.Soft == r.Hard {
		return formatLimit(r.Soft)
	}
	return formatLimit(r.Soft) + ":" + formatLimit(r.Hard)
}

func formatLimit(n uint64) string {
	if n == Infinity {
		return unlimited
	}
	return fmt.Sprint(n)
}
