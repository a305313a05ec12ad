// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Where xinetd looks unless told otherwise.
const (
	xinetdConf = "/etc/xinetd.conf"
	xinetdDump = "/run/xinetd.dump"
	inetdConf  = "/etc/inetd.conf"
)

// xinetdUsage is what xinetd answers a command line with that it cannot take.
const xinetdUsage = "Usage: xinetd [-d] [-f config_file] [-filelog filename] [-syslog facility] [-reuse] [-limit proc_limit] " +
	"[-pidfile filename] [-logprocs limit] [-shutdownprocs limit] [-cc interval] [-inetd_compat] [-dontfork] [-stayalive] [-version]\n"

// xinetdFlags is xinetd's command line, read.
type xinetdFlags struct {
	original
	conf    string
	compat  bool
	version bool
	log     string // "-syslog" or "-filelog", whichever was given
}

// asXinetd is superd under the name xinetd.
func asXinetd(inv *invocation, args []string) int {
	f := &xinetdFlags{original: original{name: "xinetd", reloadUSR2: true}, conf: xinetdConf}
	if err := f.read(args); err != nil {
		fmt.Fprintf(inv.stderr, "xinetd: %v\n%s", err, xinetdUsage)
		return 1
	}
	if f.version {
		fmt.Fprintf(inv.stderr, "xinetd Version 2.3.15.3\nsuperd %s in its place, with libwrap loadavg options.\n", Version)
		return 0
	}
	f.say(services.DumpFile, xinetdDump)
	f.say(services.SyslogIdent, "xinetd")
	switch {
	case f.debug:
		f.say(services.LogLevel, int64(4))
	case f.log == "":
		f.say(services.LogFile, services.ToSyslog)
		fallthrough
	default:
		f.say(services.LogFormat, "xinetd")
	}
	f.sources = func(host *config.Host) []config.Source {
		list := []config.Source{{Format: "xinetd", Path: f.conf}}
		if f.compat && isFile(host, inetdConf) {
			list = append(list, config.Source{Format: "inetd", Path: inetdConf})
		}
		return list
	}
	return f.run(inv)
}

// read reads the command line as xinetd's own code does: a word that begins with a
// dash and is no option of xinetd's is passed over, any other is an error.
func (f *xinetdFlags) read(args []string) error {
	for i := 0; i < len(args); i++ {
		flag := args[i]
		if !strings.HasPrefix(flag, "-") {
			return fmt.Errorf("%q is no option", flag)
		}
		if f.alone(flag) {
			continue
		}
		take, ok := xinetdOperands[flag]
		if !ok {
			continue
		}
		if i++; i == len(args) {
			return fmt.Errorf("%s wants a word after it", flag)
		}
		if err := take(f, args[i]); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	return nil
}

// alone takes the options without an operand.
func (f *xinetdFlags) alone(flag string) bool {
	switch flag {
	case "-d":
		f.debug = true
	case "-dontfork":
		f.foreground, f.stayAlive = true, true
	case "-stayalive":
		f.stayAlive = true
	case "-inetd_compat":
		f.compat = true
	case "-version":
		f.version = true
	case "-reuse": // always
	default:
		return false
	}
	return true
}

// xinetdOperands are the options with an operand.
var xinetdOperands = map[string]func(f *xinetdFlags, word string) error{
	"-f":       func(f *xinetdFlags, word string) error { f.conf = file(word); return nil },
	"-pidfile": func(f *xinetdFlags, word string) error { return f.parse(services.PidFile, file(word)) },
	"-filelog": func(f *xinetdFlags, word string) error {
		if err := f.onlyLog("-filelog"); err != nil {
			return err
		}
		return f.parse(services.LogFile, file(word))
	},
	"-syslog": func(f *xinetdFlags, word string) error {
		if err := f.onlyLog("-syslog"); err != nil {
			return err
		}
		f.say(services.LogFile, services.ToSyslog)
		return f.parse(services.SyslogFacility, word)
	},
	"-limit": func(f *xinetdFlags, word string) error {
		if err := positive(word); err != nil {
			return err
		}
		return f.parse(services.DaemonMaxServers, word)
	},
	// Of processes that ask for the names of remote users, and of checks of
	// xinetd's own memory, superd has none to limit.
	"-logprocs":      func(_ *xinetdFlags, word string) error { return positive(word) },
	"-shutdownprocs": func(_ *xinetdFlags, word string) error { return positive(word) },
	"-cc":            func(_ *xinetdFlags, word string) error { return positive(word) },
}

// onlyLog: xinetd takes one of the two.
func (f *xinetdFlags) onlyLog(flag string) error {
	if f.log != "" && f.log != flag {
		return fmt.Errorf("%s was given as well", f.log)
	}
	f.log = flag
	return nil
}

func positive(word string) error {
	if n, err := strconv.ParseInt(word, 10, 32); err != nil || n < 1 {
		return fmt.Errorf("%q is not a number above 0", word)
	}
	return nil
}
