// SPDX-License-Identifier: Apache-2.0

package spawn

// CapByName gives the number of a capability: "CAP_NET_RAW", "net_raw".
func CapByName(name string) (n int, ok bool) { return 0, false }

// CapName gives the name of a capability, as CAP_NET_RAW.
func CapName(n int) string { return "" }

// CapSet gives the set of the named capabilities, for Spec.Bounding.
func CapSet(names []string) (set uint64, err error) { return 0, nil }
