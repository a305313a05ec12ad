// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
	"superd/services/config/inetd"
)

const (
	inetdPid  = "/run/inetd.pid"
	inetdDump = "/run/inetd.dump"
	inetdDir  = "/etc/inetd.d" // of GNU's
)

const inetdUsage = "usage: inetd [-dEil] [-q len] [-R rate] [-p[FILE]] [configuration file]...\n"

// inetdFlags is the union of several inetds' command lines: Debian's (-d -E -i -l -q
// -R), GNU's (-p with its value glued to it, long options, files as words),
// FreeBSD's (-a -c -C -p -s -w -W) and NetBSD's (-f).
type inetdFlags struct {
	original
	files    []string
	front    inetd.FrontEnd
	children []services.Setting // what services have for which the file says nothing
	address  netip.Addr         // of -a
	version  bool
}

// asInetd is superd under the name inetd.
func asInetd(inv *invocation, args []string) int {
	f := &inetdFlags{original: original{name: "inetd", stayAlive: true}}
	f.say(services.PidFile, inetdPid)
	f.say(services.DumpFile, inetdDump)
	f.say(services.SyslogIdent, "inetd")
	if err := f.read(inv.host(), args); err != nil {
		fmt.Fprintf(inv.stderr, "inetd: %v\n%s", err, inetdUsage)
		return 1
	}
	if f.version {
		fmt.Fprintf(inv.stdout, "inetd (superd %s)\n", Version)
		return 0
	}
	if f.debug {
		f.say(services.LogLevel, int64(4))
	} else {
		f.say(services.LogFile, services.ToSyslog)
	}
	f.sources = func(host *config.Host) []config.Source {
		files := f.files
		if files == nil {
			files = usualFiles(host)
		}
		var list []config.Source
		for _, name := range files {
			list = append(list, config.Source{Format: inetd.Format, Path: name})
		}
		return list
	}
	f.formats = formats.All()
	for i := range f.formats {
		if f.formats[i].Name == inetd.Format {
			f.formats[i].FrontEnd = f.front
		}
	}
	f.adjust = f.fill
	return f.run(inv)
}

// read reads options and the names of files, in any order.
func (f *inetdFlags) read(host *config.Host, args []string) error {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			f.add(args[i+1:])
			return nil
		case strings.HasPrefix(arg, "--"):
			if err := f.long(host, arg[2:], args, &i); err != nil {
				return err
			}
		case strings.HasPrefix(arg, "-") && arg != "-":
			if err := f.short(host, arg[1:], args, &i); err != nil {
				return err
			}
		default:
			f.add([]string{arg})
		}
	}
	return nil
}

// usualFiles are those of an inetd that is told none. The folder is asked for at each
// reload; a file that is gone stays an error then, or its services would be, too.
func usualFiles(host *config.Host) []string {
	if info, err := host.Stat(inetdDir); err == nil && info.IsDir() {
		return []string{inetdConf, inetdDir}
	}
	return []string{inetdConf}
}

func (f *inetdFlags) add(names []string) {
	for _, n := range names {
		f.files = append(f.files, file(n))
	}
}

// longOptions are GNU's words for letters.
var longOptions = map[string]byte{"debug": 'd', "environment": 'e', "pidfile": 'p', "rate": 'R', "resolve": 'r', "version": 'V'}

func (f *inetdFlags) long(host *config.Host, word string, args []string, i *int) error {
	word, value, has := strings.Cut(word, "=")
	letter, ok := longOptions[word]
	switch {
	case !ok:
		return fmt.Errorf("unknown option --%s", word)
	case letter == 'p' && !has:
		return nil // the usual file
	case letter == 'p':
		f.front.Dialect = inetd.GNU
		return f.parse(services.PidFile, file(value))
	case letter == 'R' && has:
		return f.operand(letter, value)
	case has:
		return fmt.Errorf("--%s takes no value", word)
	case letter == 'R':
		return f.short(host, string(letter), args, i)
	case letter == 'r': // names of clients for the environment: superd gives addresses
		return nil
	}
	return f.letter(letter)
}

// short takes the letters of one argument.
func (f *inetdFlags) short(host *config.Host, letters string, args []string, i *int) error {
	for k := 0; k < len(letters); k++ {
		letter, rest := letters[k], letters[k+1:]
		if !strings.ContainsRune("qRaCcsp", rune(letter)) {
			if err := f.letter(letter); err != nil {
				return err
			}
			continue
		}
		if letter == 'p' && rest == "" && !namesPid(host, args[*i+1:]) {
			return nil // GNU's -p has its value glued to it, or none
		}
		if rest == "" {
			if *i++; *i >= len(args) {
				return fmt.Errorf("-%c wants a word after it", letter)
			}
			rest = args[*i]
		}
		return f.operand(letter, rest)
	}
	return nil
}

// namesPid tells whether the word behind a bare -p is FreeBSD's pid file rather
// than GNU's next configuration file.
func namesPid(host *config.Host, rest []string) bool {
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return false
	}
	if strings.HasSuffix(rest[0], ".pid") {
		return true
	}
	_, err := host.Stat(rest[0])
	return err != nil
}

func (f *inetdFlags) letter(letter byte) error {
	switch letter {
	case 'd':
		f.debug = true
		f.front.Dir = file(".")
	case 'i', 'f':
		f.foreground = true
	case 'E':
		f.child(services.PassEnv, []string{"*"})
	case 'l', 'w':
		f.front.Libwrap = true
	case 'V':
		f.version = true
	case 'e', 'W': // always so; internal services ask as the others do
	default:
		return fmt.Errorf("unknown option -%c", letter)
	}
	return nil
}

// operand takes an option with its value.
func (f *inetdFlags) operand(letter byte, value string) error {
	if letter == 'p' {
		return f.parse(services.PidFile, file(value))
	}
	if letter == 'a' {
		return f.bind(value)
	}
	n, err := strconv.ParseInt(value, 10, 31)
	if err != nil || n < 0 {
		return fmt.Errorf("-%c: %q is not a number", letter, value)
	}
	var count services.Value = n
	if n == 0 {
		count = services.Unlimited
	}
	switch letter {
	case 'q':
		f.child(services.Listen, max(n, 1))
	case 'R':
		if f.front.Rate = n; n == 0 {
			f.child(services.StartsPerMinute, count)
		}
	case 'c':
		f.child(services.MaxServers, count)
	case 'C':
		f.child(services.PerSourcePerMinute, count)
	case 's':
		f.child(services.PerSource, count)
	}
	return nil
}

func (f *inetdFlags) bind(address string) (err error) {
	f.address, err = netip.ParseAddr(address)
	return err
}

func (f *inetdFlags) child(attr services.AttrID, v services.Value) {
	f.children = append(f.children, services.Setting{Attr: attr, Value: v, Origin: services.Origin{File: services.FromCommandLine}})
}

// fill gives the services what the command line has for those whose lines say
// nothing.
func (f *inetdFlags) fill(r *config.Result) {
	for i, s := range r.Services {
		if s.State != services.Enabled {
			continue
		}
		filled := *s
		filled.Settings = append(services.Settings(nil), s.Settings...)
		for _, x := range f.children {
			if old, ok := s.Settings.Find(x.Attr); !ok || old.Origin.File == services.FromFormatDefault {
				filled.Settings = filled.Settings.With(x)
			}
		}
		if f.address.IsValid() {
			filled.Sockets = f.bound(s.Sockets)
		}
		r.Services[i] = &filled
	}
}

// bound binds the sockets that are for all addresses to that of -a. Of another
// family than its, there is nothing to bind.
func (f *inetdFlags) bound(sockets []services.Socket) []services.Socket {
	var out []services.Socket
	for _, k := range sockets {
		ap, err := netip.ParseAddrPort(k.Address)
		if err == nil && ap.Addr().IsUnspecified() {
			if f.address.Is4() && ap.Addr().Is6() && k.V6Only || f.address.Is6() && ap.Addr().Is4() {
				continue
			}
			k.Address, k.V6Only = netip.AddrPortFrom(f.address, ap.Port()).String(), f.address.Is6()
		}
		out = append(out, k)
	}
	return out
}
