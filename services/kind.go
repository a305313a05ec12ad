// SPDX-License-Identifier: Apache-2.0

package services

import "errors"

// Kind is what sort of value an attribute holds, and thereby the Go type of its
// Value and the way it is written.
type Kind uint8

// The kinds, with the type of the Value.
const (
	KindText       Kind = iota // string, one line
	KindPath                   // string, a file name
	KindWord                   // string, one of Words
	KindBool                   // bool
	KindInt                    // int64 within Min and Max
	KindCount                  // int64 from 0, or "unlimited"
	KindSize                   // int64 bytes; written 4096, "4K", "1M", "1G"
	KindRlimit                 // int64, "unlimited" or "SOFT:HARD"; sizes as above
	KindRlimitN                // the same for limits that count things: no K, M, G
	KindSeconds                // float64; written 90, 1.5, "90s", "5m"
	KindFloat                  // float64
	KindOctal                  // string of octal digits, without leading zeros but one: "022"
	KindTexts                  // []string
	KindWords                  // []string, each one of Words
	KindArgv                   // []string: a program and its arguments
	KindEnv                    // []string of NAME=VALUE
	KindNames                  // []string of names of variables
	KindPorts                  // []string of port strings
	KindHosts                  // []string of addresses or names to bind
	KindProtos                 // []string of protocols
	KindIPvs                   // []string of IP versions
	KindNets                   // []string of xinetd's address forms
	KindCIDRs                  // []string of ADDRESS/BITS, ADDRESS, FROM-TO
	KindRegexps                // []string of RE2
	KindTimes                  // []string of H:MM-H:MM
	KindRate                   // []int64: N, seconds
	KindPrefixes               // []int64: bits of IPv4, bits of IPv6
	KindUser                   // string: a user or group, name or number
	KindGroups                 // string: groups, separated by blanks; the first is the primary one
	numKinds
)

// Unlimited is how a count or limit without bound is written and held.
const Unlimited = "unlimited"

// Parse makes a Value of the attribute's kind from text, as it stands behind
// KEY= on a command line. Lists: see the kind.
func (a *Attribute) Parse(text string) (Value, error) { return nil, errors.New("not built yet") }

// FromTOML makes a Value of the attribute's kind from a decoded TOML value:
// string, bool, int64, int, float64, []any of these, []string, []int64.
func (a *Attribute) FromTOML(v any) (Value, error) { return nil, errors.New("not built yet") }

// Format writes a Value so that Parse (and, for lists, each item) reads it back.
func (a *Attribute) Format(v Value) string { return "" }
