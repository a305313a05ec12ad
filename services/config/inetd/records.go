// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"strings"

	"superd/services/config"
)

// parse reads one file. hosts is the default address that it begins with.
func (r *run) parse(s *source, hosts []word) {
	for {
		l, ok := s.take()
		switch {
		case !ok:
			return
		case strings.HasPrefix(l.text, "#"):
			r.comment(l, hosts)
		case strings.Trim(l.text, " \t") == "" && l.bad == "":
		default:
			hosts = r.record(s, l, hosts)
		}
	}
}

// record reads what begins in a line: an entry, a default address or an include.
// It returns the default address for what follows.
func (r *run) record(s *source, l line, hosts []word) []word {
	h := r.dialect.habits()
	e := &entry{run: r, pos: l.place(len(l.text) - len(strings.TrimLeft(l.text, " \t")))}
	words := r.wordsOf(e, l, h.quotes)
	if len(words) > 1 && r.dialect == NetBSD && !e.refused {
		if on, at, ok := keyed(l, words); ok {
			e.off = !on
			e.title(words[0], hosts)
			r.keyValues(e, s, l, at)
			return hosts
		}
	}
	for h.indented && s.continues() {
		next, _ := s.take()
		e.continued = true
		words = append(words, r.continuation(e, next, h.quotes)...)
	}
	if len(words) == 0 && !e.refused {
		return hosts
	}
	switch first := words; {
	case len(first) > 0 && strings.HasPrefix(first[0].text, ".") && r.dialect == NetBSD && !e.refused:
		r.directive(words, hosts)
		return hosts
	case len(first) == 1 && h.prefixes && strings.HasSuffix(first[0].text, ":") && !e.refused:
		if r.dialect == GNU && first[0].text == "*:" && !isAny(hosts) {
			r.sink.Report(config.Aside, first[0].pos, "", "address", "from here on all addresses are meant again")
		}
		return splitHosts(word{text: strings.TrimSuffix(first[0].text, ":"), pos: first[0].pos})
	}
	e.positional(words, hosts)
	r.add(e)
	return hosts
}

func (r *run) add(e *entry) {
	if r.policy != nil {
		e.refuse("", r.policy.pos, "the IPsec policy %q holds for it, and superd has none: it would be open without", clip(r.policy.text))
	}
	if r.ended != nil {
		e.fail("", *r.ended, "what stands behind line %d is not read, as %s does not", r.ended.Line, r.dialect.title())
	}
	r.entries = append(r.entries, e)
}

// wordsOf splits a line for an entry. A line that cannot be read costs the entry.
func (r *run) wordsOf(e *entry, l line, q quoting) []word {
	if l.bad != "" {
		e.fail("", l.badPlace(), "%s", l.bad)
		l.text = l.text[:min(len(l.text), 1024)]
		if i := strings.IndexByte(l.text, 0); i >= 0 {
			l.text = l.text[:i]
		}
	}
	words, open := l.split(0, q)
	if open >= 0 {
		e.fail("", l.place(open), "the quote is not closed")
	}
	for _, w := range words {
		if q == noQuotes && strings.ContainsAny(w.text[:1], `"'`) {
			r.differs(w.pos, "", "quotes are part of the argument")
		}
	}
	if n := len(words); n > 0 && words[n-1].text == `\` {
		e.warn("", words[n-1].pos, `the "\" is an argument: %s knows no such continuation`, r.dialect.title())
	}
	return words
}

// continuation reads a further line of an entry.
func (r *run) continuation(e *entry, l line, q quoting) []word {
	words := r.wordsOf(e, l, q)
	switch {
	case len(words) == 0:
	case strings.HasPrefix(words[0].text, "#"):
		e.warn("", words[0].pos, `an indented "#" begins no comment: the words are arguments of the line before`)
	case len(words) >= 6 && isSocketType(words[1].text):
		e.warn("", words[0].pos, "an indented line continues the one before it: its words are arguments there, and no service of their own")
	}
	return words
}

// comment reads what Debian's update-inetd switched off, and IPsec policies.
func (r *run) comment(l line, hosts []word) {
	if rest, ok := strings.CutPrefix(l.text, "#<off>#"); ok && l.bad == "" {
		n := len(l.text) - len(rest)
		l.text, l.pos = rest, l.place(n)
		words, open := l.split(0, r.dialect.habits().quotes)
		if open >= 0 || len(words) < 6 || !isSocketType(words[1].text) {
			return
		}
		e := &entry{run: r, pos: words[0].pos, off: true}
		e.positional(words, hosts)
		r.add(e)
		return
	}
	rest, ok := strings.CutPrefix(l.text, "#@")
	if !ok || !r.dialect.habits().policies {
		return
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		r.policy = nil
		return
	}
	r.policy = &word{text: rest, pos: l.place(2)}
}

// directive carries out a line that begins with a dot.
func (r *run) directive(words []word, hosts []word) {
	pos := words[0].pos
	switch {
	case words[0].text != ".include":
		r.sink.Report(config.Error, pos, "", words[0].text, "unknown directive")
	case len(words) < 2:
		r.sink.Report(config.Error, pos, "", ".include", "there is no name after it")
	default:
		r.include(words[1], hosts)
	}
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
