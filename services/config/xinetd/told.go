// SPDX-License-Identifier: Apache-2.0

package xinetd

import "regexp"

// telling are the words by which a remark is known as one that tells of a
// difference, with the Differences' subjects. The first that matches counts. What
// is not here superd takes as xinetd does, or needs no remark.
var telling = []struct {
	words   *regexp.Regexp
	subject string
}{
	{regexp.MustCompile(`^attribute "disable": "#" begins no comment`), "comment behind disable = yes"},
	{regexp.MustCompile(`^attribute "(only_from|no_access)": "#" begins no comment`), "comment behind only_from"},
	{regexp.MustCompile(`^attribute "(enabled|disabled)": "#" begins no comment`), "comment behind enabled"},
	{regexp.MustCompile(`"#" begins no comment behind a value; xinetd passes over the whole line`), "comment behind a limit"},
	{regexp.MustCompile(`superd takes it for "disable = yes"`), "disabled = yes in a service"},
	{regexp.MustCompile(`superd takes the "yes"`), "disable = yes after disable = no"},
	{regexp.MustCompile(`the number of seconds is missing`), "cps with one number"},
	{regexp.MustCompile(`: wants \d+ values?, not \d+.*; xinetd passes over the line$`), "any other number of values"},
	{regexp.MustCompile(`superd takes it for "="`), "+= for a single value"},
	{regexp.MustCompile(`^attribute "(rlimit_\w+|cps)": "-\d+\w?" is not a `), "number below 0"},
	{regexp.MustCompile(`"-=" is for lists; xinetd passes over the line`), "-= for a single value"},
	{regexp.MustCompile(`of a mask nothing but the host remains: write ADDRESS/BITS; superd keeps out`), "mask behind an address of no_access"},
	{regexp.MustCompile(`^attribute "(only_from|no_access)": .*/\S*": want a number of bits after the slash`), "rubbish behind the bits of an address"},
	{regexp.MustCompile(`xinetd passes over the address and listens on all`), "bind and behind it a flag of the other family"},
	{regexp.MustCompile(`^attribute "no_access": .* is no address`), "unreadable word in no_access"},
	{regexp.MustCompile(`is an IPv6 host with /128, as which xinetd matches nobody`), "IPv6 host with /128"},
	{regexp.MustCompile(`stands for the host's addresses in /etc/hosts`), "host name of /etc/hosts"},
	{regexp.MustCompile(`stands for all addresses of the host`), "host name in bind"},
	{regexp.MustCompile(`which xinetd never matches`), "name of /etc/networks"},
	{regexp.MustCompile(`xinetd does not give it to the \d+ services? read before`), "lists in defaults that are read later"},
	{regexp.MustCompile(`^attribute "v6only": xinetd passes over it in defaults; superd gives it`), "v6only = yes in defaults"},
	{regexp.MustCompile(`xinetd passes over it in defaults; superd gives it`), "access_times and rlimits in defaults"},
	{regexp.MustCompile(`a file's second defaults, which xinetd passes over`), "a file's second defaults"},
	{regexp.MustCompile(`xinetd does not see these defaults`), "defaults behind a line that is skipped from"},
	{regexp.MustCompile(`is not known, and so passed over; it would end xinetd`), "unknown word of log_on_* in defaults"},
	{regexp.MustCompile(`"-=" adds to the list`), "disabled -="},
	{regexp.MustCompile(`is longer than 16384 bytes`), "line longer than 16384 bytes"},
	{regexp.MustCompile(`the lines end in CR LF; xinetd`), "CR LF"},
	{regexp.MustCompile(`byte order mark, which xinetd`), "byte order mark"},
	{regexp.MustCompile(`superd takes the name from server_args`), "NAMEINARGS behind server_args"},
	{regexp.MustCompile(`^attribute "server": .* is not an absolute path`), "relative path of a server"},
	{regexp.MustCompile(`has the id ".*" as well; this one is called`), "the same id twice"},
	{regexp.MustCompile(`includes itself`), "file that includes itself"},
	{regexp.MustCompile(`means "wait", with one process at a time`), "dgram with wait = no"},
}

// Told finds the difference of which a remark tells: of an attribute, "" if it is
// about none, and in these words. A remark that tells of none is about something
// that superd and xinetd take alike.
func Told(attribute, message string) (Difference, bool) {
	if attribute != "" {
		message = `attribute "` + attribute + `": ` + message
	}
	for _, t := range telling {
		if !t.words.MatchString(message) {
			continue
		}
		for _, d := range Differences() {
			if d.Subject == t.subject {
				return d, true
			}
		}
	}
	return Difference{}, false
}
