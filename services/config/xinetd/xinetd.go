// SPDX-License-Identifier: Apache-2.0

// Package xinetd is the front-end for xinetd.conf and xinetd.d: bytes to
// positioned syntax, and from there to a config.Unit whose assignments carry
// native attribute names and normalised values.
//
// Owns: xinetd's grammar, its attributes, flags and types, its rules for
// include and includedir, what it inherits from defaults and when, and the
// remarks wherever superd takes a line otherwise than xinetd's code does.
// Does not know: sockets, processes, nor how an attribute takes effect.
// Concurrency: a FrontEnd has no state; Parse may run many times at once.
// Errors: all of them are remarks to the sink; nothing is returned.
package xinetd

import "superd/services/config"

// Format is the name of this format, as in "-c xinetd:FILE" and Unit.Format.
const Format = "xinetd"

// FrontEnd reads xinetd.conf.
type FrontEnd struct{}

// Parse reads name, whose content is data, with all that it includes.
func (FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	return config.Unit{Format: Format}
}
