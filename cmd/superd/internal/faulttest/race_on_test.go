// SPDX-License-Identifier: Apache-2.0

//go:build race

package faulttest

// raced: superd was compiled with the race detector, which costs CPU, memory
// and threads of its own; what is measured of them says nothing.
const raced = true
