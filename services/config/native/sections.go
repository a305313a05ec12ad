// SPDX-License-Identifier: Apache-2.0

package native

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"superd/services"
	"superd/services/config"
)

// reader reads one file of the set into the parser.
type reader struct {
	*parser
	doc    document
	prefix []key             // of the [table] that is open
	socket *config.SocketSet // of the [[services.x.socket]] that is open
	skip   bool              // the open table is one that was reported already
	about  string            // the service that is being read, "" in other sections
	opened map[string]config.Pos
}

// run reads the document to its end or first syntax error.
func (r *reader) run() {
	toml := &r.doc.toml
	toml.Reset(r.doc.data)
	for toml.NextExpression() {
		switch n := toml.Expression(); n.Kind {
		case unstable.Table:
			r.open(r.doc.key(n.Key()))
		case unstable.ArrayTable:
			r.openSocket(r.doc.key(n.Key()))
		case unstable.KeyValue:
			if !r.skip {
				r.assign(r.prefix, n)
			}
		}
	}
	if err := toml.Error(); err != nil {
		pos, message := r.doc.parseError(err)
		r.fail(pos, "", "not TOML: "+message)
		for _, s := range r.order { // the last of them is cut off, and none of them runs
			s.State = services.Refused
		}
	}
}

// open begins a [table].
func (r *reader) open(path []key) {
	r.prefix, r.socket, r.skip = path, nil, true
	pos := path[0].pos
	section := path[0].name
	switch {
	case section == "services" && len(path) == 1:
		r.skip = r.again(path)
	case section == "services" && len(path) == 2:
		s := r.service(path[1].name, pos)
		if s.header.Line != 0 {
			r.refuse(s, pos, "", "defined a second time; first "+r.at(pos, s.header))
			return
		}
		s.header, s.Pos, r.skip = pos, pos, false
	case section == "services":
		s := r.service(path[1].name, pos)
		r.refuse(s, path[2].pos, path[2].name, noTable(path))
	case (section == "defaults" || section == "daemon") && len(path) == 1:
		r.skip = r.again(path)
	case section == "defaults" || section == "daemon":
		r.fail(path[1].pos, path[1].name, "is no table")
	default:
		r.unknownSection(path[0])
	}
}

// noTable words that [services.x.y] is none of the format's tables.
func noTable(path []key) string {
	if path[2].name == "socket" && len(path) == 3 {
		return fmt.Sprintf("is a list of tables; write [[services.%s.socket]]", path[1].name)
	}
	return "is no table"
}

// again tells whether a section was opened before, which is an error: two
// halves of one section are easily taken for the whole.
func (r *reader) again(path []key) bool {
	first, ok := r.opened[path[0].name]
	if ok {
		r.fail(path[0].pos, "", fmt.Sprintf("[%s] is defined a second time; first %s", path[0].name, r.at(path[0].pos, first)))
		return true
	}
	r.opened[path[0].name] = path[0].pos
	return false
}

// openSocket begins a [[services.x.socket]].
func (r *reader) openSocket(path []key) {
	r.prefix, r.socket, r.skip = path, nil, true
	pos := path[0].pos
	switch {
	case path[0].name != "services" && path[0].name != "defaults" && path[0].name != "daemon":
		r.unknownSection(path[0])
	case path[0].name != "services" || len(path) == 1:
		r.fail(pos, "", fmt.Sprintf("[%s] is one table, not a list of them", path[0].name))
	case len(path) == 2:
		s := r.service(path[1].name, pos)
		r.refuse(s, pos, "", fmt.Sprintf("is one table, not a list of them; write [services.%s]", path[1].name))
	case len(path) > 3 || path[2].name != "socket":
		r.refuse(r.service(path[1].name, pos), path[2].pos, path[2].name, "is no list of tables")
	default:
		s := r.service(path[1].name, pos)
		s.Sockets = append(s.Sockets, config.SocketSet{Pos: pos})
		r.socket, r.skip = &s.Sockets[len(s.Sockets)-1], false
	}
}

func (r *reader) unknownSection(k key) {
	message := "unknown section"
	for _, known := range []string{"defaults", "daemon", "services"} {
		if near(k.name, known) {
			message += fmt.Sprintf("; did you mean [%s]?", known)
		}
	}
	r.fail(k.pos, "", fmt.Sprintf("%q: %s", k.name, message))
}

// near tells whether a word differs by its case, its number or two letters.
func near(a, b string) bool {
	a = strings.ToLower(a)
	return a != b && (strings.TrimSuffix(a, "s") == strings.TrimSuffix(b, "s") || distance(a, b) <= 2)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, last+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// assign takes one key = value; prefix is what its key is relative to.
func (r *reader) assign(prefix []key, kv *unstable.Node) {
	own := r.doc.key(kv.Key())
	path := append(prefix[:len(prefix):len(prefix)], own...)
	v := kv.Value()
	if v.Kind == unstable.InlineTable && r.socket == nil && isTable(path) {
		r.inline(path, v)
		return
	}
	if r.socket != nil {
		r.assignSocket(path, kv)
		return
	}
	first := path[0]
	switch {
	case first.name == "services" && len(path) >= 3:
		r.assignService(path, kv)
	case first.name == "services" && len(path) == 2:
		r.refuse(r.service(path[1].name, path[1].pos), path[1].pos, "", "must be a table")
	case (first.name == "defaults" || first.name == "daemon") && len(path) == 2:
		r.assignSection(path, kv)
	case first.name == "services" || first.name == "defaults" || first.name == "daemon":
		r.fail(first.pos, "", fmt.Sprintf("%q must be a table", first.name))
	default:
		r.unknownKey(first)
	}
}

// isTable tells which paths may be written as { inline tables }.
func isTable(path []key) bool {
	switch path[0].name {
	case "services":
		return len(path) <= 2
	case "defaults", "daemon":
		return len(path) == 1
	}
	return false
}

func (r *reader) inline(path []key, v *unstable.Node) {
	if len(path) == 2 {
		r.service(path[1].name, path[0].pos)
	}
	for it := v.Children(); it.Next(); {
		if n := it.Node(); n.Kind == unstable.KeyValue {
			r.assign(path, n)
		}
	}
}

// unknownKey is for a key outside all sections: it may be meant for defaults.
func (r *reader) unknownKey(k key) {
	if _, ok := services.Lookup(k.name); ok {
		r.fail(k.pos, k.name, "stands outside of [defaults], [daemon] and [services.NAME]")
		return
	}
	r.unknownSection(k)
}
