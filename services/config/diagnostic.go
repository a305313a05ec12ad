// SPDX-License-Identifier: Apache-2.0

// Package config reads configuration: files, includes, diagnostics with their
// places, inheritance and validation. One front-end per format (packages below
// this one) turns bytes into a Unit; everything after that happens here, once,
// for all formats.
//
// Owns: the order load → resolve → validate, and the list of what is wrong.
// Does not know: sockets, processes. What it must ask the machine (files, users,
// service names, addresses) it asks through a Host.
package config

import (
	"fmt"
	"strings"
)

// Severity of a Diagnostic. An Error costs the service (or, without one, the
// file or section) that it stands against; a Warning costs nothing.
type Severity uint8

const (
	Warning Severity = iota
	Error
)

func (s Severity) String() string { return [...]string{"warning", "error"}[s] }

// Diagnostic is one remark about what was read.
type Diagnostic struct {
	File      string // as it was named; empty for the command line
	Line, Col int    // from 1; 0 = none
	Severity  Severity
	Service   string // id, or ""
	Attribute string // as the file spells it, or ""
	Message   string
}

// String gives FILE:LINE:COL: error: service "x": attribute "y": message.
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.File == "" {
		b.WriteString("command line")
	} else {
		b.WriteString(d.File)
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
	b.WriteString(d.Message)
	return b.String()
}
