// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// Given is the port, and the network, of sockets that superd does not open: the
// service manager does, by a unit that gives them a name (FileDescriptorName=).
// What kind of sockets they are is seen when superd is started with them.
const Given = "systemd"

// maxGivenName is FDNAME_MAX.
const maxGivenName = 255

// parseGiven reads "systemd", the sockets named as the service is, or
// "systemd:NAME".
func parseGiven(s string) (portString, error) {
	name, said := strings.CutPrefix(s, Given+":")
	if !said {
		return portString{given: true}, nil
	}
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }
	if name == "" || len(name) > maxGivenName || strings.ContainsFunc(name, odd) {
		return portString{}, fmt.Errorf("%q: want systemd:NAME, with the FileDescriptorName= of a socket unit", clip(s))
	}
	return portString{given: true, name: name}, nil
}
