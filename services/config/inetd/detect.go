// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"bytes"
	"fmt"
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
	is   func(f []string) bool // of the first five words
	of   set
	what string
}

// signs of lines that are no comments. All but the first two and the last look at
// lines with a socket type alone.
var signs = []sign{
	{func(f []string) bool { return f[0] == ".include" }, of(NetBSD), ".include"},
	{func(f []string) bool { state, _, _ := strings.Cut(f[1], "#"); return state == "on" || state == "off" }, of(NetBSD), `"on" or "off" behind the name`},
	{func(f []string) bool { return strings.HasPrefix(f[1], "stream,") || strings.HasPrefix(f[1], "stream:") }, of(NetBSD), "a socket type with more behind it"},
	{func(f []string) bool { return limited(f, ":") }, of(NetBSD), `":" in the fourth field`},
	{func(f []string) bool { return limited(f, "/") }, of(FreeBSD), `"/" in the fourth field`},
	{func(f []string) bool { return limited(f, ".") }, of(OpenBSD, NetBSD, GNU), `"." in the fourth field`},
	{func(f []string) bool { return strings.Trim(f[4], "/") != "" && strings.Contains(f[4][1:], "/") }, of(FreeBSD), "a login class"},
	{func(f []string) bool { return f[0][0] == ':' && strings.Count(f[0], ":") >= 4 && f[2] == "unix" }, of(FreeBSD), "owner and mode of a socket"},
	{func(f []string) bool { return strings.HasSuffix(f[2], "6only") }, of(GNU), "tcp6only or udp6only"},
	{func(f []string) bool { return f[2] == "tcp46" || f[2] == "udp46" }, of(OpenBSD, FreeBSD), "tcp46 or udp46"},
	{func(f []string) bool { return f[0] == "tcpmux" || strings.HasPrefix(f[0], "tcpmux/") }, of(FreeBSD, NetBSD, GNU), "tcpmux"},
	{func(f []string) bool { return f[0][0] != ':' && f[2] != "unix" && strings.Contains(f[0], ":") }, of(OpenBSD, NetBSD, GNU), "addresses before the name"},
}

// limited tells whether the fourth field has a number behind a separator.
func limited(f []string, sep string) bool {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(f[3], "no"), "wait"+sep)
	return ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// firstWords are the first five words of a line, those that are not there empty.
func firstWords(line []byte) (f []string, n int) {
	f = make([]string, 5)
	for w := range bytes.FieldsSeq(line) {
		if f[n] = string(w); n == 4 {
			return f, 5
		}
		n++
	}
	return f, n
}

// commentSign finds one in a comment.
func commentSign(line []byte) (what string, s set) {
	switch text := string(line[:min(len(line), 16)]); {
	case strings.HasPrefix(text, "#<off>#"), strings.HasPrefix(text, "#:") && bytes.Contains(line[2:], []byte(":")):
		return "lines of Debian's update-inetd", of(OpenBSD, GNU)
	case strings.HasPrefix(text, "#@"):
		f, _ := firstWords(line[2:])
		if f[1] != "" && (f[0] == "in" || f[0] == "out" || f[0] == "ipsec") {
			return "an IPsec policy", of(FreeBSD, NetBSD)
		}
	}
	return "", 0
}

// signsOf finds those of one line.
func signsOf(line []byte, found func(what string, s set)) {
	if len(line) == 0 || isBlank(line[0]) {
		return
	}
	if line[0] == '#' {
		if what, s := commentSign(line); s != 0 {
			found(what, s)
		}
		return
	}
	f, n := firstWords(line)
	entry := n > 1 && isSocketType(f[1])
	alone := n == 1 && strings.HasSuffix(f[0], ":")
	for i, x := range signs {
		last := i == len(signs)-1
		if n > 0 && (entry || i < 2 || last && alone) && !(i == 6 && n < 5) && x.is(f) {
			found(x.what, x.of)
		}
	}
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
		signsOf(bytes.TrimRight(line[:min(len(line), 512)], "\r\n"), func(what string, s set) {
			debian = debian || line[0] == '#' && s.has(OpenBSD)
			if left&s != 0 {
				left &= s
				return
			}
			r.once("contradiction", config.Pos{File: file, Line: number, Col: 1}, "", fmt.Sprintf(
				"%s: not of the same inetd as what stands before it; -c inetd/freebsd:FILE and its like choose", what))
		})
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
