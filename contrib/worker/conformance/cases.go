// SPDX-License-Identifier: Apache-2.0

package main

// cases gives all cases in the text's order.
func cases() []testCase {
	var all []testCase
	for _, part := range [][]testCase{startCases(), messageCases(), connectionCases(), clientCases(), slotCases(), endCases()} {
		all = append(all, part...)
	}
	return all
}
