// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"math"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"

	"superd/limits"
	"superd/limits/access"
	"superd/services"
)

// The readers of attributes with one value. The number of values is right when
// they are called.

func (a attr) value() string { return a.words[0].text }

func (a attr) is(s string) bool { return strings.EqualFold(a.value(), s) }

func (s *scope) bad(a attr, want string) { s.fail(a, a.words[0].pos, "%q is not %s", a.value(), want) }

func text(id services.AttrID) func(*scope, attr) {
	return func(s *scope, a attr) { s.set(a, id, a.value()) }
}

// readYesNo returns the value of a yes or no, and whether it is one.
func (s *scope) readYesNo(a attr) (yes, ok bool) {
	if !a.is("yes") && !a.is("no") {
		s.bad(a, "yes or no")
		return false, false
	}
	return a.is("yes"), true
}

func yesNo(id services.AttrID) func(*scope, attr) {
	return func(s *scope, a attr) {
		if yes, ok := s.readYesNo(a); ok {
			s.set(a, id, yes)
		}
	}
}

func readDisable(s *scope, a attr) {
	if yes, ok := s.readYesNo(a); ok && yes {
		s.disable = true
	}
}

func readMDNS(s *scope, a attr) {
	if _, ok := s.readYesNo(a); ok {
		s.warn(a, a.pos, "not built yet, and so passed over")
	}
}

// readV6Only follows xinetd's code: the attribute being there at all makes the
// socket IPv6's alone, in a service; in defaults it does nothing.
func readV6Only(s *scope, a attr) {
	yes, ok := s.readYesNo(a)
	switch {
	case !ok:
	case s.defaults && yes:
		s.warn(a, a.pos, "xinetd passes over it in defaults; superd gives it to the services")
	case s.defaults:
		s.attrs["v6only"].vain = true // and a later "yes" has its say
	case !yes:
		s.warn(a, a.pos, "xinetd leaves IPv4 clients out whenever v6only is there, be it \"no\", and so does superd; drop the line to let them in")
	}
}

// number reads digits with a sign perhaps, as strtol does in base 10.
func number(s string, least, most int64) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= least && n <= most
}

func count(id services.AttrID) func(*scope, attr) {
	return func(s *scope, a attr) {
		n, ok := number(a.value(), 0, math.MaxInt32)
		switch {
		case a.is("UNLIMITED"):
			s.set(a, id, services.Unlimited)
		case ok:
			s.set(a, id, n)
		default:
			s.bad(a, "a count from 0 or UNLIMITED")
		}
	}
}

// readCPS: a rate of 0 switches xinetd's check off.
func readCPS(s *scope, a attr) {
	var rate [2]int64
	for i, w := range a.words {
		n, ok := number(w.text, 0, math.MaxInt32)
		if !ok {
			s.fail(a, w.pos, "%q is not a number from 0", w.text)
			return
		}
		rate[i] = n
	}
	if rate[0] == 0 {
		s.set(a, services.CPS, services.Unlimited)
		return
	}
	s.set(a, services.CPS, rate[:])
}

// loadNumber is what sscanf finds at the beginning of a max_load.
var loadNumber = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)

func readMaxLoad(s *scope, a attr) {
	digits := loadNumber.FindString(a.value())
	load, err := strconv.ParseFloat(digits, 64)
	if err != nil || load <= 0 {
		s.bad(a, "a number above 0")
		return
	}
	if digits != a.value() {
		s.warn(a, a.words[0].pos, "%q is taken for %s, as xinetd does", a.value(), digits)
	}
	s.set(a, services.MaxLoad, load)
}

func readNice(s *scope, a attr) {
	n, ok := number(a.value(), math.MinInt32, math.MaxInt32)
	if !ok {
		s.bad(a, "a whole number")
		return
	}
	row := services.Nice.Row()
	s.set(a, services.Nice, min(max(n, row.Min), row.Max)) // the kernel clamps it as well
}

func readUmask(s *scope, a attr) {
	n, err := strconv.ParseUint(a.value(), 8, 32)
	if err != nil || n > 0o777 {
		s.bad(a, "an octal number up to 777")
		return
	}
	s.set(a, services.Umask, limits.FormatOctal(uint32(n)))
}

// rlimit reads a limit. xinetd's 0 is no limit at all but the lack of one.
func rlimit(id services.AttrID, units string) func(*scope, attr) {
	return func(s *scope, a attr) {
		if a.is("UNLIMITED") {
			s.set(a, id, services.Unlimited)
			return
		}
		digits, factor := a.value(), int64(1)
		if i := len(digits) - 1; units != "" && i >= 0 {
			switch digits[i] {
			case 'k', 'K':
				digits, factor = digits[:i], 1<<10
			case 'm', 'M':
				digits, factor = digits[:i], 1<<20
			}
		}
		n, ok := number(digits, 0, math.MaxInt64/factor)
		switch {
		case !ok && units == "":
			s.bad(a, "a number of seconds or UNLIMITED")
		case !ok:
			s.bad(a, "a size (N, NK or NM) or UNLIMITED")
		case n == 0:
			s.warn(a, a.words[0].pos, "0 sets no limit")
		default:
			s.set(a, id, n*factor)
		}
	}
}

func readSocketType(s *scope, a attr) {
	switch strings.ToLower(a.value()) {
	case "stream", "dgram":
	case "raw":
		s.bad(a, "offered: raw sockets are not for handing to programs")
	case "seqpacket":
		s.notBuilt(a, a.words[0].pos, "seqpacket over IP")
	default:
		s.bad(a, "stream or dgram")
	}
}

// readProtocol knows the two names, and the two aliases, of /etc/protocols that
// carry services.
func readProtocol(s *scope, a attr) {
	switch v := a.value(); v {
	case "tcp", "TCP", "udp", "UDP":
	case "tcp6", "udp6":
		s.fail(a, a.words[0].pos, "%q is no protocol (/etc/protocols): write %s and, if it must be, flags = IPv6", v, v[:3])
	case "tcp4", "udp4":
		s.fail(a, a.words[0].pos, "%q is no protocol (/etc/protocols): write %s and flags = IPv4", v, v[:3])
	default:
		s.bad(a, "tcp or udp")
	}
}

func readWait(s *scope, a attr) {
	if yes, ok := s.readYesNo(a); ok && yes {
		s.set(a, services.Mode, "wait")
	} else if ok {
		s.set(a, services.Mode, "inet")
	}
}

func readUser(s *scope, a attr) {
	if v, ok := s.account(a); ok {
		s.set(a, services.User, v)
	}
}

func readGroup(s *scope, a attr) {
	if v, ok := s.account(a); ok {
		s.set(a, services.Group, v)
	}
}

// account returns the name or number of a user or group. xinetd takes a number
// as it is, leading zeros and all.
func (s *scope) account(a attr) (string, bool) {
	v := a.value()
	if strings.Trim(v, "0123456789") != "" {
		return v, true
	}
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil || n == math.MaxUint32 { // setresuid takes -1 for "leave it"
		s.bad(a, "a number of a user or group")
		return "", false
	}
	return strconv.FormatUint(n, 10), true
}

// readServer takes a relative path from /. There init scripts start xinetd, which
// looks for the program where it was started and runs it from /.
func readServer(s *scope, a attr) {
	if !path.IsAbs(a.value()) {
		s.warn(a, a.words[0].pos, "%q is not an absolute path: xinetd looks for it where it was started, and runs it from /; superd looks for it in /", a.value())
		s.attrs["server"].words = []word{{path.Join("/", a.value()), a.words[0].pos}}
	}
}

func readServerArgs(s *scope, a attr) {
	if len(a.words) == 0 {
		s.fail(a, a.pos, "there is no argument")
		return
	}
	for _, w := range a.words {
		if w.text[0] == '#' && len(w.text) == 1 {
			s.warn(a, w.pos, "\"#\" is an argument here and begins no comment")
			return
		}
	}
}

func readPort(s *scope, a attr) {
	if _, ok := number(a.value(), 0, math.MaxUint16); !ok {
		s.bad(a, "a port from 0 to 65535")
	}
}

// readBind takes an address or a host name; what its host makes of a name is seen
// when sockets are made. "*" and the name of an interface are no addresses.
func readBind(s *scope, a attr) {
	v := a.value()
	addr, err := netip.ParseAddr(v)
	old, odd := access.Aton(v) // as getaddrinfo does: 127.1, 192.168.001.010
	switch {
	case err == nil:
		s.set(a, services.HostAddr, []string{addr.String()})
	case odd:
		s.warn(a, a.words[0].pos, "%q is read as inet_aton does: %v", v, old)
		s.set(a, services.HostAddr, []string{old.String()})
		s.attrs["bind"].words = []word{{old.String(), a.words[0].pos}}
	case strings.Trim(v, "0123456789.") == "" || !hostName(v):
		s.bad(a, "an address or a host name")
	default:
		s.aside(a, a.words[0].pos, "%q stands for all addresses of the host", v)
		s.set(a, services.HostAddr, []string{v})
	}
}

// hostName tells whether v could be a host's name.
func hostName(v string) bool {
	for i := range len(v) {
		c := v[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return v != ""
}

func readDenyTime(s *scope, a attr) {
	if _, ok := number(a.value(), math.MinInt32, math.MaxInt32); !ok && !a.is("FOREVER") && !a.is("NEVER") {
		s.bad(a, "a number of minutes, FOREVER or NEVER")
		return
	}
	s.warn(a, a.pos, "not built yet, and so passed over")
}
