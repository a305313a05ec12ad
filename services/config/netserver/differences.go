// SPDX-License-Identifier: Apache-2.0

package netserver

import "regexp"

// Difference is one kind of line, or of silence, that superd takes otherwise than
// Net::Server's code.
type Difference struct {
	Subject   string // a few words that name it
	NetServer string // what Net::Server does
	Superd    string // what superd does
	Why       string
	words     *regexp.Regexp // by which a remark is known as one that tells of it
}

// Why superd differs; most rows have one of these.
const (
	loose    = "Net::Server loses a protection that the file evidently asks for"
	document = "its document has it so"
	kind     = "what Net::Server does helps nobody"
)

// differences are all kinds of them.
var differences = []Difference{
	{"no user", "stays root", "runs the program as nobody", document, regexp.MustCompile(`^is nobody where none is named`)},
	{"user without a group", "stays in group 0", "takes the user's own group, and no others", loose, regexp.MustCompile(`^without a group it has that of the user`)},
	{"no port", "listens on 20203", "refuses the service; on serve's command line it listens there as well", "several files would meet there", regexp.MustCompile(`^is missing; Net::Server would take`)},
	{"blanks at the end of a value", "takes them for part of it, and then often its default", "passes over them", kind, regexp.MustCompile(`^blanks at the end of a line`)},
	{"CR LF", "takes the CR for part of the value", "passes over the CR", kind, regexp.MustCompile(`^the lines end in CR LF; Net::Server`)},
	{"byte order mark", "passes over the line that it begins", "passes over it", kind, regexp.MustCompile(`^the file begins with a byte order mark; superd`)},
	{"NUL byte", "takes it for part of the line", "refuses the service", "no value can hold one", regexp.MustCompile(`^there is a NUL byte in the line`)},
	{"% in a value", "decodes it with the next digit alone: %20 is a control character and 0", "takes the value as it is written", kind, regexp.MustCompile(`^Net::Server decodes the %`)},
	{"option as the value of an unknown key", "takes it for an option", "keeps it for the program", kind, regexp.MustCompile(`^Net::Server takes the value of a key that it does not know`)},
	{"protection without a value", "passes over the line", "refuses the service", loose, regexp.MustCompile(`^has no value$`)},
	{"protection with dashes in its name", "passes over the line", "refuses the service", loose, regexp.MustCompile(`^is no key of Net::Server's, which passes over the line`)},
	{"alternatives in deny", "holds A|B to the beginning for A and to the end for B, so that a whole address may match neither", "keeps out whom that, or whole alternatives, keep out", loose, regexp.MustCompile(`and others to neither; so does superd`)},
	{"alternatives in allow", "lets in whose address begins with the first or ends with the last", "holds each to the whole address", loose, regexp.MustCompile(`; superd each to the whole address$`)},
	{"look-around in allow or deny", "has Perl's expressions", "refuses the service", "RE2, whose time has a bound, has none", regexp.MustCompile(`is no regular expression: `)},
	{"allow beside cidr_allow", "lets in whom either does; its document: both", "lets in whom either does", "its code has always done so", regexp.MustCompile(`^a client needs to match allow or cidr_allow`)},
	{"no server type that is there", "serves one client at a time", "refuses the service", kind, regexp.MustCompile(`^none of the personalities is one`)},
	{"a port with two sockets before others", "gives those after it the wrong items of host, proto and ipv", "gives the i-th port the i-th", document, regexp.MustCompile(`^Net::Server gives the ports after one with two sockets`)},
	{"IP versions of a port, and of host or proto", "takes that of proto before that of host, and the port's last", "takes the port's first", document, regexp.MustCompile(`^in superd an IP version of a port is stronger`)},
	{"no min_spare_servers", "takes min_servers", "takes 2", document, regexp.MustCompile(`^is 2 where none is said`)},
	{"min_servers where max_servers is below 5", "puts max_servers in its place", "takes what is written", kind, regexp.MustCompile(`^is as it is written; Net::Server puts`)},
	{"background, setsid", "leaves the foreground, before it has bound its sockets", "stays in the foreground under superd run, leaves it under superd serve once the sockets are open", "a service manager that starts it would lose it", regexp.MustCompile(`^superd stays in the foreground`)},
	{"no, off, false", "takes them for yes", "takes them for no", "nobody means yes", regexp.MustCompile(`^Net::Server takes ".*" for yes; superd for no`)},
	{"reverse_lookups no", "takes it for yes", "refuses the service, as for yes until look-ups are built", "the double look-up is a protection", regexp.MustCompile(`^reverse lookups are not built yet`)},
	{"udp_broadcast", "never finds it in a file", "sets it", kind, regexp.MustCompile(`^Net::Server looks for it under another name`)},
	{"log_file of a module", "gives the log to the module, or takes the name for a file's", "writes it to standard error", "superd is not Perl; Sys::Syslog it knows", regexp.MustCompile(`^superd has no module `)},
	{"log_function, child_communication", "calls back into the Perl program", "passes over it", "superd is not in the program", regexp.MustCompile(`^has no effect: (it is a function of a Perl|superd reads nothing that)`)},
}

// Differences are all kinds of them, for the documentation. A test shows each at
// work.
func Differences() []Difference { return differences }

// Told finds the difference of which a remark tells. One that tells of none is about
// something that superd and Net::Server take alike.
func Told(message string) (Difference, bool) {
	for _, d := range differences {
		if d.words.MatchString(message) {
			return d, true
		}
	}
	return Difference{}, false
}
