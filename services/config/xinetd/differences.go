// SPDX-License-Identifier: Apache-2.0

package xinetd

// Difference is one kind of line that superd takes otherwise than xinetd's code.
type Difference struct {
	Subject string // a few words that name it
	Xinetd  string // what xinetd 2.3.15 does
	Superd  string // what superd does
	Why     string
}

// Why superd differs; most rows have one of these.
const (
	loose = "xinetd loses a protection that the file evidently asks for"
	kind  = "what xinetd does helps nobody"
)

// Differences are all kinds of them, for the documentation. A test shows each at
// work. What is refused because it is not built yet is no difference to last, and
// not listed.
func Differences() []Difference {
	return []Difference{
		{"comment behind a limit", "passes over the line, as it has too many values", "takes the values before the \"#\"", loose},
		{"comment behind disable = yes", "passes over the line and starts the service", "leaves the service disabled", loose},
		{"comment behind only_from", "reads its words as addresses", "ends the list at the \"#\"", loose},
		{"comment behind enabled", "takes its words for ids", "ends the list at the \"#\"", loose},
		{"disabled = yes in a service", "does not know it there and starts the service", "takes it for disable = yes", loose},
		{"disable = yes after disable = no", "keeps the first and starts the service", "leaves the service disabled", loose},
		{"disable = no, or enabled, after an error", "forgets the error and starts the service without what was wrong", "refuses the service", loose},
		{"cps with one number", "passes over the line", "takes 10 seconds for the second", loose},
		{"any other number of values", "passes over the line and starts the service", "refuses the service", loose},
		{"+= for a single value", "passes over the line", "takes it for =, unless that might be looser", loose},
		{"number below 0", "takes a negative limit for a huge one, and a negative cps for none", "refuses the service", loose},
		{"-= for a single value", "passes over the line", "refuses the service", loose},
		{"unreadable word in no_access", "passes over it, and so lets its clients in", "refuses the service", loose},
		{"mask behind an address of no_access", "keeps out the host alone", "keeps out the network", loose},
		{"rubbish behind the bits of an address", "reads the number before it", "lets nobody in by the word; in no_access refuses the service", loose},
		{"IPv6 host with /128", "never matches it", "matches the host", loose},
		{"name of /etc/networks", "never matches it", "matches the network", loose},
		{"host name of /etc/hosts", "compares the name that the resolver gives to the client's address", "matches its addresses; localhost is 127.0.0.0/8 and ::1",
			"reverse names belong to whoever has the address"},
		{"lists in defaults that are read later", "does not give them to services read earlier", "gives them to all services", loose},
		{"access_times and rlimits in defaults", "passes over them", "gives them to all services", loose},
		{"v6only = yes in defaults", "passes over it", "gives it to all services", loose},
		{"a file's second defaults", "passes over them", "takes of them what keeps clients out", loose},
		{"defaults behind a line that is skipped from", "passes over them", "takes them", loose},
		{"unreadable line in defaults", "passes over the rest of them", "refuses the file set", loose},
		{"wrong value in defaults", "ends, with exit code 0", "refuses the file set, or on a reload keeps the old one", kind},
		{"unknown word of log_on_* in defaults", "ends, with exit code 0", "passes over the word", kind},
		{"disabled -=", "adds to the list", "adds to the list; of enabled, passes over the line", loose},
		{"line longer than 16384 bytes", "takes the rest for a line of its own", "refuses the service; of a comment, passes over all of it", loose},
		{"name alone on an entry's last line", "drops the next entry as well", "refuses this one alone", kind},
		{"CR LF", "takes the CR for part of the value and drops the services", "passes over the CR", kind},
		{"byte order mark", "takes it for part of the first word and skips to the next \"}\"", "passes over it", kind},
		{"NAMEINARGS behind server_args", "starts the program without any argv[0]", "takes argv[0] from server_args", kind},
		{"relative path of a server", "looks for it where it was started, and runs it from /", "looks for it in /, and refuses the service if it is not there", kind},
		{"bind and behind it a flag of the other family", "passes over the address, and listens on all of the flag's family", "listens on the address alone; refuses an IPv6 address with the flag IPv4, and an IPv4 one with v6only", loose},
		{"host name in bind", "takes one of its addresses", "binds all its addresses", kind},
		{"the same id twice", "runs both services", "runs both, the second under an id of its own", "ids are what superd's verbs act on"},
		{"file that includes itself", "reads until it crashes", "says so, and reads it once", kind},
		{"log of an IPv4 client", "writes ::ffff:192.0.2.1 where the service has IPv6, too", "writes 192.0.2.1", "logwatch takes only that for an address"},
		{"log of a denied client", "writes START, FAIL and EXIT", "writes FAIL", "nothing was started"},
		{"log of a service in its pause of cps", "closes a connection and writes FAIL", "leaves clients waiting, who are then served", kind},
		{"log beyond its hard limit", "writes an error with a senseless number for each line", "says once that it is full", kind},
		{"log that is a symbolic link", "follows it", "refuses the service", "who may write to the folder of a log must not choose what root writes to"},
		{"dgram with wait = no", "serves one datagram and then spins", "runs one program at a time, which has the socket", kind},
	}
}
