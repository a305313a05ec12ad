// SPDX-License-Identifier: Apache-2.0

package services

// Suggest returns the native attribute that a person who wrote name may have
// meant, or "".
func Suggest(name string) string { return "" }
