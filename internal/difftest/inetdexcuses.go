// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"regexp"
	"strings"
)

// excuse is a row of inetd.Differences at work: which values may differ for its sake.
type excuse struct {
	subject string // the row's
	dialect string // of the inetd that it is about; "" = all
	is      func(Case) bool
}

func (e excuse) of(d Inetd) bool { return e.dialect == "" || e.dialect == d.dialect }

// inetdExcuses are all for which handlers or clients of superd may see something
// else than those of an inetd. A Case's "xinetd" is what the inetd's saw.
var inetdExcuses = []excuse{
	{"TCPREMOTEIP and its like", "", remoteWords},
	{"inetd_dummy", "", func(c Case) bool { return c.key == "env inetd_dummy" && c.superd == "-" }},
	{"limit on descriptors", "", func(c Case) bool {
		return c.key == "rlimit_files" && c.xinetd == "1000:3000" && c.superd == "1024:3000"
	}},
	{"CR LF", "openbsd", carriageReturn},
	{"continued line of plain tcp", "openbsd", continuedLine},
	{"session", "gnu", func(c Case) bool { return (c.key == "session_leader" || c.key == "group_leader") && c.superd == "1" }},
	{"SIGPIPE", "gnu", func(c Case) bool {
		return c.key == "sigignored" && c.xinetd == "0000000000001000" && c.superd == "0000000000000000"
	}},
	{"supplementary groups of root", "gnu", func(c Case) bool {
		return c.key == "groups" && c.got["uid"] == "0 0 0" && c.xinetd == "" && c.superd == "0"
	}},
	{"IPv4 at a socket of both versions", "", mappedSocket},
	{"address in brackets", "gnu", func(c Case) bool { return c.unopened() && bracketed.MatchString(c.text) && c.visit.From.Is6() }},
	{"\"*:\" behind a default address", "gnu", func(c Case) bool { return c.unopened() && reset.MatchString(c.text) }},
	{"tcp6 or tcp46 beside tcp4", "gnu", func(c Case) bool {
		return c.unopened() && c.visit.To.Addr().Is6() && c.has(`stream\s+tcp6\s`) && c.has(`stream\s+tcp4?\s`)
	}},
	{"program without arguments", "gnu", garbled},
}

// has tells whether the file has a line of the service, wherever it is bound, that
// goes on so.
func (c Case) has(pattern string) bool {
	return regexp.MustCompile(`(?m)^(\S*:)?` + regexp.QuoteMeta(c.svc.Name) + `\s+` + pattern).MatchString(c.text)
}

// garbled: the end of the arguments is whatever the memory holds.
func garbled(c Case) bool {
	if !c.has(`(\S+[ \t]+){4}\S+[ \t]*$`) {
		return false
	}
	return c.key == "argc" && c.superd == "1" || strings.HasPrefix(c.key, "argv") && c.superd == "-" || c.key == "outcome" && c.xinetd == turned && c.superd == served
}

// unopened: superd alone has the socket.
func (c Case) unopened() bool { return c.key == "outcome" && c.xinetd == closed && c.superd == served }

var (
	bracketed = regexp.MustCompile(`(?m)^\[.*\]:`)
	reset     = regexp.MustCompile(`(?m)^\*:[ \t]*$`)
)

// mappedSocket: superd gives one of its two sockets, of an IPv4 client the other's.
func mappedSocket(c Case) bool {
	if !c.visit.To.Addr().Is4() || !strings.HasSuffix(c.key, ".sockname") && !strings.HasSuffix(c.key, ".peername") {
		return false
	}
	if c.svc.Mode == "wait" || c.svc.Datagram() {
		return splitSocket(c)
	}
	return c.xinetd == strings.Replace(c.superd, "inet ", "inet6 ::ffff:", 1)
}

func carriageReturn(c Case) bool {
	if !strings.Contains(c.text, "\r\n") {
		return false
	}
	return c.key == "outcome" && c.xinetd == turned && c.superd == served || c.xinetd == c.superd+`\x0d`
}

// continuedLine: on the IPv4 socket both see all arguments.
func continuedLine(c Case) bool {
	return c.visit.From.Is6() && continued.MatchString(c.text) && (c.key == "argc" && c.xinetd < c.superd || strings.HasPrefix(c.key, "argv") && c.xinetd == "-" || c.key == "argv0")
}

var continued = regexp.MustCompile(`(?m)^[^#\s].*\n[ \t]+\S`)

// remoteWords: each must agree with what the socket says.
func remoteWords(c Case) bool {
	addr, _ := parse(c.got["fd0.peername"])
	return moreWords(c) || c.key == "env REMOTE_HOST" && c.xinetd == "-" && c.superd == addr
}
