// SPDX-License-Identifier: Apache-2.0

package wrappers

import (
	"fmt"
	"strings"

	"superd/limits/access"
)

// parser reads one file of rules.
type parser struct {
	file *File
	src  *Source
	deny bool
	sets map[string]*set // of "/file" patterns; nil: being read
	line uint32
	text string // of the line, "" if it is in pieces
	col  uint32 // of what is looked at, in text

	waits []waiting // of the rule that is read
}

// Parse reads a file of rules, hosts.deny's if deny is set.
func Parse(data []byte, deny bool, src *Source) *File {
	p := &parser{file: &File{}, src: src, deny: deny, sets: map[string]*set{}}
	r := reader{data: data}
	for {
		text, first, ended, ok := r.next()
		if !ok {
			return p.file
		}
		p.line, p.col, p.text = first, 1, ""
		if !ended {
			p.broken(&r, first)
			return p.file
		}
		p.rule(text, first, r.line)
	}
}

// broken is for a line without an end: libwrap reads no further, and takes that in
// hosts.deny for a match, in hosts.allow for none.
func (p *parser) broken(r *reader, first uint32) {
	what := "the line has no newline at its end"
	if len(r.data) > 0 {
		what = fmt.Sprintf("the line is longer than %d bytes", lineBuffer-1)
	}
	if !p.deny {
		p.note(true, "%s: this line and those after it are not read, as libwrap does not read them", what)
		return
	}
	p.note(false, "%s: everybody is refused who has come so far, as libwrap does", what)
	p.file.Rules = append(p.file.Rules, &Rule{Place: access.Place{File: FileDeny, Line: first}, LastLine: r.line, Text: "(" + what + ")", deny: true, shut: true})
}

// Unreadable is a file of rules that is there and cannot be read: nobody is let in,
// for nobody knows who should be.
func Unreadable(deny bool, why string) *File {
	r := &Rule{Place: access.Place{File: FileAllow}, Text: "(" + why + ")", end: endDeny, shut: true, deny: deny}
	if deny {
		r.Place.File = FileDeny
	}
	return &File{Rules: []*Rule{r}, Notes: []Note{{Text: why + ": everybody is refused"}}}
}

func (p *parser) note(loose bool, format string, args ...any) {
	p.file.Notes = append(p.file.Notes, Note{Line: p.line, Col: p.col, Text: fmt.Sprintf(format, args...), Loose: loose})
}

func (p *parser) rule(line string, first, last uint32) {
	if line[0] == '#' || strings.Trim(line, " \t\r\n") == "" {
		return
	}
	if first == last {
		p.text = line
	}
	daemons, rest, ok := splitAt(line, ':')
	if !ok {
		p.note(true, "there is no \":\": the line is passed over, as libwrap does")
		return
	}
	clients, options, has := splitAt(rest, ':')
	r := &Rule{Place: access.Place{File: FileAllow, Line: first}, LastLine: last, Text: strings.Join(strings.Fields(line), " "), deny: p.deny}
	if p.deny {
		r.Place.File = FileDeny
	}
	r.daemons, r.clients = *p.daemons(r, daemons), *p.clients(r, clients)
	if has {
		bad := r.readOptions(options, p.src)
		p.judge(r, len(line)-len(options), len(line)-len(options)+bad)
	}
	p.tellWaits(r)
	p.file.Rules = append(p.file.Rules, r)
}

// at is a place in the line.
func (p *parser) at(offset int) {
	if p.col = 1; p.text != "" {
		offset = min(offset, len(p.text)-1)
		blank := len(p.text[offset:]) - len(strings.TrimLeft(p.text[offset:], blanks))
		p.col += uint32(offset + blank)
	}
}

// find looks for a word of the line.
func (p *parser) find(tok string) {
	for i := 0; i+len(tok) <= len(p.text); i++ {
		if strings.HasPrefix(p.text[i:], tok) && (i == 0 || strings.ContainsRune(blanks+",:@", rune(p.text[i-1]))) {
			p.at(i)
			return
		}
	}
	p.at(0)
}

// judge remarks on options, which begin at options; the one that is wrong at bad.
func (p *parser) judge(r *Rule, options, bad int) {
	if r.end == endError {
		p.at(bad)
		p.note(false, "%s: whom the rule concerns is refused", r.why)
	}
	for _, a := range r.actions {
		if a.kind == RFC931 {
			p.at(options)
			p.note(false, "rfc931 is not built yet: the client's user is not asked for")
		}
	}
}

func (p *parser) daemons(r *Rule, s string) *list {
	first, rest := words(s)
	l := &list{}
	for _, tok := range first {
		l.daemons = append(l.daemons, p.daemon(r, tok))
	}
	if rest != nil {
		l.except = p.daemons(r, strings.Join(rest, " "))
	}
	return l
}

func (p *parser) daemon(r *Rule, tok string) daemon {
	d := daemon{port: -1}
	if name, at, has := splitAt(tok[1:], '@'); has {
		h := p.host(at, true)
		if h.waits() {
			p.waits = append(p.waits, waiting{tok, serverName})
		}
		tok, d.at = tok[:1]+name, &h
		r.byServer = true
	}
	if n, rest, ok := unsigned(tok, 10); ok && rest == "" && n <= 0xffff {
		d.port = int(n)
		r.byServer = true
	}
	d.text = makeText(tok)
	return d
}

func (p *parser) clients(r *Rule, s string) *list {
	first, rest := words(s)
	l := &list{}
	for _, tok := range first {
		c := p.client(tok)
		if what := c.needs(); what != "" {
			p.waits = append(p.waits, waiting{tok, what})
		}
		l.clients.add(c)
	}
	if rest != nil {
		l.except = p.clients(r, strings.Join(rest, " "))
	}
	return l
}

func (p *parser) client(tok string) client {
	name, at, has := splitAt(tok[1:], '@')
	if !has {
		return client{host: p.host(tok, true)}
	}
	user := makeText(tok[:1] + name)
	return client{host: p.host(at, true), user: &user}
}

func (p *parser) host(tok string, told bool) host {
	h := makeHost(tok, p.src, p.pattern)
	if told && h.never() {
		p.find(tok)
		p.note(true, "%q matches nobody, as libwrap reads it", tok)
	}
	return h
}

// maxWord is libwrap's room for a word of a /file. (It writes beyond it.)
const maxWord = 8191

// pattern reads the words of a "/file".
func (p *parser) pattern(name string) *set {
	if s, known := p.sets[name]; known {
		if s == nil {
			p.find(name)
			p.note(true, "%q names itself", name)
			return &set{shut: true}
		}
		return s
	}
	p.file.Names = append(p.file.Names, name)
	p.sets[name] = nil
	s := p.readPattern(name)
	p.sets[name] = s
	return s
}

func (p *parser) readPattern(name string) *set {
	s := &set{}
	if p.src.Read == nil {
		return s
	}
	data, err := p.src.Read(name)
	if err != nil {
		p.find(name)
		p.note(false, "cannot read %q: %v: nobody knows who is in it", name, err)
		s.shut = true
		return s
	}
	for _, tok := range strings.FieldsFunc(string(data), func(r rune) bool { return strings.ContainsRune(blanks, r) }) {
		if len(tok) > maxWord {
			s.shut = true
			continue
		}
		s.add(client{host: p.host(tok, false)})
	}
	return s
}
