// SPDX-License-Identifier: Apache-2.0

// Package wrappers speaks the language of hosts.allow and hosts.deny:
// hosts_access(5) with hosts_options(5), as Debian's libwrap reads it, oddities
// included. Bytes become a File; Tables of both files give a service the Rules
// that concern its name; Rules give a Request its Verdict.
//
// Owns: the language, and what an unknown host name means. Does not know: files
// (they come as bytes, by a Source), name servers, processes (what a rule wants
// run comes out as Effects), services.
// Concurrency: File, Tables, Rule and Rules are values that nobody changes.
// Errors: none. A line that cannot be read means what libwrap makes of it, and a
// Note says what that is.
package wrappers

import (
	"net/netip"

	"superd/limits/access"
)

// The File numbers of a Place in hosts.allow and hosts.deny. They are no services'
// file, whose numbers begin at the other end.
const (
	FileAllow = ^uint32(0) - 1
	FileDeny  = ^uint32(0)
)

// Words that libwrap has for a name that it could not get, and for one whose
// addresses are not the client's.
const (
	Unknown  = "unknown"
	Paranoid = "paranoid"
)

// Endpoint is one side of a connection.
type Endpoint struct {
	Addr netip.Addr // never v4-mapped; invalid: there is none (Unknown)
	Port int        // -1 = not known
	// Name is the verified host name, Unknown or Paranoid. Empty means that nobody
	// has looked: what depends on it takes the stricter side.
	Name string
}

// Request is a client at a service.
type Request struct {
	Daemon         string
	Client, Server Endpoint
	User           string // of the client, by RFC 931; Unknown; empty = nobody has asked
	Pid            int    // for %p
}

// Truth is an answer that may have to wait for a host name.
type Truth uint8

// The truths, in their order.
const (
	No Truth = iota
	Maybe
	Yes
)

func not(t Truth) Truth { return Yes - t }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Source is what Parse asks for. Nil fields find nothing.
type Source struct {
	// Read gives a file that a "/file" pattern names; nil data and nil error: there is none.
	Read func(name string) ([]byte, error)
	// Host finds a name in /etc/hosts.
	Host func(name string) ([]netip.Addr, bool)
	// User and Group tell whether there is an account of that name.
	User, Group func(name string) bool
}

// Note is a remark about a line.
type Note struct {
	Line  uint32 // 0: the file as a whole
	Col   uint32 // from 1; of a line in pieces, its beginning
	Text  string
	Loose bool // what the line evidently asks for is not what it does, and is less strict
}

// File is a file of rules.
type File struct {
	Rules []*Rule
	Notes []Note
	Names []string // the files that patterns name, there or not
}

// Rule is one line.
type Rule struct {
	Place    access.Place // of its first line
	LastLine uint32       // of a continued line; libwrap tells this one
	Text     string       // in the file's words, blanks made one
	Waits    []Note       // its words that need a name, and what the rule does without

	deny     bool // it stands in hosts.deny
	shut     bool // refuses everybody: no rule, but a file that cannot be read on
	daemons  list
	clients  list
	actions  []action
	end      end
	why      string // of endError
	byServer bool   // looks at the server's address or port
}

// Verdict is the answer for a Request.
type Verdict struct {
	Allow bool
	Rule  *Rule // what decided; nil: no rule matches
	// Unsure: the rule would need a name that nobody has looked up, and is taken by
	// its stricter side. Its commands are not run.
	Unsure bool
}

// Effects tells whether the rule asks for more than the verdict.
func (v Verdict) Effects() bool { return v.Rule != nil && !v.Unsure && len(v.Rule.actions) > 0 }
