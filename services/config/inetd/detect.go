// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// set is a set of dialects.
type set uint8

func of(list ...Dialect) set {
	var s set
	for _, d := range list {
		s |= 1 << d
	}
	return s
}

func (s set) has(d Dialect) bool { return s&(1<<d) != 0 }

// sign is something in a line that only some dialects have.
type sign struct {
	re   *regexp.Regexp
	of   set
	what string
}

// field matches the n-th field of a line that has a socket type as its second.
func field(n int, pattern string) *regexp.Regexp {
	const kinds = `(stream|dgram|raw|rdm|seqpacket)[^\s]*`
	if n == 2 {
		return regexp.MustCompile(`^[^#\s]\S*\s+` + pattern)
	}
	return regexp.MustCompile(`^[^#\s]\S*\s+` + kinds + strings.Repeat(`\s+\S+`, n-3) + `\s+` + pattern)
}

var signs = []sign{
	{regexp.MustCompile(`^#:[A-Z-]+:|^#<off>#`), of(OpenBSD, GNU), "lines of Debian's update-inetd"},
	{regexp.MustCompile(`^#@\s*(in|out|ipsec)\s`), of(FreeBSD, NetBSD), "an IPsec policy"},
	{regexp.MustCompile(`^\.include\s`), of(NetBSD), ".include"},
	{field(2, `(on|off)(#|\s|$)`), of(NetBSD), `"on" or "off" behind the name`},
	{field(2, `stream[,:]\w`), of(NetBSD), "a socket type with more behind it"},
	{field(4, `(no)?wait:\d`), of(NetBSD), `":" in the fourth field`},
	{field(4, `(no)?wait/\d`), of(FreeBSD), `"/" in the fourth field`},
	{field(4, `(no)?wait\.\d`), of(OpenBSD, NetBSD, GNU), `"." in the fourth field`},
	{field(5, `[^\s/]+/\S`), of(FreeBSD), "a login class"},
	{regexp.MustCompile(`^:[^:\s]+:[^:\s]+:[0-7]+:/`), of(FreeBSD), "owner and mode of a socket"},
	{field(3, `(tcp|udp)6only\s`), of(GNU), "tcp6only or udp6only"},
	{field(3, `(tcp|udp)46\s`), of(OpenBSD, FreeBSD), "tcp46 or udp46"},
	{regexp.MustCompile(`^tcpmux(/\S*)?\s`), of(FreeBSD, NetBSD, GNU), "tcpmux"},
	{regexp.MustCompile(`^[\w.,*\[\]:]+:(\s*$|[\w.+-]+\s+(stream|dgram))`), of(OpenBSD, NetBSD, GNU), "addresses before the name"},
}

// choose decides what dialect the file is in. Where lines contradict each other the
// first counts; where they leave a choice it is Debian's.
func (r *run) choose(file services.FileID, data []byte) {
	if r.dialect = r.options.Dialect; r.dialect != Unknown {
		return
	}
	left, debian, number := of(OpenBSD, FreeBSD, NetBSD, GNU), false, uint32(0)
	for line := range bytes.Lines(data) {
		number++
		line = line[:min(len(line), 512)]
		for i, s := range signs {
			if !s.re.Match(line) {
				continue
			}
			debian = debian || i == 0
			if left&s.of == 0 {
				r.once("contradiction", config.Pos{File: file, Line: number, Col: 1}, "", fmt.Sprintf(
					"%s: not of the same inetd as what stands before it; -c inetd/freebsd:FILE and its like choose", s.what))
				continue
			}
			left &= s.of
		}
	}
	for _, d := range []Dialect{OpenBSD, GNU, FreeBSD, NetBSD} {
		if left.has(d) {
			r.dialect = d
			break
		}
	}
	r.undecided = left&(left-1) != 0 && !debian
}

// tellFamilies tells of plain tcp and udp, which are IPv4 alone elsewhere.
func (r *run) tellFamilies() {
	for _, e := range r.entries {
		any := slices.ContainsFunc(e.hosts, func(h word) bool { return h.text == "*" })
		if e.state() == services.Enabled && e.family == four|six && any {
			r.differs(e.proto.pos, "protocol", strconv.Quote(e.proto.text)+" is IPv4 and IPv6")
			return
		}
	}
}

// differs tells that a word means something else in other dialects that the file
// may be in.
func (r *run) differs(pos config.Pos, attribute, text string) {
	if r.undecided {
		r.once("differs "+attribute, pos, attribute, fmt.Sprintf("%s, as %s has it; -c inetd/freebsd:FILE, netbsd or gnu has it otherwise, and inetd/%s says that this is meant",
			text, r.dialect.title(), r.dialect))
	}
}
