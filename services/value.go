// SPDX-License-Identifier: Apache-2.0

package services

// Value is what an attribute holds, in TOML's types and normalised: sizes in
// bytes, durations in seconds, addresses canonical, "unlimited" as the string
// of that name. It is one of string, bool, int64, float64, []string, []int64.
// What the run time needs in other shapes is compiled from it once.
type Value any
