// SPDX-License-Identifier: Apache-2.0

package native

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"superd/services"
	"superd/services/config"
)

// maxDepth ends a chain of includes that no comparison of names ends, as links
// can make one.
const maxDepth = 16

// file reads one file of the set. from is where it is included; Line 0: the
// main file.
func (p *parser) file(name string, data []byte, from config.Pos) {
	id := p.sink.File(name)
	p.names[id] = name
	p.read[filepath.Clean(name)] = from
	at := config.Pos{File: id}
	clean, message, offset := text(data)
	r := &reader{parser: p, doc: document{id: at, data: data, line: 1}, opened: map[string]config.Pos{}}
	if message != "" {
		p.fail(r.doc.pos(offset), "", message)
		return
	}
	r.doc.data = clean
	before := len(p.unit.Daemon)
	r.run()
	for _, a := range p.unit.Daemon[before:] {
		if a.Attr == services.Include {
			p.depth++
			p.includes(name, a)
			p.depth--
		}
	}
}

// includes reads what one include = [ … ] names, in its order.
func (p *parser) includes(from string, a config.Assign) {
	list, _ := a.Value.([]string)
	if p.depth > maxDepth {
		p.fail(a.Pos, "include", fmt.Sprintf("more than %d files deep", maxDepth))
		return
	}
	for _, pattern := range list {
		name := pattern
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(from), name)
		}
		names, err := p.expand(name)
		if err != nil {
			p.fail(a.Pos, "include", fmt.Sprintf("cannot read %q: %s", pattern, err))
		}
		for _, n := range names {
			p.include(n, a.Pos)
		}
	}
}

// expand lists the files that a pattern stands for, sorted. A pattern that
// matches none is no error: a directory of snippets may be empty.
func (p *parser) expand(pattern string) ([]string, error) {
	dir, base := filepath.Split(pattern)
	if strings.ContainsAny(dir, "*?[") {
		return nil, errors.New("only the last part of a path may have wildcards")
	}
	if !strings.ContainsAny(base, "*?[") {
		return []string{pattern}, nil
	}
	if _, err := path.Match(base, ""); err != nil {
		return nil, errors.New("bad wildcard")
	}
	entries, err := p.host.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, errors.New(config.Reason(err))
	}
	var names []string
	for _, e := range entries { // ReadDir sorts
		ok, _ := path.Match(base, e.Name())
		// As a shell does: a name that begins with a dot must be asked for, so
		// that an editor's .x.toml.swp is not read.
		if ok && !e.IsDir() && (e.Name()[0] != '.' || base[0] == '.') {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, nil
}

// include reads one included file.
func (p *parser) include(name string, from config.Pos) {
	if first, ok := p.read[filepath.Clean(name)]; ok {
		where := "it is the main file"
		if first.Line != 0 {
			where = fmt.Sprintf("it is included at %s:%d", p.names[first.File], first.Line)
		}
		p.fail(from, "include", fmt.Sprintf("cannot include %q again: %s", name, where))
		return
	}
	data, err := p.host.ReadFile(name)
	if err != nil {
		p.fail(from, "include", fmt.Sprintf("cannot read %q: %s", name, config.Reason(err)))
		return
	}
	p.file(name, data, from)
}
