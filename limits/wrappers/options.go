// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"fmt"
	"strings"
)

// Kind is what an option asks for.
type Kind uint8

// The options that do something; allow and deny are the rule's end.
const (
	Spawn     Kind = iota // run a command beside the service
	Aclexec               // run a command and let its status decide
	Twist                 // run a command in the service's place
	Setenv                // Name and Text for the handler's environment
	Severity              // Num is the level of syslog(3), 0-7
	Banner                // send the file of the daemon's name in the folder Text
	Umask                 // Num
	Nice                  // Num is added
	User                  // Text, with its own group and groups
	UserGroup             // Text and the group Name alone
	Group                 // Text, without further groups
	KeepAlive             //
	Linger                // Num in seconds
	RFC931                // ask for the user's name
)

// end is what remains when a rule's actions are done.
type end uint8

const (
	endMatch end = iota // in hosts.allow let in, in hosts.deny refuse
	endAllow
	endDeny
	endError // refuse: an option cannot be read
	endTwist
)

// action is an option as it stands in the file.
type action struct {
	kind Kind
	text string // not expanded
	name string
	num  int
}

// option is a word of the language.
type option struct {
	arg    argument
	expand bool
	last   bool // nothing may follow
	read   func(r *Rule, value string, src *Source) error
}

type argument uint8

const (
	noArg argument = iota
	mayArg
	mustArg
)

// options are libwrap's, by their names in lower case.
func optionOf(name string) (option, bool) {
	switch name {
	case "user":
		return option{arg: mustArg, read: readUser}, true
	case "group":
		return option{arg: mustArg, read: readGroup}, true
	case "umask":
		return option{arg: mustArg, read: readUmask}, true
	case "linger":
		return option{arg: mustArg, read: number(Linger, 0, 0)}, true
	case "keepalive":
		return option{read: plain(KeepAlive)}, true
	case "aclexec":
		return option{arg: mustArg, expand: true, read: plain(Aclexec)}, true
	case "spawn":
		return option{arg: mustArg, expand: true, read: plain(Spawn)}, true
	case "twist":
		return option{arg: mustArg, expand: true, last: true, read: readTwist}, true
	case "rfc931":
		return option{arg: mayArg, read: number(RFC931, 1, 10)}, true
	case "setenv":
		return option{arg: mustArg, expand: true, read: plain(Setenv)}, true
	case "nice":
		return option{arg: mayArg, read: number(Nice, -1<<31, 10)}, true
	case "severity":
		return option{arg: mustArg, read: readSeverity}, true
	case "banners":
		return option{arg: mustArg, read: plain(Banner)}, true
	case "allow":
		return option{last: true, read: func(r *Rule, _ string, _ *Source) error { r.end = endAllow; return nil }}, true
	case "deny":
		return option{last: true, read: func(r *Rule, _ string, _ *Source) error { r.end = endDeny; return nil }}, true
	}
	return option{}, false
}

// readOptions reads what follows a rule's second colon. The first that is wrong
// ends it: what stands before still happens, and the client is refused. It tells
// where that one begins.
func (r *Rule) readOptions(s string, src *Source) (bad int) {
	start := 0
	field, rest, more := nextField(s)
	for more {
		var next string
		var nextRest string
		behind := len(s) - len(rest)
		next, nextRest, more = nextField(rest)
		if err := r.readOption(chop(field), more, src); err != nil {
			r.end, r.why = endError, err.Error()
			return start
		}
		if r.end != endMatch {
			return 0
		}
		field, rest, start = next, nextRest, behind
	}
	return 0
}

// nextField takes a field off, in which "\:" is ":"; ok false: s is empty.
func nextField(s string) (field, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ':':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == ':':
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), "", true
}

func (r *Rule) readOption(s string, more bool, src *Source) error {
	key, value := keyValue(s)
	if key == "" {
		return fmt.Errorf("an option is missing between two colons")
	}
	o, ok := optionOf(lower(key))
	switch {
	case !ok:
		return fmt.Errorf("no such option %q", key)
	case value == "" && o.arg == mustArg:
		return fmt.Errorf("option %q wants a value", key)
	case value != "" && o.arg == noArg:
		return fmt.Errorf("option %q takes no value", key)
	case more && o.last:
		return fmt.Errorf("option %q must be the last", key)
	}
	return o.read(r, value, src)
}

// keyValue cuts at blanks, or one "=", or blanks and one "=".
func keyValue(s string) (key, value string) {
	i := strings.IndexAny(s, "= \t\r\n")
	if i < 0 {
		return s, ""
	}
	key, value = s[:i], s[i:]
	if value[0] != '=' {
		value = strings.TrimLeft(value[1:], " \t\r\n")
	}
	if strings.HasPrefix(value, "=") {
		value = strings.TrimLeft(value[1:], " \t\r\n")
	}
	return key, value
}

func (r *Rule) do(a action) { r.actions = append(r.actions, a) }

func plain(k Kind) func(*Rule, string, *Source) error {
	return func(r *Rule, value string, _ *Source) error {
		r.do(action{kind: k, text: value})
		return nil
	}
}

func readTwist(r *Rule, value string, _ *Source) error {
	r.do(action{kind: Twist, text: value})
	r.end = endTwist
	return nil
}

// number reads an int of at least least; without a value it is usual.
func number(k Kind, least, usual int) func(*Rule, string, *Source) error {
	return func(r *Rule, value string, _ *Source) error {
		n := usual
		if value != "" {
			v, rest, ok := signed(value)
			if n = int(v); !ok || rest != "" || n < least {
				return fmt.Errorf("bad number %q", value)
			}
		}
		r.do(action{kind: k, num: n})
		return nil
	}
}

func readUmask(r *Rule, value string, _ *Source) error {
	n, rest, ok := unsigned(value, 8)
	if !ok || rest != "" || n > 0o777 {
		return fmt.Errorf("bad umask %q", value)
	}
	r.do(action{kind: Umask, num: int(n)})
	return nil
}

func readUser(r *Rule, value string, src *Source) error {
	user, group, with := splitAt(value, '.')
	if with {
		if src.Group == nil || !src.Group(group) {
			return fmt.Errorf("no such group %q", group)
		}
	}
	if src.User == nil || !src.User(user) {
		return fmt.Errorf("no such user %q", user)
	}
	a := action{kind: User, text: user}
	if with {
		a.kind, a.name = UserGroup, group
	}
	r.do(a)
	return nil
}

func readGroup(r *Rule, value string, src *Source) error {
	if src.Group == nil || !src.Group(value) {
		return fmt.Errorf("no such group %q", value)
	}
	r.do(action{kind: Group, text: value})
	return nil
}

const (
	facilities = " kern user mail daemon auth lpr news uucp cron local0 local1 local2 local3 local4 local5 local6 local7 "
	severities = " emerg alert crit err warning notice info debug "
)

// readSeverity checks the facility and drops it: superd's log has its own.
func readSeverity(r *Rule, value string, _ *Source) error {
	facility, level, both := splitAt(value, '.')
	if !both {
		level = facility
	} else if !oneOf(facilities, facility) {
		return fmt.Errorf("no such facility %q", facility)
	}
	if !oneOf(severities, level) {
		return fmt.Errorf("no such severity %q", level)
	}
	before, _, _ := strings.Cut(severities, " "+lower(level)+" ")
	r.do(action{kind: Severity, num: strings.Count(before, " ")})
	return nil
}

func oneOf(words, w string) bool {
	return w != "" && !strings.Contains(w, " ") && strings.Contains(words, " "+lower(w)+" ")
}
