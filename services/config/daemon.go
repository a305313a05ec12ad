// SPDX-License-Identifier: Apache-2.0

package config

import "superd/services"

// Daemon holds what [daemon] sections say, of all sources together. The zero
// value has superd's own defaults.
type Daemon struct {
	Settings []services.Setting // sorted by Attr, at most one of each
}
