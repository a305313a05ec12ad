// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/spawn/internal/origlimit"
)

// numLimits is the number of the kernel's resources.
const numLimits = 16

// Self is what Compile must know of the process that will start handlers.
type Self struct {
	Limits   [numLimits]Rlimit // by resource; Resource is set in each
	Files    Rlimit            // RLIMIT_NOFILE as the process was given it: a handler's, unless its Spec says otherwise
	Nice     int               // -20..19
	Ignored  uint64            // signals that are ignored: bit n-1 = signal n
	Bounding uint64            // capabilities that the bounding set still has
	Ambient  uint64            // ambient capabilities
	LastCap  int               // the kernel's highest capability
}

// anySelf stands for a nil Spec.Self: every limit falls, and nothing else is known.
func anySelf() *Self {
	s := &Self{Bounding: ^uint64(0), LastCap: unix.CAP_LAST_CAP}
	for i := range s.Limits {
		s.Limits[i] = Rlimit{Resource: i, Soft: unix.RLIM_INFINITY, Hard: unix.RLIM_INFINITY}
	}
	s.Files = s.Limits[unix.RLIMIT_NOFILE]
	return s
}

// ReadSelf reads it from the kernel. Call it after the process has set its own
// limits and ignored the signals that it means to ignore.
func ReadSelf() (*Self, error) {
	s := anySelf()
	for i := range s.Limits {
		var l unix.Rlimit
		if err := unix.Prlimit(0, i, nil, &l); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", limitName(i), err)
		}
		s.Limits[i] = Rlimit{Resource: i, Soft: l.Cur, Hard: l.Max}
	}
	s.Files = s.Limits[unix.RLIMIT_NOFILE]
	if origlimit.Hard != 0 {
		s.Files.Soft, s.Files.Hard = origlimit.Soft, origlimit.Hard
	}
	// The raw call gives 20 less the nice value, lest it look like an errno.
	n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot read the nice value: %w", err)
	}
	s.Nice = 20 - n
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return nil, fmt.Errorf("cannot read this process's signals and capabilities: %w", err)
	}
	if err := s.parseStatus(string(status)); err != nil {
		return nil, err
	}
	// Kernels and sandboxes without the file have what this was built with.
	if b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n < 64 {
			s.LastCap = n
		}
	}
	return s, nil
}

// parseStatus takes the hexadecimal sets out of a /proc/PID/status. Of the
// capabilities a line may be missing (gVisor), of the signals not.
func (s *Self) parseStatus(text string) error {
	signals := false
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		var set *uint64
		switch key {
		case "SigIgn":
			set, signals = &s.Ignored, true
		case "CapBnd":
			set = &s.Bounding
		case "CapAmb":
			set = &s.Ambient
		default:
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return fmt.Errorf("cannot read %s of this process: %w", key, err)
		}
		*set = n
	}
	if !signals {
		return fmt.Errorf("cannot read the ignored signals of this process: no SigIgn in its status")
	}
	return nil
}

// isIgnored tells whether the process ignores signal n.
func (s *Self) isIgnored(n int) bool { return s.Ignored>>(n-1)&1 != 0 }
