// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// limitNames are the resources by the kernel's number, named as the attributes.
var limitNames = [numLimits]string{
	"rlimit_cpu", "rlimit_fsize", "rlimit_data", "rlimit_stack",
	"rlimit_core", "rlimit_rss", "rlimit_nproc", "rlimit_files",
	"rlimit_memlock", "rlimit_as", "rlimit_locks", "rlimit_sigpending",
	"rlimit_msgqueue", "rlimit_nice", "rlimit_rtprio", "rlimit_rttime",
}

// ResourceName gives the attribute of a resource of the kernel, 0 to 15.
func ResourceName(resource int) string { return limitName(resource) }

func limitName(resource int) string {
	if resource < 0 || resource >= numLimits {
		return "rlimit " + strconv.Itoa(resource)
	}
	return limitNames[resource]
}

// ResourceByName gives the kernel's number of the resource that an attribute
// such as "rlimit_files" names.
func ResourceByName(attribute string) (resource int, ok bool) {
	for i, n := range limitNames {
		if n == attribute {
			return i, true
		}
	}
	return 0, false
}

// limitText writes a limit as attributes are written: "64", "64:128", "unlimited".
func limitText(soft, hard uint64) string {
	one := func(n uint64) string {
		if n == unix.RLIM_INFINITY {
			return "unlimited"
		}
		return strconv.FormatUint(n, 10)
	}
	if soft == hard {
		return one(soft)
	}
	return one(soft) + ":" + one(hard)
}

// order tells at which moments a limit must be set, seen from what the process
// has. Raising the hard limit wants privileges, so it comes before setresuid; what
// takes something away comes after, or it would hinder the steps between: above
// all RLIMIT_NPROC, which setresuid compares with the processes that the user has.
// A limit that does both is set twice.
func (want Rlimit) order(have Rlimit) (early, late []Rlimit) {
	if want.Hard > have.Hard {
		raised := want
		raised.Soft = max(want.Soft, min(have.Soft, want.Hard))
		early = append(early, raised)
		have = raised
	}
	if want.Soft < have.Soft || want.Hard < have.Hard || early == nil {
		late = append(late, want)
	}
	return early, late
}

func (want Rlimit) validate() error {
	switch {
	case want.Resource < 0 || want.Resource >= numLimits:
		return fmt.Errorf("no such resource: %d", want.Resource)
	case want.Soft > want.Hard:
		return fmt.Errorf("%s %s: the soft limit exceeds the hard one", limitName(want.Resource), limitText(want.Soft, want.Hard))
	}
	return nil
}
