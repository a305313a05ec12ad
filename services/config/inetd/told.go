// SPDX-License-Identifier: Apache-2.0

package inetd

import "regexp"

// telling are the words by which a remark is known as one that tells of a
// difference, with the Differences' subjects. The first that matches counts. What
// is not here superd takes as the inetd of the dialect does, or needs no remark.
var telling = []struct {
	words   *regexp.Regexp
	subject string
}{
	{regexp.MustCompile(`^attribute "wait": .* sets no limit for .*; superd takes it as`), "limit of another dialect"},
	{regexp.MustCompile(`^attribute "wait": \d+ starts a minute are meant`), "number behind nowait."},
	{regexp.MustCompile(`^attribute "protocol": .* is a socket of each version`), "IPv4 at a socket of both versions"},
	{regexp.MustCompile(`^attribute "protocol": both versions have the arguments of all lines`), "continued line of plain tcp"},
	{regexp.MustCompile(`^attribute "address": from here on all addresses are meant again`), `"*:" behind a default address`},
	{regexp.MustCompile(`^attribute "address": brackets are about an IPv6 address`), "address in brackets"},
	{regexp.MustCompile(`^attribute "arguments": there is none: the program's name is argv`), "program without arguments"},
	{regexp.MustCompile(`^attribute "server": tcpd is not started`), "tcpd as the server"},
	{regexp.MustCompile(`^attribute "wait": .* is no number, and .* takes it for 0`), "number behind nowait: that is none"},
	{regexp.MustCompile(`^attribute "wait": .* is no count`), "numbers behind nowait/ that are none"},
	{regexp.MustCompile(`means "wait", with one process at a time`), "dgram with nowait"},
	{regexp.MustCompile(`drops all behind the first \d+; superd gives the program all`), "more than 20 arguments"},
	{regexp.MustCompile(`takes what is behind the first \d+ for a line of its own, superd does not`), "line longer than the buffer"},
	{regexp.MustCompile(`the lines end in CR LF; an inetd`), "CR LF"},
	{regexp.MustCompile(`the file begins with a byte order mark; it is passed over here`), "byte order mark"},
	{regexp.MustCompile(`there is a NUL byte in the line`), "NUL byte"},
	{regexp.MustCompile(`^the quote is not closed`), "quote that is not closed"},
	{regexp.MustCompile(`is missing: the line has \d of the 6 fields`), "line that cannot be read"},
	{regexp.MustCompile(`^attribute "protocol": another line has IPv4 of this port to itself`), "tcp6 or tcp46 beside tcp4"},
	{regexp.MustCompile(`^attribute "protocol": udp6 takes IPv4 in as well in`), "udp6"},
	{regexp.MustCompile(`^attribute "protocol": (".*" is none: want tcp, udp or unix|(tcp|udp) does not go with socket type)`), "protocol that is none, or of another socket type"},
	{regexp.MustCompile(`^attribute "server": .* is not an absolute path, and is not in`), "program without a path"},
	{regexp.MustCompile(`^attribute "user": no such user`), "user that is not there"},
	{regexp.MustCompile(`^attribute "server": tcpd is not told which program to start`), "tcpd without a program"},
	{regexp.MustCompile(`the IPsec policy .* holds for it`), "IPsec policy"},
	{regexp.MustCompile(`^attribute "ipsec": superd has no IPsec policies`), "IPsec policy"},
	{regexp.MustCompile(`^attribute "user": the login class .* is not offered`), "login class"},
	{regexp.MustCompile(`the accept filter .* is passed over: Linux has none`), "accept filter"},
}

// Told finds the difference of which a remark tells: of an attribute, "" if it is
// about none, and in these words. A remark that tells of none is about something
// that superd and the original take alike.
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
