// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"fmt"
	"strconv"
	"strings"
)

// maxExpanded is what a text may become: libwrap gives up, and with it the
// connection, beyond its buffer.
const maxExpanded = 8190

// okChars are those of an expansion that a shell takes for nothing special; others
// become "_".
const okChars = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// expand replaces %a and its kin. ok false: it became too long.
func (q *Request) expand(s string, most int) (string, bool) {
	if len(s) <= most && !strings.Contains(s, "%") {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() <= most; i++ {
		if s[i] != '%' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		b.WriteString(safe(q.value(s[i])))
	}
	return b.String(), b.Len() <= most
}

func safe(s string) string {
	if strings.Trim(s, okChars) == "" {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if strings.IndexByte(okChars, c) < 0 {
			b[i] = '_'
		}
	}
	return string(b)
}

// value is what %c stands for; nothing, if c is no such letter.
func (q *Request) value(c byte) string {
	switch c {
	case 'a':
		return q.Client.address()
	case 'A':
		return q.Server.address()
	case 'c':
		return join(q.User, q.Client.info(), q.Client.info())
	case 'd':
		return q.Daemon
	case 'h':
		return q.Client.info()
	case 'H':
		return q.Server.info()
	case 'n':
		return q.Client.hostname()
	case 'N':
		return q.Server.hostname()
	case 'p':
		return strconv.Itoa(q.Pid)
	case 'r':
		return q.Client.port()
	case 'R':
		return q.Server.port()
	case 's':
		if q.Server.info() == Unknown {
			return q.Daemon
		}
		return q.Daemon + "@" + q.Server.info()
	case 'u':
		return join("", q.User, Unknown)
	case '%':
		return "%"
	}
	return ""
}

// join is user@host, and without a user otherwise.
func join(user, host, otherwise string) string {
	switch {
	case host == "":
		return otherwise
	case user == "":
		return host
	case lower(user) == Unknown:
		return otherwise
	}
	return user + "@" + host
}

func (e *Endpoint) address() string { return string(appendAddr(nil, e.Addr)) }

func (e *Endpoint) hostname() string {
	if e.Name == "" {
		return Unknown
	}
	return e.Name
}

// info is the name, or else the address.
func (e *Endpoint) info() string {
	if n := lower(e.hostname()); n == Unknown || n == Paranoid {
		return e.address()
	}
	return e.Name
}

func (e *Endpoint) port() string { return strconv.Itoa(max(0, e.Port)) }

// Effect is what a rule asks for beside its verdict, with nothing left to expand.
type Effect struct {
	Kind Kind
	Text string
	Name string
	Num  int
	// Index tells the effects of a rule apart: it is the option's place in the rule.
	Index int
}

// Effects gives what the rule asks for, in its order, and what comes after. Allow
// is false if an expansion fails, however the rule ends.
func (r *Rule) Effects(q *Request) (all []Effect, allow bool, why string) {
	for i, a := range r.actions {
		e := Effect{Kind: a.kind, Text: a.text, Name: a.name, Num: a.num, Index: i}
		switch a.kind {
		case Spawn, Aclexec, Twist, Setenv:
			text, ok := q.expand(a.text, maxExpanded)
			if e.Text = chop(text); !ok {
				return all, false, "the expansion of an option is too long"
			}
		}
		if a.kind == Setenv {
			if e.Name, e.Text = nameValue(e.Text); e.Name == "" || strings.Contains(e.Name, "=") {
				return all, false, fmt.Sprintf("no such variable can be set: %q", e.Name)
			}
		}
		all = append(all, e)
	}
	return all, r.allows(), r.why
}

func nameValue(s string) (name, value string) {
	i := strings.IndexAny(s, " \t\r\n")
	if i < 0 {
		return chop(s), ""
	}
	return chop(s[:i]), chop(s[i+1:])
}

// allows tells how the rule ends where nothing fails.
func (r *Rule) allows() bool {
	switch r.end {
	case endAllow:
		return true
	case endDeny, endError, endTwist:
		return false
	}
	return !r.deny
}

// Passes tells whether a command of aclexec that fails means that the client is not
// concerned: in hosts.deny. (So libwrap has it of hosts.allow, too, against its
// manual; there the client is refused.)
func (r *Rule) Passes() bool { return r.deny && r.end == endMatch }

// Twists tells whether the rule ends in a command that takes the service's place.
func (r *Rule) Twists() bool { return r.end == endTwist }

// Needs are the actions of a rule that were prepared at load, in their order.
func (r *Rule) Needs() []Effect {
	all := make([]Effect, len(r.actions))
	for i, a := range r.actions {
		all[i] = Effect{Kind: a.kind, Text: a.text, Name: a.name, Num: a.num, Index: i}
	}
	return all
}

// BannerText makes of a file of a banners folder what the client gets: CR LF, and
// expansions.
func (q *Request) BannerText(file []byte) []byte {
	var b []byte
	for line := range strings.Lines(string(file)) {
		if body, cut := strings.CutSuffix(line, "\n"); cut {
			line = body + "\r\n"
		}
		text, ok := q.expand(line, 2*maxExpanded)
		if !ok {
			break
		}
		b = append(b, text...)
	}
	return b
}
