// SPDX-License-Identifier: Apache-2.0

package spawn

// legacyOrder gives clone's fourth and fifth argument: child_tid and tls.
func legacyOrder(childTID uintptr) (a3, a4 uintptr) { return childTID, 0 }
