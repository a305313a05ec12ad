// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strconv"

	"superd/services"
)

// Origin words a value's place as show prints it: "FILE:LINE", "default",
// "default (xinetd)" or "command line". format is that of the value's service.
func (r *Result) Origin(format string, o services.Origin) string {
	switch o.File {
	case services.FromDefault:
		return "default"
	case services.FromFormatDefault:
		return "default (" + format + ")"
	case services.FromCommandLine:
		return "command line"
	}
	return r.FileName(o.File) + ":" + strconv.FormatUint(uint64(o.Line), 10)
}
