// SPDX-License-Identifier: Apache-2.0

//go:build race

package difftest

// underRace: the daemons are programs of their own, built without -race.
const underRace = true
