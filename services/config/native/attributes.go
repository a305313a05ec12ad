// SPDX-License-Identifier: Apache-2.0

package native

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"

	"superd/limits/access"
	"superd/services"
	"superd/services/config"
)

// assignService takes one attribute of a service.
func (r *reader) assignService(path []key, kv *unstable.Node) {
	s, k := r.service(path[1].name, path[0].pos), path[2]
	r.about = s.ID
	if k.name == "socket" && len(path) == 3 && kv.Value().Kind == unstable.Array {
		r.inlineSockets(s, kv.Value())
		return
	}
	a, message, pos := r.attribute(path[2:], kv, services.InService)
	if message == "" {
		message, pos = r.twice(s.Assigns, a), k.pos
	}
	if message != "" {
		r.refuse(s, pos, k.name, message)
		return
	}
	if a.Attr == services.Name {
		s.Name, _ = a.Value.(string)
	}
	s.Assigns = append(s.Assigns, a)
}

// assignSection takes one attribute of [defaults] or [daemon].
func (r *reader) assignSection(path []key, kv *unstable.Node) {
	r.about = ""
	list, scope := &r.unit.Defaults, services.InDefaults
	if path[0].name == "daemon" {
		list, scope = &r.unit.Daemon, services.InDaemon
	}
	a, message, pos := r.attribute(path[1:], kv, scope)
	if message == "" {
		message, pos = r.twice(*list, a), path[1].pos
	}
	if message != "" {
		r.fail(pos, path[1].name, message)
		return
	}
	*list = append(*list, a)
}

// assignSocket takes one attribute of a [[services.x.socket]].
func (r *reader) assignSocket(path []key, kv *unstable.Node) {
	s := r.service(path[1].name, path[0].pos)
	a, message, pos := r.attribute(path[3:], kv, services.InSocket)
	if message == "" {
		message, pos = r.twice(r.socket.Assigns, a), path[3].pos
	}
	if message != "" {
		r.refuse(s, pos, path[3].name, message)
		return
	}
	r.socket.Assigns = append(r.socket.Assigns, a)
}

// inlineSockets takes socket = [{ … }, { … }].
func (r *reader) inlineSockets(s *service, list *unstable.Node) {
	for it := list.Children(); it.Next(); {
		n := it.Node()
		pos := s.Pos
		if n.Raw.Length > 0 {
			pos = r.doc.pos(int(n.Raw.Offset))
		}
		if n.Kind != unstable.InlineTable {
			r.refuse(s, pos, "socket", "is a list of tables")
			continue
		}
		s.Sockets = append(s.Sockets, config.SocketSet{Pos: pos})
		r.socket = &s.Sockets[len(s.Sockets)-1]
		prefix := []key{{"services", pos}, {s.ID, pos}, {"socket", pos}}
		for kvs := n.Children(); kvs.Next(); {
			if kv := kvs.Node(); kv.Kind == unstable.KeyValue {
				r.assign(prefix, kv)
			}
		}
		r.socket = nil
	}
}

// attribute makes one key and its value an assignment, or says what is wrong
// and where.
func (r *reader) attribute(path []key, kv *unstable.Node, scope services.Scope) (config.Assign, string, config.Pos) {
	k := path[0]
	attr, ok := services.LookupIn(scope, k.name)
	if !ok {
		return config.Assign{}, r.misplaced(k.name, scope), k.pos
	}
	if len(path) > 1 {
		return config.Assign{}, "is no table", k.pos
	}
	pos := r.doc.value(kv)
	raw, message := decode(kv.Value())
	if message != "" {
		return config.Assign{}, message, pos
	}
	v, err := attr.Row().FromTOML(raw)
	if err != nil {
		message, pos := r.wrongItems(attr, err, kv.Value(), k, pos)
		return config.Assign{}, message, pos
	}
	r.notes(attr, kv.Value(), k)
	a := config.Assign{Attr: attr, Value: v, Pos: k.pos}
	if attr == services.Include { // each file of the set may include others
		a.Op = config.Add
	}
	return a, "", pos
}

// misplaced words that an attribute is unknown, or known but not here.
func (p *parser) misplaced(name string, scope services.Scope) string {
	_, inService := services.LookupIn(services.InService, name)
	_, inDaemon := services.LookupIn(services.InDaemon, name)
	switch {
	case inService && scope == services.InSocket:
		return "belongs in the service, not in one of its sockets"
	case inService:
		return "belongs in [services.NAME]"
	case inDaemon:
		return "belongs in [daemon]"
	}
	message, ok := p.unknown[name]
	if !ok {
		message = config.Unknown(name).Error()
		p.unknown[name] = message
	}
	return message
}

// wrongItems says what is wrong with a value, and where; a list may run over many
// lines, and of its items each has a place. All but the first it reports itself.
func (r *reader) wrongItems(attr services.AttrID, err error, value *unstable.Node, k key, pos config.Pos) (string, config.Pos) {
	if value.Kind != unstable.Array {
		return err.Error(), pos
	}
	var items services.ItemErrors
	if !errors.As(err, &items) {
		return err.Error(), r.wrongItem(attr, value, pos)
	}
	at, next := 0, 0
	first := pos
	for it := value.Children(); it.Next() && next < len(items); at++ {
		if at != items[next].Item {
			continue
		}
		place := pos
		if n := it.Node(); n.Raw.Length > 0 {
			place = r.doc.pos(int(n.Raw.Offset))
		}
		if next == 0 {
			first = place
		} else {
			r.sink.Report(config.Error, place, r.about, k.name, items[next].Err.Error())
		}
		next++
	}
	return items[0].Err.Error(), first
}

// wrongItem finds the item that alone would be wrong, too.
func (r *reader) wrongItem(attr services.AttrID, list *unstable.Node, pos config.Pos) config.Pos {
	for it := list.Children(); it.Next(); {
		n := it.Node()
		item, _ := decode(n)
		if _, err := attr.Row().FromTOML([]any{item}); err != nil && n.Raw.Length > 0 {
			return r.doc.pos(int(n.Raw.Offset))
		}
	}
	return pos
}

// notes warns of address rules that a reader may take for something else.
func (r *reader) notes(attr services.AttrID, list *unstable.Node, k key) {
	if attr.Row().Kind != services.KindNets {
		return
	}
	note := func(n *unstable.Node) {
		if n.Kind != unstable.String {
			return
		}
		rules, _ := access.ParseXinetd(string(n.Data), access.Resolver{})
		if len(rules) > 0 && rules[0].Note != "" {
			r.sink.Report(config.Warning, r.doc.pos(int(n.Raw.Offset)), r.about, k.name, fmt.Sprintf("%q: %s", n.Data, rules[0].Note))
		}
	}
	note(list)
	for it := list.Children(); it.Next(); {
		note(it.Node())
	}
}

// twice words that an attribute is set already.
func (r *reader) twice(list []config.Assign, a config.Assign) string {
	i := slices.IndexFunc(list, func(x config.Assign) bool {
		return x.Attr == a.Attr && (a.Attr != services.Include || x.Pos.File == a.Pos.File)
	})
	if i < 0 {
		return ""
	}
	return "is set a second time; first " + r.at(a.Pos, list[i].Pos)
}

// at words a place as seen from another one.
func (r *reader) at(from, pos config.Pos) string {
	if from.File == pos.File {
		return fmt.Sprintf("in line %d", pos.Line)
	}
	return fmt.Sprintf("at %s:%d", r.names[pos.File], pos.Line)
}
