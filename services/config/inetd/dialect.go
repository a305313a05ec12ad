// SPDX-License-Identifier: Apache-2.0

package inetd

// Dialect is the inetd that a file is written for.
type Dialect uint8

// The dialects. Unknown is told by the file's content.
const (
	Unknown Dialect = iota
	OpenBSD         // Debian's openbsd-inetd
	FreeBSD
	NetBSD
	GNU // inetutils
)

func (d Dialect) String() string { return [...]string{"", "openbsd", "freebsd", "netbsd", "gnu"}[d] }

// title is how messages name the original.
func (d Dialect) title() string {
	return [...]string{"inetd", "openbsd-inetd", "FreeBSD's inetd", "NetBSD's inetd", "GNU's inetd"}[d]
}

// quoting is how a dialect reads quotes.
type quoting uint8

const (
	noQuotes     quoting = iota // they are part of the word
	leading                     // a word that begins with one goes to the next
	parting                     // GNU's: so, and a double one further on begins a word of its own
	shellQuotes                 // anywhere in a word, as in a shell without backslashes
	escapeQuotes                // NetBSD's second syntax: with backslashes between them
)

// habits are what the dialects differ in.
type habits struct {
	quotes    quoting
	indented  bool   // an indented line continues the entry before it
	prefixes  bool   // ADDRESS:service
	policies  bool   // "#@ …" is an IPsec policy
	rate      int64  // starts a minute where a line says nothing
	separator string // what stands before the number in the fourth field
	both      bool   // plain "tcp" is IPv4 and IPv6
	dual6     bool   // "tcp6" takes IPv4 in
	rootGroup bool   // a group named for root is applied
	maxLine   int    // where its line buffer ends; 0: nowhere
	maxArgs   int    // arguments beyond are dropped; 0: none
	dropsArgs bool   // … and the service with them
	mode      string // of the files of local sockets; "" as superd
	tcpd      string // where tcpd looks for a program without a path
}

func (d Dialect) habits() habits {
	switch d {
	case FreeBSD:
		return habits{quotes: leading, indented: true, policies: true, rate: 256, separator: "/", rootGroup: true,
			maxLine: 2048, maxArgs: 20, dropsArgs: true, mode: "200", tcpd: "/usr/libexec"}
	case NetBSD:
		return habits{quotes: shellQuotes, indented: true, prefixes: true, policies: true, rate: 40, separator: ":.", rootGroup: true,
			maxLine: 2048, maxArgs: 20, mode: "755", tcpd: "/usr/libexec"}
	case GNU:
		return habits{quotes: parting, prefixes: true, rate: 1000, separator: ".", dual6: true, tcpd: "/usr/sbin"}
	}
	return habits{indented: true, prefixes: true, rate: 256, separator: ".", both: true, maxLine: 1024, maxArgs: 20, tcpd: "/usr/sbin"}
}
