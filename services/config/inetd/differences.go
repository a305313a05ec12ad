// SPDX-License-Identifier: Apache-2.0

package inetd

// Difference is one kind of line, or of habit, that superd takes otherwise than the
// inetd of its dialect.
type Difference struct {
	Subject string // a few words that name it
	Inetd   string // what the original does, and which of them
	Superd  string // what superd does
	Why     string
}

// Why superd differs; most rows have one of these.
const (
	loose = "the original loses a protection that the file evidently asks for"
	kind  = "what the original does helps nobody"
)

// Differences are all kinds of them, for the documentation. A test shows each at
// work. What is refused because it is not built yet is no difference to last, and
// not listed.
func Differences() []Difference {
	return []Difference{
		{"number behind nowait.", "openbsd-inetd: starts one less in a minute, then closes the socket for 10 minutes or drops clients",
			"starts as many in 60 seconds; further clients wait for the next minute", kind},
		{"limit of another dialect", "openbsd-inetd: takes nowait/3 and nowait:3 for nowait without a limit", "sets the limit of the dialect that writes it so", loose},
		{"wait with a limit of another dialect", "openbsd-inetd: takes wait/1 for nowait", "takes it for wait", "the program is one that accepts by itself"},
		{"number behind nowait: that is none", "NetBSD: takes it for 0 and serves nobody", "refuses the service", kind},
		{"numbers behind nowait/ that are none", "FreeBSD: takes the second and third for no limit", "refuses the service", loose},
		{"dgram with nowait", "starts programs without end for one datagram", "runs one program at a time, which has the socket", kind},
		{"more than 20 arguments", "openbsd-inetd, NetBSD: drops those behind the twentieth", "gives the program all", "the file evidently asks for them"},
		{"line longer than the buffer", "openbsd-inetd from 1024 bytes, the BSDs from 2048: takes the rest for a line of its own", "takes the line as one", kind},
		{"CR LF", "takes the CR for part of the last word", "passes over the CR", kind},
		{"byte order mark", "takes it for part of the first word", "passes over it", kind},
		{"NUL byte", "ends the line there", "refuses the service", loose},
		{"quote that is not closed", "takes the rest of the line for one word", "refuses the service", kind},
		{"line that cannot be read", "FreeBSD: ends", "refuses the service", kind},
		{"tcp6 or tcp46 beside tcp4", "binds tcp4, and fails at the other", "leaves IPv4 to tcp4, and serves IPv6 as well", "the file evidently asks for both"},
		{"udp6", "openbsd-inetd: takes IPv4 in as well", "is IPv6's alone, as tcp6 is", "the file evidently asks for it"},
		{"protocol that is none, or of another socket type", "openbsd-inetd: goes by the socket type, over IPv4", "refuses the service", kind},
		{"program without a path", "opens the socket, and fails at each client", "refuses the service, unless the program lies in /", kind},
		{"user that is not there", "openbsd-inetd: opens the socket, and fails at each client", "refuses the service", kind},
		{"program without arguments", "FreeBSD, NetBSD: starts it without any argv[0]; GNU: at times with garbage behind it, or not at all", "gives it its name", kind},
		{"tcpd without a program", "starts it again and again, without end", "refuses the service", kind},
		{"tcpd as the server", "starts tcpd, which asks hosts.allow and hosts.deny and then starts the program", "asks them itself, under the same name", "one process less for each client"},
		{"IPsec policy", "FreeBSD, NetBSD: sets it on the sockets", "refuses the services that it holds for", "they would be open without"},
		{"login class", "FreeBSD: sets its limits", "refuses the service", "its limits would be lost"},
		{"accept filter", "NetBSD: sets it", "passes over it", "Linux has none, and it keeps nobody out"},
		{"umask", "the BSDs and GNU: what inetd was started with", "that with 022", "nothing that everybody can write, unless asked for (CVE-2001-1322)"},
		{"session", "the BSDs and GNU: a program is in inetd's own", "gives each program one of its own, as openbsd-inetd does", "a program that signals its group must not reach superd"},
		{"SIGPIPE", "GNU: programs find it ignored", "programs find it as usual", "one whose client has gone ends at the next write"},
		{"supplementary groups of root", "GNU: those that inetd was started with", "those that root has", "a program is the same whoever started superd"},
		{"limit on descriptors", "its own, which is low", "a soft limit of 1024, and the hard one that superd was started with", "superd raises its own, and a program that closes all up to its limit must not inherit that"},
		{"IPv4 at a socket of both versions", "tcp6 of GNU, tcp46 of the others: an IPv6 socket with mapped addresses", "an IPv4 client's socket is an IPv4 one", "programs compare dotted addresses"},
		{"address in brackets", "GNU: finds no such address, and opens no socket", "takes it for the IPv6 address", "the file evidently asks for it"},
		{"\"*:\" behind a default address", "GNU: frees the address and goes on using it; services are not there", "services have all addresses again", kind},
		{"continued line of plain tcp", "openbsd-inetd: the IPv6 program gets what stands in the first line alone", "gives both all arguments", kind},
		{"inetd_dummy", "openbsd-inetd, GNU: adds it to the environment", "does not", "it is room for process titles"},
		{"TCPREMOTEIP and its like", "none but GNU's, and that on request", "sets PROTO, REMOTE_* and TCP*", "what other super-servers tell, every handler finds"},
	}
}
