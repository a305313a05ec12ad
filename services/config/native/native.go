// SPDX-License-Identifier: Apache-2.0

// Package native reads superd's own format: TOML with [defaults], [daemon],
// [services.NAME] and [[services.NAME.socket]].
//
// Owns: TOML syntax, the shape of the sections, include. Does not know:
// defaults, inheritance, validation; those are config's. Concurrency: a
// FrontEnd holds nothing and can be used by many at once. Errors: all go to the
// Sink, with their places; Parse itself does not fail.
package native

import "superd/services/config"

// FrontEnd is the native format's front-end.
type FrontEnd struct{}

var _ config.FrontEnd = FrontEnd{}

// Parse reads name and all that it includes.
func (FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	return config.Unit{Format: "native"}
}
