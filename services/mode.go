// SPDX-License-Identifier: Apache-2.0

package services

// ModeSet is a set of modes; 0 means all.
type ModeSet uint16

// The modes as set members.
const (
	ModeInet ModeSet = 1 << iota
	ModeWait
	ModeSingle
	ModePreforkSimple
	ModePrefork
	ModeMultiplex
	ModeHTTP
	ModeApp
)
