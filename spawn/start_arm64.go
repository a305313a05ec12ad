// SPDX-License-Identifier: Apache-2.0

package spawn

// legacyOrder gives clone's fourth and fifth argument: tls and child_tid.
func legacyOrder(childTID uintptr) (a3, a4 uintptr) { return 0, childTID }
