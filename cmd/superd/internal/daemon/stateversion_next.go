// SPDX-License-Identifier: Apache-2.0

//go:build superd_next

package daemon

// A superd of the next state format, for the tests of upgrades.
const upgradeVersion = 2
