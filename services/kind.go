// SPDX-License-Identifier: Apache-2.0

package services

// Kind is what sort of value an attribute holds, and thereby the Go type of its
// Value and the way it is written.
type Kind uint8

// The kinds, with the type of the Value.
const (
	KindText         Kind = iota // string: one line
	KindPath                     // string: an absolute file name
	KindWord                     // string: one of Words
	KindMode                     // string: one of Words; or []string: modes, of which the first that works here counts
	KindUser                     // string: a user or group, name or number
	KindGroups                   // string: groups, separated by single blanks; the first is the primary one
	KindOctal                    // string: octal digits, at least three: "022", "1777"
	KindBool                     // bool
	KindInt                      // int64 within Min and Max
	KindWholeSeconds             // int64 within Min and Max; written 90, "90s", "5m"
	KindBytes                    // int64 within Min and Max; written 4096, "4K", "1M", "1G"
	KindCount                    // int64 from 0 on, or "unlimited"
	KindRlimit                   // int64, "unlimited" or "SOFT:HARD"; sizes as KindBytes
	KindRlimitN                  // the same for limits that are no sizes: without K, M, G
	KindFloat                    // float64 above 0
	KindSeconds                  // float64 from 0 on; written 90, 1.5, "90s", "5m"
	KindTimeout                  // float64 from 0 on, or "unlimited"; written as KindSeconds
	KindTexts                    // []string
	KindWords                    // []string: a set of Words, in their order
	KindArgv                     // []string: a program and its arguments
	KindEnv                      // []string of NAME=VALUE
	KindNames                    // []string: names of variables
	KindExtra                    // []string of "KEY VALUE"
	KindCaps                     // []string: names of capabilities, "CAP_CHOWN"
	KindLogFile                  // string: an absolute file name, or "syslog"
	KindControl                  // string: an absolute file name, or "none"
	KindLogsock                  // string: unix:PATH, udp:ADDRESS:PORT or tcp:ADDRESS:PORT
	KindIdent                    // string: a name in syslog
	KindFDName                   // string: a name in LISTEN_FDNAMES
	KindLogType                  // []string: SYSLOG FACILITY LEVEL, or FILE PATH SOFT HARD
	KindPorts                    // []string: port strings
	KindHosts                    // []string: addresses or names to bind
	KindProtos                   // []string: protocols
	KindIPvs                     // []string: IP versions
	KindNets                     // []string: xinetd's address forms
	KindCIDRs                    // []string: ADDRESS/BITS, ADDRESS, FROM-TO
	KindRegexps                  // []string: RE2
	KindTimes                    // []string of H:MM-H:MM
	KindRate                     // []int64: N, seconds; or "unlimited"
	KindPrefixes                 // []int64: bits of IPv4, bits of IPv6
	numKinds
)

// Unlimited is how a count or limit without bound is written and held.
const Unlimited = "unlimited"

// kind is the row of a Kind. Of text, whole and float those that are nil do not
// apply; a list has item, or list where its items do not stand for themselves.
type kind struct {
	want  string                                               // "a whole number"
	text  func(a *Attribute, s string) (Value, error)          // from text
	whole func(a *Attribute, n int64) (Value, error)           // from a whole number of TOML
	float func(a *Attribute, f float64) (Value, error)         // from any other number of TOML
	item  func(a *Attribute, s string) ([]string, error)       // one item of a list: what it stands for
	list  func(a *Attribute, items []string) ([]string, error) // a list as a whole, after item
	words bool                                                 // text of a list: blanks and commas part its items
	typed bool                                                 // TOML text is not taken: it would hide a mistake
}

var kinds = [numKinds]kind{
	KindText:         {want: "text", text: parseText},
	KindPath:         {want: "an absolute path", text: parsePath},
	KindWord:         {want: "a word", text: parseWord},
	KindMode:         {want: `a mode, or a list of modes`, text: parseMode},
	KindUser:         {want: "a name or number", text: parseUser, whole: wholeID},
	KindGroups:       {want: "names or numbers", text: parseGroups, whole: wholeID},
	KindOctal:        {want: `octal digits in quotes, as "022"`, text: parseOctal},
	KindBool:         {want: "true or false", text: parseBool, typed: true},
	KindInt:          {want: "a whole number", text: parseInt, whole: inRange, typed: true},
	KindWholeSeconds: {want: `whole seconds, or text as "5m"`, text: parseWholeSeconds, whole: inRange},
	KindBytes:        {want: `a number of bytes, or text as "64K"`, text: parseBytes, whole: inRange},
	KindCount:        {want: `a whole number or "unlimited"`, text: parseCount, whole: wholeCount},
	KindRlimit:       {want: `a number, "64M", "SOFT:HARD" or "unlimited"`, text: parseRlimit, whole: wholeCount},
	KindRlimitN:      {want: `a number, "SOFT:HARD" or "unlimited"`, text: parseRlimitN, whole: wholeCount},
	KindFloat:        {want: "a number", text: parseFloat, whole: wholeFloat, float: aboveZero, typed: true},
	KindSeconds:      {want: `seconds, or text as "5m"`, text: parseSeconds, whole: wholeSeconds, float: seconds},
	KindTimeout:      {want: `seconds, text as "5m", or "unlimited"`, text: parseTimeout, whole: wholeSeconds, float: seconds},
	KindTexts:        {want: "a list of text", item: itemText, words: true},
	KindWords:        {want: "a list of words", item: itemWord, list: wordSet, words: true},
	KindArgv:         {want: `a list, as ["/bin/cat", "-u"]`, item: itemArg, list: argv, words: true},
	KindEnv:          {want: `a list, as ["NAME=VALUE"]`, item: itemEnv},
	KindNames:        {want: "a list of names", item: itemName, words: true},
	KindExtra:        {want: `a list, as ["my_option 1"]`, item: itemExtra, list: extraList},
	KindCaps:         {want: `a list, as ["CAP_CHOWN"]`, item: itemCap, list: distinct, words: true},
	KindLogFile:      {want: `an absolute path or "syslog"`, text: parseLogFile},
	KindControl:      {want: `an absolute path or "none"`, text: parseControl},
	KindLogsock:      {want: `unix, unix:PATH, udp:ADDRESS:PORT or tcp:ADDRESS:PORT`, text: parseLogsock},
	KindIdent:        {want: "a name without blanks", text: parseIdent},
	KindFDName:       {want: "a name without colons", text: parseFDName},
	KindLogType:      {want: `a list, as ["SYSLOG", "daemon"]`, item: itemText, list: logType, words: true},
	KindPorts:        {want: "a port, or a list of ports", item: itemPort, whole: wholePort},
	KindHosts:        {want: "a host, or a list of hosts", item: itemHost},
	KindProtos:       {want: "a protocol, or a list of them", item: itemProto},
	KindIPvs:         {want: `4, 6 or "*", or a list of these`, item: itemIPv, whole: wholeIPv},
	KindNets:         {want: "a list of addresses and networks", item: itemNet, list: distinct, words: true},
	KindCIDRs:        {want: "a list of networks", item: itemCIDR, list: distinct, words: true},
	KindRegexps:      {want: "a list of regular expressions", item: itemRegexp},
	KindTimes:        {want: `a list, as ["8:00-17:59"]`, item: itemTime, words: true},
	KindRate:         {want: `[N, SECONDS] or "unlimited"`, text: parseRate},
	KindPrefixes:     {want: "[BITS, BITS], of IPv4 and IPv6", text: parsePrefixes},
}

// isList tells whether a value of the kind is a []string.
func (k Kind) isList() bool { return kinds[k].item != nil }

// String says what a value of the kind is, as "a whole number".
func (k Kind) String() string {
	if k >= numKinds {
		return "kind?"
	}
	return kinds[k].want
}
