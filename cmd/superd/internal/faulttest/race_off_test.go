// SPDX-License-Identifier: Apache-2.0

//go:build !race

package faulttest

// raced: see race_on_test.go.
const raced = false
