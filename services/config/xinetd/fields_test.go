// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// subject is one service on both sides.
type subject struct {
	host     *config.Host
	result   *config.Result
	svc      *services.Service
	dump     dumped
	defaults dumped
}

// fields is every line that xinetd's dump of a service has, and what of superd's
// service it must equal. want is nil where nothing is compared; then why says so.
var fields = map[string]struct {
	want func(s subject) string // superd's value in the dump's words
	got  func(s subject) string // the dump's, if it must be put in order first
	why  string
}{
	"name":        {want: func(s subject) string { return s.svc.Name }},
	"id":          {want: func(s subject) string { return s.svc.ID }},
	"flags":       {want: flagsOf, got: dumpedFlags},
	"socket_type": {want: func(s subject) string { return map[string]string{"tcp": "stream", "udp": "dgram"}[network(s)] }},
	"Protocol (name,number)": {want: func(s subject) string { return map[string]string{"tcp": "(tcp,6)", "udp": "(udp,17)"}[network(s)] },
		got: func(s subject) string { return strings.ToLower(s.dump["Protocol (name,number)"]) }},
	"port":                  {want: portOf},
	"wait":                  {want: func(s subject) string { return yesNo(s.svc.Str(services.Mode) == "wait") }},
	"user":                  {want: userOf},
	"group":                 {want: groupOf},
	"Groups":                {want: func(s subject) string { return yesNo(s.svc.Bool(services.Groups)) }},
	"Nice":                  {want: func(s subject) string { return strconv.FormatInt(s.svc.Int(services.Nice), 10) }, got: dumpedNice},
	"umask":                 {want: umaskOf},
	"Instances":             {want: func(s subject) string { return countOf(s, services.MaxServers, "UNLIMITED") }},
	"PER_SOURCE":            {want: func(s subject) string { return countOf(s, services.PerSource, "-1") }},
	"CPS":                   {want: cpsOf},
	"Bind":                  {want: socketsOf, got: dumpedSockets},
	"Server":                {want: func(s subject) string { return s.svc.List(services.Exec)[0] }},
	"Server argv":           {want: argvOf},
	"Only from":             {want: func(s subject) string { return netsOf(s, services.OnlyFrom, "All sites") }, got: dumpedOnlyFrom},
	"No access":             {want: func(s subject) string { return netsOf(s, services.NoAccess, "No blocked sites") }, got: func(s subject) string { return dumpedNets(s.dump["No access"]) }},
	"Access times":          {want: timesOf},
	"log":                   {want: logOf, got: dumpedLog},
	"Log_on_success flags":  {want: func(s subject) string { return set(s.svc.List(services.LogOnSuccess)) }, got: func(s subject) string { return set(strings.Fields(s.dump["Log_on_success flags"])) }},
	"Log_on_failure flags":  {want: func(s subject) string { return set(s.svc.List(services.LogOnFailure)) }, got: func(s subject) string { return set(strings.Fields(s.dump["Log_on_failure flags"])) }},
	"Environment additions": {want: func(s subject) string { return strings.Join(s.svc.List(services.Env), "\n") }, got: func(s subject) string { return strings.TrimSuffix(s.dump["Environment additions"], "\n") }},
	"Environment strings":   {why: "the daemon's own environment with the additions: that of the oracle's shell"},
	"Passenv":               {why: "xinetd drops names that its own environment lacks, here all of them"},
	"type":                  {why: "UNLISTED says where the port comes from, which port compares; the other types are refused"},
	"Deny Time":             {why: "without SENSOR it does nothing; SENSOR is refused"},
}

// absent are fields that xinetd prints only if the file says something of them,
// and what superd's service must then have.
var absent = map[string]string{
	"group": "the user's own", "Nice": "0", "umask": "022", "Instances": "UNLIMITED", "CPS": "max conn:50 wait:10",
	"Access times": "", "Environment additions": "", "Log_on_success flags": "", "Log_on_failure flags": "", "Server argv": "",
}

// notInDump are attributes that the dump of xinetd 2.3.15.3 does not show. The
// run-time tests with a probe program look at them.
var notInDump = []services.AttrID{
	services.RlimitAS, services.RlimitCPU, services.RlimitData, services.RlimitFiles, services.RlimitRSS, services.RlimitStack,
	services.MaxLoad, services.Banner, services.BannerSuccess, services.BannerFail, services.Libwrap,
	services.PassEnv, services.Stderr, services.Compat, services.Name, services.Disable, services.Full, services.PerSourcePrefix,
}

// inFields are the attributes that fields compares.
var inFields = []services.AttrID{
	services.Port, services.HostAddr, services.Proto, services.IPv, services.V6Only, services.NoDelay, services.KeepAlive,
	services.Mode, services.Exec, services.Argv0, services.User, services.Group, services.Groups, services.Umask, services.Nice,
	services.Env, services.AccessTimes, services.OnlyFrom, services.NoAccess, services.MaxServers, services.PerSource, services.CPS,
	services.LogType, services.LogOnSuccess, services.LogOnFailure,
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func network(s subject) string { return s.svc.Sockets[0].Network }

func portOf(s subject) string {
	_, port, _ := strings.Cut(s.svc.Sockets[0].Address[strings.LastIndex(s.svc.Sockets[0].Address, ":"):], ":")
	return port
}

func userOf(s subject) string {
	u, err := s.host.LookupUser(s.svc.Str(services.User))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(u.UID)
}

func groupOf(s subject) string {
	word, ok := s.svc.Settings.Find(services.Group)
	if user, _ := s.svc.Settings.Find(services.User); !ok || word.Value == user.Value && strings.Trim(word.Value.(string), "0123456789") == "" {
		return "the user's own"
	}
	gid, err := s.host.LookupGroup(word.Value.(string))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(gid)
}

func umaskOf(s subject) string {
	if x, _ := s.svc.Settings.Find(services.Umask); x.Origin.File == services.FromFormatDefault {
		return s.svc.Str(services.Umask)
	}
	n, _ := strconv.ParseUint(s.svc.Str(services.Umask), 8, 32)
	return strconv.FormatUint(n, 8)
}

func countOf(s subject, id services.AttrID, unlimited string) string {
	if n := s.svc.Count(id); n >= 0 {
		return fmt.Sprint(n)
	}
	return unlimited
}

func cpsOf(s subject) string {
	if rate := s.svc.Ints(services.CPS); len(rate) == 2 {
		return fmt.Sprintf("max conn:%d wait:%d", rate[0], rate[1])
	}
	return "max conn:0 wait:0"
}

func argvOf(s subject) string {
	argv := slices.Clone(s.svc.List(services.Exec))
	argv[0] = argv[0][strings.LastIndex(argv[0], "/")+1:]
	if name, ok := s.svc.Settings.Find(services.Argv0); ok {
		argv[0] = name.Value.(string)
	}
	return strings.Join(argv, " ")
}

// flagsOf are the flags that one can tell from superd's service.
func flagsOf(s subject) string {
	var flags []string
	add := func(is bool, name string) {
		if is {
			flags = append(flags, name)
		}
	}
	add(s.svc.Bool(services.NoDelay), "NODELAY")
	add(s.svc.Bool(services.KeepAlive), "KEEPALIVE")
	add(s.svc.Has(services.Argv0), "NAMEINARGS")
	add(!s.svc.Has(services.Libwrap), "NOLIBWRAP")
	return set(flags)
}

// dumpedFlags leaves out what is no property of the service: REUSE and NORETRY do
// nothing, and the family is compared as part of the socket.
func dumpedFlags(s subject) string {
	return set(slices.DeleteFunc(strings.Fields(s.dump["flags"]), func(f string) bool {
		return f == "REUSE" || f == "NORETRY" || f == "IPv4" || f == "IPv6"
	}))
}

// socketsOf is what superd would bind.
func socketsOf(s subject) string {
	var list []string
	for _, sock := range s.svc.Sockets {
		ap := netip.MustParseAddrPort(sock.Address)
		family := ""
		if ap.Addr().Is6() && !sock.V6Only {
			family = " and IPv4"
		}
		list = append(list, ap.Addr().String()+family)
	}
	return set(list)
}

// dumpedSockets is what xinetd binds. A socket of "All addresses" takes IPv4 in,
// unless the flag IPv4 makes it IPv4's, or v6only, which is not printed, IPv6's.
// Of other addresses the name is printed.
func dumpedSockets(s subject) string {
	four := slices.Contains(strings.Fields(s.dump["flags"]), "IPv4")
	bind, ours := s.dump["Bind"], s.svc.List(services.HostAddr)
	switch {
	case bind == "All addresses." && four:
		return "0.0.0.0"
	case bind == "All addresses." && s.svc.Bool(services.V6Only):
		return "::"
	case bind == "All addresses.":
		return ":: and IPv4"
	case bind == "localhost" && four:
		return "127.0.0.1"
	case bind == "localhost" && len(ours) == 1 && ours[0] == "127.0.0.1":
		return ours[0] // with both flags: falls back to IPv4, and prints neither
	case bind == "localhost":
		return "::1"
	case (bind == "unknown" || bind == "::") && len(ours) == 1 && ours[0] == "::" && !s.svc.Bool(services.V6Only):
		return ":: and IPv4"
	case bind == "unknown" && len(ours) == 1 && netip.MustParseAddr(ours[0]).Is4() == four:
		return ours[0] // it has no name
	}
	return bind
}

// dumpedOnlyFrom: of a list that is there but empty, which lets nobody in, xinetd
// prints the same as of none.
func dumpedOnlyFrom(s subject) string {
	if x, ok := s.svc.Settings.Find(services.OnlyFrom); ok && len(x.Value.([]string)) == 0 && s.dump["Only from"] == "All sites" {
		return ""
	}
	return dumpedNets(s.dump["Only from"])
}

// dumpedNice keeps the number to what nice(2) makes of it in the end.
func dumpedNice(s subject) string {
	n, err := strconv.Atoi(s.dump["Nice"])
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(min(max(n, -40), 39))
}

func timesOf(s subject) string {
	var list []string
	for _, w := range s.svc.List(services.AccessTimes) {
		from, to, _ := strings.Cut(w, "-")
		list = append(list, fmt.Sprintf("%05s-%05s", from, to))
	}
	return strings.ReplaceAll(strings.Join(list, "|"), "|", " ")
}

func netsOf(s subject, id services.AttrID, none string) string {
	x, ok := s.svc.Settings.Find(id)
	if !ok {
		return none
	}
	var list []string
	for _, w := range x.Value.([]string) {
		list = append(list, prefix(w).String())
	}
	return set(list)
}

// prefix reads ADDR or ADDR/BITS.
func prefix(w string) netip.Prefix {
	if strings.Contains(w, "/") {
		return netip.MustParsePrefix(w)
	}
	a := netip.MustParseAddr(w)
	return netip.PrefixFrom(a, a.BitLen())
}

// dumpedNets turns xinetd's ADDR(NUMERIC), ADDR/MASK(NET) and NAME(HOST) into
// prefixes. The mask of a NUMERIC one, which is not printed, comes of its zeros.
func dumpedNets(list string) string {
	if list == "All sites" || list == "No blocked sites" {
		return list
	}
	var nets []string
	for _, w := range strings.Fields(list) {
		text, kind, _ := strings.Cut(strings.TrimSuffix(w, ")"), "(")
		switch kind {
		case "NUMERIC":
			a := netip.MustParseAddr(text)
			bits := a.BitLen()
			for b := a.AsSlice(); a.Is4() && bits > 0 && b[bits/8-1] == 0; {
				bits -= 8
			}
			nets = append(nets, netip.PrefixFrom(a, bits).String())
		case "NET":
			addr, mask, _ := strings.Cut(text, "/")
			bits := 0
			for _, b := range netip.MustParseAddr(mask).AsSlice() {
				for ; b != 0; b <<= 1 {
					bits++
				}
			}
			nets = append(nets, netip.PrefixFrom(netip.MustParseAddr(addr), bits).Masked().String())
		case "HOST":
			if text == "localhost" { // by decision, the loopback's addresses
				nets = append(nets, "127.0.0.0/8", "::1/128")
				continue
			}
			nets = append(nets, w)
		}
	}
	return set(nets)
}

func logOf(s subject) string {
	switch log := s.svc.List(services.LogType); {
	case len(log) == 0:
		return "No logging"
	case log[0] == "SYSLOG":
		return fmt.Sprintf("Logging to syslog. Facility = %s, level = %s", log[1], log[2])
	case len(log) == 4:
		return fmt.Sprintf("Logging to file: %s (soft=%s hard=%s)", log[1], log[2], log[3])
	default:
		return fmt.Sprintf("Logging to file: %s (no limits)", log[1])
	}
}

// dumpedLog: the common log is the file of defaults.
func dumpedLog(s subject) string {
	if s.dump["log"] == "Logging to common log file" {
		return s.defaults["log"]
	}
	return relativeLog.ReplaceAllString(s.dump["log"], "Logging to file: /$1")
}

// relativeLog is of a path that superd takes from /.
var relativeLog = regexp.MustCompile(`^Logging to file: (?:\./)?([^/])`)

func set(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}
