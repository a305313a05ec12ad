// SPDX-License-Identifier: Apache-2.0

// Package config reads configuration: files, includes, diagnostics with their
// places, inheritance and validation. One front-end per format (packages below
// this one) turns bytes into a Unit; everything after that happens here, once,
// for all formats.
//
// Owns: the order load → resolve → validate, and the list of what is wrong.
// Does not know: sockets, processes. What it must ask the machine (files, users,
// service names, addresses) it asks through a Host.
// Concurrency: a Load has all its state to itself, but for the Host's functions.
// Errors: are Diagnostics, each with its place; all of a run are given, and one
// costs no more than what it stands at.
package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Severity of a Diagnostic. An Error costs the service (or, without one, the
// file or section) that it stands against; a Warning costs nothing, and Info is
// no more than what was made of the file. An Aside is for who compares superd with
// the original of the file alone: nothing is odd about the line.
type Severity uint8

const (
	Warning Severity = iota
	Error
	Info
	Aside
)

func (s Severity) String() string { return [...]string{"warning", "error", "info", "info"}[s] }

// Diagnostic is one remark about what was read.
type Diagnostic struct {
	File      string // as it was named; empty for the command line
	Line, Col int    // from 1; 0 = none
	Severity  Severity
	Service   string // id, or ""
	Attribute string // as the file spells it, or ""
	Message   string
}

// String gives FILE:LINE:COL: error: service "x": attribute "y": message. It is
// one line, and holds nothing that a terminal would obey.
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.File == "" {
		b.WriteString("command line")
	} else {
		b.WriteString(printable(d.File))
	}
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", d.Line, d.Col)
	}
	fmt.Fprintf(&b, ": %s: ", d.Severity)
	if d.Service != "" {
		fmt.Fprintf(&b, "service %q: ", d.Service)
	}
	if d.Attribute != "" {
		fmt.Fprintf(&b, "attribute %q: ", d.Attribute)
	}
	b.WriteString(printable(d.Message))
	return b.String()
}

// printable escapes control characters and what is no UTF-8.
func printable(s string) string {
	ok := func(r rune) bool { return r >= ' ' && r != utf8.RuneError && (r < 0x7f || r > 0x9f) }
	if !strings.ContainsFunc(s, func(r rune) bool { return !ok(r) }) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case ok(r):
			b.WriteRune(r)
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
