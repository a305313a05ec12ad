// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"slices"
	"strings"

	"superd/services"
)

func takeNothing(*translation, []pair) {}

func takePlain(attr services.AttrID) func(*translation, []pair) {
	return func(t *translation, said []pair) { t.parse(attr, said[0], said[0].value) }
}

// takeList takes a list of which each pair is one item.
func takeList(attr services.AttrID) func(*translation, []pair) {
	return func(t *translation, said []pair) {
		var items []string
		for _, p := range said {
			v, err := attr.Row().Parse(p.value)
			if err != nil {
				t.bad(p, "%v", err)
				continue
			}
			items = append(items, v.([]string)...)
		}
		if v, err := attr.Row().FromTOML(items); err == nil && len(items) > 0 {
			t.set(attr, said[0], v)
		}
	}
}

// takeSignals takes names that commas or blanks part.
func takeSignals(t *translation, said []pair) {
	said = slices.Clone(said)
	for i := range said {
		said[i].value = strings.ReplaceAll(said[i].value, ",", " ")
	}
	takeList(services.SigPassthrough)(t, said)
}

func takeNotOffered(why string) func(*translation, []pair) {
	return func(t *translation, said []pair) { t.warn(said[0], "has no effect: %s", why) }
}

// takeProgramKey hands on what only a Perl program has a use for.
func takeProgramKey(t *translation, said []pair) { t.hand(said[0]) }

// takeHTTP knows the keys of HTTP and PSGI; under other personalities they are the
// program's.
func takeHTTP(t *translation, said []pair) {
	if !t.isHTTP() {
		takeProgramKey(t, said)
		return
	}
	t.warn(said[0], "comes with HTTP, which is not built yet: it has no effect")
}

// takeTLS: a service whose proto is ssl or ssleay is refused by that.
func takeTLS(t *translation, said []pair) {
	t.warn(said[0], "has no effect: TLS is not built yet")
}

// takeExec parts the program and its arguments at blanks. Quotes are literal in a
// conf_file.
func takeExec(t *translation, said []pair) {
	p := said[0]
	v, err := services.Exec.Row().FromTOML(strings.Fields(p.value))
	if err != nil {
		t.bad(p, "%v", err)
		return
	}
	if t.command != nil && len(t.command.Program) > 0 {
		return // the command line is stronger
	}
	t.set(services.Exec, p, v)
}

// untruths are words that Perl takes for true and people do not.
var untruths = []string{"no", "off", "false"}

// truth is what Perl makes of a value, but for words that evidently say no.
func (t *translation) truth(p pair) bool {
	if slices.Contains(untruths, strings.ToLower(p.value)) {
		if !p.onCommandLine() {
			t.warn(p, "Net::Server takes %q for yes; superd for no", p.value)
		}
		return false
	}
	return p.value != "0" && p.value != ""
}

// takeBackground: a superd that is run by a service manager, or reloaded, cannot
// leave the foreground because a file says so. Under serve see Command.Background.
func takeBackground(t *translation, said []pair) {
	p := said[0]
	if t.command == nil && t.truth(p) {
		t.warn(p, "superd stays in the foreground: superd run --background leaves it")
	}
	if own := flagWord(p.value); p.key == "setsid" && p.onCommandLine() && own != "" {
		t.parse(services.Setsid, p, own)
	}
}

// flagWord gives true and false in the words that superd's own flags have; "" is
// another word.
func flagWord(s string) string {
	if s = strings.ToLower(s); slices.Contains([]string{"true", "false", "yes", "no", "on", "off"}, s) {
		return s
	}
	return ""
}

// takeLookups: any true value, "no" among them, turns them on in Net::Server.
func takeLookups(t *translation, said []pair) {
	switch p := said[0]; p.value {
	case "0":
	default:
		t.refuse(p.key, p.at, "reverse lookups are not built yet; 0 is without (Net::Server takes any other word for yes)")
	}
}

// takeNoStdout: a worker of a pool is given connections as descriptors and never as
// its standard output, so there it is the program's library that wants to know.
func takeNoStdout(t *translation, said []pair) {
	p := said[0]
	switch {
	case !t.truth(p):
	case t.isPool():
		t.hand(p)
	default:
		t.set(services.Stdio, p, "null")
	}
}

func takeBroadcast(t *translation, said []pair) {
	if p := said[0]; t.truth(p) {
		t.set(services.Broadcast, p, true)
		if !p.onCommandLine() {
			t.warn(p, "Net::Server looks for it under another name here and never finds it; superd sets it")
		}
	}
}

func takeMaxRequests(t *translation, said []pair) {
	p := said[0]
	if p.value == "0" {
		t.warn(p, "0 is one connection, as in Net::Server")
		p.value = "1"
	}
	t.parse(services.MaxRequests, p, p.value)
}

// takeDequeue: 0 is never.
func takeDequeue(attr services.AttrID) func(*translation, []pair) {
	return func(t *translation, said []pair) {
		if p := said[0]; p.value != "0" {
			t.parse(attr, p, p.value)
		}
	}
}
