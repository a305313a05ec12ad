// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"superd/limits"
)

// InheritedUmask is the umask of this process with 022, as the originals give it to
// their programs: none of them may make files that everybody can write
// (CVE-2001-1322).
func InheritedUmask(h *Host) string {
	mask := uint32(0o022)
	if status, err := h.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "\nUmask:")
		line, _, _ := strings.Cut(rest, "\n")
		if n, err := limits.ParseOctal(strings.TrimSpace(line)); err == nil {
			mask |= n & 0o777
		}
	}
	return limits.FormatOctal(mask)
}
