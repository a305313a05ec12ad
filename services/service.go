// SPDX-License-Identifier: Apache-2.0

// Package services is superd's model: a Service as a value, the table of the
// attributes that it may have, validation over that table, and the difference
// between two values.
//
// Owns: attribute names, kinds, defaults, and what each means on a reload.
// Does not know: files, sockets, processes, users. What the port grammar must ask
// the machine comes in as Lookups. It imports no OS package.
// Concurrency: everything here is a value without descriptors or goroutines; it
// can be compared, printed and put into a golden file. A Service that was handed
// on is not changed any more, and the table never is: any goroutine may read them.
// Errors: words for the person with the file, lower case, without the names of
// service and attribute, which config puts before them. Of hostile text they quote
// the beginning only.
package services

// FileID names a file of the run that read it (config.Result.Files). The first
// few are no files but the other places that a value can come from.
type FileID uint32

const (
	FromDefault       FileID = iota // superd's own default
	FromFormatDefault               // the default of the original whose file this is: "default (xinetd)"
	FromCommandLine                 // KEY=VALUE on the command line
	FirstFile                       // config.Result.Files[0]
)

// Origin tells where a value was written. It is eight bytes because a machine
// with 10,000 services keeps a quarter of a million of them.
type Origin struct {
	File FileID
	Line uint32
}

// State says what is to become of a service.
type State uint8

const (
	Enabled  State = iota
	Disabled       // written down, and switched off
	Refused        // an error stands against it; it is never run
)

func (s State) String() string { return [...]string{"enabled", "disabled", "refused"}[s] }

// Setting is one attribute's value and its place.
type Setting struct {
	Attr   AttrID
	Origin Origin
	Value  Value
}

// Socket is one socket that a service would listen on.
type Socket struct {
	Network string // "tcp", "udp", "unix", "unixgram", "unixpacket", FIFO; Given
	Address string // canonical: "0.0.0.0:79", "[::]:79", "/run/x.sock", "@abstract"; the name of a Given one
	V6Only  bool   // of an IPv6 address: IPv6 clients alone
	From    string // the text it was made from, as "79" or "*:79/tcp"
	Origin  Origin
	Options []Setting // what [[services.x.socket]] says for this socket alone, sorted by Attr
}

// Stream tells whether the socket carries connections.
func (s Socket) Stream() bool {
	return s.Network != "udp" && s.Network != "unixgram" && s.Network != FIFO
}

// Service is one service: what was said of it, with the defaults of its file
// set merged in. Superd's own defaults are not stored; Get supplies them.
type Service struct {
	ID       string // unique over the run
	Name     string
	Format   string // "native", "xinetd", …
	Source   Origin
	State    State
	Settings Settings // sorted by Attr, at most one of each
	Sockets  []Socket
	Choice   *Choice // what a list of modes came to; nil: mode is one word
}
