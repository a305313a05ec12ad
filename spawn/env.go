// SPDX-License-Identifier: Apache-2.0

package spawn

import "net/netip"

// Env builds the environment words of one connection in a fixed buffer. Each word
// overrides the Program's word of the same key. Words that do not fit make Start
// answer E2BIG.
type Env struct{}

// Reset forgets all words.
func (e *Env) Reset() {}

// Add adds KEY=value.
func (e *Env) Add(key, value string) {}

// AddAddr adds KEY=address, without zone.
func (e *Env) AddAddr(key string, a netip.Addr) {}

// AddPort adds KEY=port in decimal.
func (e *Env) AddPort(key string, port uint16) {}
