// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"regexp"
	"strconv"
	"strings"
)

// Difference is one kind of thing in which handlers or clients of superd see
// something else than those of xinetd 2.3.15, on purpose.
type Difference struct {
	Subject string // a few words that name it
	Xinetd  string // what xinetd does
	Superd  string // what superd does
	Why     string
	is      func(Case) bool
}

// Differences are all of them.
var Differences = []Difference{
	{"TCPREMOTEIP and its like", "sets REMOTE_HOST alone", "sets PROTO, and of a connection REMOTE_ADDR, REMOTE_PORT and TCP*, too",
		"what other super-servers tell, every handler finds", moreWords},
	{"REMOTE_HOST of an IPv4 client", "writes the address as ::ffff:127.0.0.1", "writes it as 127.0.0.1",
		"getpeername gives it so under both, and programs compare it with dotted addresses", mappedHost},
	{"IPv4 at the socket of a wait service", "gives one IPv6 socket for both families", "gives the one of its two sockets that the client came to",
		"a handler never sees a mapped address", splitSocket},
	{"localhost in only_from", "compares the name that the resolver gives to the client's address, and of a mapped address it gives none", "matches the loopback's addresses",
		"reverse names belong to whoever has the address", localhost},
	{"comment behind a limit", "passes over the line, as it has too many values", "sets the limit", "xinetd loses a protection that the file evidently asks for", commentedLimit},
	{"lists of a stream service with wait = yes", "turns everybody away, and after some such clients closes the socket", "hands the socket over, with a warning",
		"nobody knows who will be accepted", listsOfWait},
	{"banner of a stream service with wait = yes", "writes it to the listening socket, and its process dies of that", "sends none",
		"what xinetd does helps nobody", bannerOfWait},
	{"datagram service with wait = no", "serves one datagram and then spins", "runs one program at a time, which has the socket", "what xinetd does helps nobody", secondDatagram},
	{"negative nice of a user who is not root", "calls nice after setuid, which fails, and goes on", "calls it before", "the file asks for it", favour},
	{"limit above what can be had", "goes on with its own limit, the soft one lower yet", "gives the highest that can be had", "the nearest to what the file asks for", highestLimit},
	{"PROTO and TCP* in env", "knows no such variables", "sets them itself, as REMOTE_HOST", "a handler may trust them", overridden},
}

// moreWords: each must agree with what the socket says.
func moreWords(c Case) bool {
	return c.xinetd == "-" && c.superd == connectionWord(c)
}

func overridden(c Case) bool {
	return strings.Contains(c.text, strings.TrimPrefix(c.key, "env ")+"="+c.xinetd) && c.superd == connectionWord(c)
}

// connectionWord is what a variable must be by what the socket says, or "none".
func connectionWord(c Case) string {
	addr, port := parse(c.got["fd0.peername"])
	local, localPort := parse(c.got["fd0.sockname"])
	word, ok := map[string]string{
		"env PROTO":       protoOf(c.svc),
		"env REMOTE_ADDR": addr, "env TCPREMOTEIP": addr, "env REMOTE_PORT": port, "env TCPREMOTEPORT": port,
		"env TCPLOCALIP": local, "env TCPLOCALPORT": localPort,
	}[c.key]
	if !ok || word == "" {
		return "none"
	}
	return word
}

// protoOf is what PROTO must be.
func protoOf(s Service) string {
	if s.Local() {
		return "UNIX"
	}
	return strings.ToUpper(s.Sockets[0].Network)
}

// parse reads "inet ADDRESS PORT".
func parse(s string) (addr, port string) {
	f := strings.Fields(s)
	if len(f) != 3 {
		return "", ""
	}
	return f[1], f[2]
}

func mappedHost(c Case) bool {
	return c.key == "env REMOTE_HOST" && c.xinetd == "::ffff:"+c.superd
}

func splitSocket(c Case) bool {
	addr, port := parse(c.xinetd)
	return (c.svc.Mode == "wait" || c.svc.Datagram()) && strings.HasSuffix(c.key, ".sockname") && addr == "::" && c.superd == "inet 0.0.0.0 "+port
}

func localhost(c Case) bool {
	return c.key == "outcome" && c.xinetd == turned && c.superd == served && c.visit.From.IsLoopback() && c.svc.byName()
}

func commentedLimit(c Case) bool {
	line := regexp.MustCompile(`(?mi)^\s*` + regexp.QuoteMeta(c.key) + `\s*=.*\s#`)
	return strings.HasPrefix(c.key, "rlimit_") && c.xinetd == "unlimited:unlimited" && line.MatchString(c.text)
}

func favour(c Case) bool {
	return c.key == "nice" && c.xinetd == "0" && strings.HasPrefix(c.superd, "-") && !strings.HasPrefix(c.got["uid"], "0 ")
}

// highestLimit: only the limit on descriptors is bounded in a World.
func highestLimit(c Case) bool {
	soft, _, _ := strings.Cut(c.superd, ":")
	n, err := strconv.Atoi(soft)
	return c.key == "rlimit_files" && c.xinetd == "1000:3000" && err == nil && n >= 3000
}

func secondDatagram(c Case) bool {
	noWait := regexp.MustCompile(`(?mi)^\s*wait\s*=\s*no\b`)
	return c.key == "outcome" && c.svc.Datagram() && c.xinetd != served && c.superd == served && noWait.MatchString(c.text)
}

func listsOfWait(c Case) bool {
	return onlySuperdServes(c) && (c.svc.Attributes.OnlyFrom != nil || len(c.svc.Attributes.NoAccess) > 0)
}

func bannerOfWait(c Case) bool {
	return onlySuperdServes(c) && c.svc.Attributes.Banner+c.svc.Attributes.BannerSuccess != ""
}

// onlySuperdServes is of stream services that get the listening socket.
func onlySuperdServes(c Case) bool {
	return c.key == "outcome" && !c.svc.Datagram() && c.svc.Mode == "wait" && c.xinetd != served && c.superd == served
}
