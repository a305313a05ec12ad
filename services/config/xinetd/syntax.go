// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"fmt"
	"strings"

	"superd/services/config"
)

// attr is one assignment of an entry, as it stands there.
type attr struct {
	name  string // as spelled
	op    config.Op
	words []word
	pos   config.Pos
}

// block is one `service` or `defaults` entry, as it stands in its file.
type block struct {
	name     string // "" of defaults
	defaults bool
	pos      config.Pos
	attrs    []attr
	remarks  []remark // on its form
	broken   bool     // xinetd drops it because of its form
	extra    bool     // defaults: not the first of its file
	order    int      // defaults: how many services were read before it
}

func (b *block) fail(pos config.Pos, attribute, message string) {
	b.broken = true
	b.remarks = append(b.remarks, remark{sev: config.Error, pos: pos, attribute: attribute, message: message})
}

// parse reads one file's entries, and what it includes, in xinetd's order.
func (r *run) parse(s *source) {
	defaults := false
	for {
		l, ok := s.next()
		if !ok {
			return
		}
		key, args := l.keyword()
		switch strings.ToLower(key) {
		case "service":
			if len(args) == 0 {
				r.sink.Report(config.Error, l.pos, "", "", "the service has no name; its entry is passed over")
				r.skip(s, nil, l.pos.Line)
				continue
			}
			r.entry(s, r.service(args, l))
		case "defaults":
			b := r.newDefaults(l)
			if defaults {
				b.extra = true
				r.sink.Report(config.Warning, l.pos, "", "", "a file's second defaults, which xinetd passes over; superd takes of it what is stricter than the first")
			}
			defaults = true
			r.entry(s, b)
		case "include", "includedir":
			r.include(key, args, l)
		default:
			r.junk(l, key)
			r.skip(s, nil, l.pos.Line)
		}
	}
}

func (r *run) service(args []word, l line) *block {
	b := &block{name: args[0].text, pos: l.pos}
	r.blocks = append(r.blocks, b)
	if len(args) > 1 && args[1].text != "{" {
		b.remarks = append(b.remarks, remark{sev: config.Warning, pos: args[1].pos, message: fmt.Sprintf("%q after the name is passed over", args[1].text)})
	}
	return b
}

func (r *run) newDefaults(l line) *block {
	b := &block{defaults: true, pos: l.pos, order: len(r.blocks)}
	r.defaults = append(r.defaults, b)
	return b
}

// maxJunk is how many lines outside any entry are told of: a file that is no
// configuration at all may have millions.
const maxJunk = 100

// junk tells of a line that begins no entry.
func (r *run) junk(l line, key string) {
	if r.stray++; r.stray > maxJunk {
		if r.stray == maxJunk+1 {
			r.sink.Report(config.Error, l.pos, "", "", "further lines outside any entry are not told of")
		}
		return
	}
	what := l.bad
	if what == "" {
		what = fmt.Sprintf("%q begins neither service, defaults, include nor includedir", key)
		if best := closest(strings.ToLower(key), "service", "defaults", "include", "includedir"); best != "" {
			what += fmt.Sprintf(" (did you mean %q?)", best)
		}
	}
	r.sink.Report(config.Error, l.pos, "", "", what+"; xinetd skips from here to the next \"}\"")
}

// entry reads an entry from its "{" to its "}".
func (r *run) entry(s *source, b *block) {
	l, ok := s.next()
	if !ok || !l.only('{') {
		b.fail(b.pos, "", "there is no \"{\" alone on the line after this one, so xinetd drops the entry")
		if ok {
			s.unread(l)
			r.skip(s, b, b.pos.Line)
		}
		return
	}
	for {
		l, ok := s.next()
		switch {
		case !ok:
			b.fail(b.pos, "", "the entry has no \"}\" of its own before the end of the file, so xinetd drops it")
			return
		case l.only('}'):
			return
		}
		a, message := parseAttr(l)
		if message != "" {
			b.fail(l.pos, a.name, message+"; xinetd drops the entry")
			s.unread(l)
			r.skip(s, b, l.pos.Line)
			return
		}
		b.attrs = append(b.attrs, a)
	}
}

// skip goes to the next "}", as xinetd does after a line that it cannot read. What
// it passes over on the way stays dropped, as in xinetd, but is told and shown:
// the rest of b, and whole entries. Only defaults are taken in spite of all: they
// are there to protect.
func (r *run) skip(s *source, b *block, from uint32) {
	for first := s.back != nil; ; first = false {
		l, ok := s.next()
		if !ok || l.only('}') && !first { // where "{" was wanted, xinetd has eaten a "}"
			return
		}
		key, args := l.keyword()
		switch strings.ToLower(key) {
		case "service":
			if len(args) > 0 {
				b = r.service(args, l)
				b.fail(l.pos, "", fmt.Sprintf("xinetd does not see this entry: it skips from line %d to the next \"}\"", from))
			}
		case "defaults":
			b = r.newDefaults(l)
			r.sink.Report(config.Warning, l.pos, "", "", fmt.Sprintf("xinetd does not see these defaults: it skips from line %d to the next \"}\"; superd takes them", from))
		case "include", "includedir":
			if first {
				continue // told already
			}
			r.sink.Report(config.Error, l.pos, "", key, fmt.Sprintf("not read: xinetd skips from line %d to the next \"}\"", from))
		default:
			if a, message := parseAttr(l); b != nil && message == "" {
				b.attrs = append(b.attrs, a)
			}
		}
	}
}

// parseAttr reads NAME OPERATOR VALUES. On a line that xinetd cannot read it
// returns why.
func parseAttr(l line) (a attr, message string) {
	if l.bad != "" {
		return a, l.bad
	}
	end := strings.IndexAny(l.text, blanks)
	if end < 0 {
		end = len(l.text)
	}
	a.name, a.pos = l.text[:end], l.pos
	at := end
	for at < len(l.text) && isBlank(l.text[at]) {
		at++
	}
	rest := l.text[at:]
	switch {
	case strings.HasPrefix(rest, "="):
		a.op, at = config.Set, at+1
	case strings.HasPrefix(rest, "+="):
		a.op, at = config.Add, at+2
	case strings.HasPrefix(rest, "-="):
		a.op, at = config.Remove, at+2
	case strings.Contains(a.name, "="):
		name, _, _ := strings.Cut(a.name, "=")
		a.name = strings.TrimRight(name, "+-")
		return a, "a blank is missing before the operator"
	case strings.EqualFold(a.name, "service") || strings.EqualFold(a.name, "defaults"):
		return attr{}, fmt.Sprintf("%q begins before the entry's \"}\"", a.name)
	case strings.HasPrefix(strings.ToLower(a.name), "include"):
		return a, "cannot be used inside an entry"
	default:
		return a, "there is no operator (=, += or -=)"
	}
	a.words = l.words(at)
	return a, ""
}
