// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// NoControl is the control that stands for none.
const NoControl = "none"

// parseControl takes a path, or none.
func parseControl(a *Attribute, s string) (Value, error) {
	if s == NoControl {
		return NoControl, nil
	}
	if !strings.HasPrefix(s, "/") {
		return nil, fmt.Errorf("%q: want an absolute path or %q", clip(s), NoControl)
	}
	return parsePath(a, s)
}
