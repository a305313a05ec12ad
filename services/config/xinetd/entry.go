// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// readEntry makes an entry of a block: its attributes first, and then what only
// all of them together tell.
func (r *run) readEntry(index int, b *block) *entry {
	e := &entry{scope: newScope(r, false), block: b, id: word{b.name, b.pos}}
	e.refused = b.broken
	e.remarks = append(e.remarks, b.remarks...)
	e.inherit(index)
	for _, a := range b.attrs {
		e.read(a)
	}
	if id := e.words("id"); len(id) == 1 {
		e.id, e.given = id[0], true
	}
	told := len(e.remarks)
	e.finish()
	if b.broken { // half of what is missing stands in lines that were not read
		e.remarks = e.remarks[:told]
	}
	switch {
	case e.disable:
		e.state = services.Disabled
	case e.refused:
		e.state = services.Refused
	}
	return e
}

func (e *entry) finish() {
	proto := e.protocol()
	e.internal()
	e.program()
	e.wait(proto)
	e.port(proto)
	e.family()
	e.identity()
	e.logs()
}

// at makes an attr for a remark or an assignment that comes of attribute name.
func (e *entry) at(name string) attr {
	if !e.has(name) {
		return attr{name: name, pos: e.block.pos}
	}
	return attr{name: name, pos: e.attrs[name].pos, words: e.words(name)}
}

// first gives an attribute's first value, "" if it has none.
func (e *entry) first(name string) string {
	if w := e.words(name); len(w) > 0 {
		return w[0].text
	}
	return ""
}

func (e *entry) flag(name string) bool { _, ok := e.flags[name]; return ok }
func (e *entry) kind(name string) bool { _, ok := e.types[name]; return ok }

// require refuses a service without an attribute that xinetd asks for. One that
// xinetd does not see, for the comment behind it, is missing too: the service
// never ran.
func (e *entry) require(name string) bool {
	switch x := e.attrs[name]; {
	case x == nil:
		e.fail(attr{name: name}, e.block.pos, "missing")
	case x.lost:
		e.fail(attr{name: name}, x.pos, "xinetd passes over the line, and drops the service for lack of the attribute")
	}
	return e.has(name) && !e.lost(name)
}

// protocol returns "tcp" or "udp", as socket_type and protocol say together; ""
// if they do not.
func (e *entry) protocol() string {
	socket, proto := strings.ToLower(e.first("socket_type")), strings.ToLower(e.first("protocol"))
	of := map[string]string{"stream": "tcp", "dgram": "udp"}[socket]
	switch {
	case socket == "" && proto == "":
		e.require("socket_type")
		return ""
	case socket == "":
		if e.lost("protocol") {
			e.require("protocol")
		}
		of = proto
	case proto != "" && of != "" && of != proto:
		a := e.at("protocol")
		e.fail(a, a.pos, "%s does not go with socket_type = %s", proto, socket)
		return ""
	}
	if e.lost("socket_type") && proto == "" {
		e.require("socket_type")
	}
	if of != "tcp" && of != "udp" {
		return ""
	}
	name := "protocol"
	if proto == "" {
		name = "socket_type"
	}
	e.set(e.at(name), services.Proto, []string{of})
	if of == "tcp" && e.flag("NODELAY") {
		e.set(e.at("flags"), services.NoDelay, true)
	}
	return of
}

// internals are the services that xinetd has in itself.
var internals = []string{"echo", "discard", "daytime", "time", "chargen", "tcpmux"}

// external tells whether the service is a program.
func (e *entry) external() bool { return !e.kind("INTERNAL") && !e.flag("SENSOR") }

func (e *entry) internal() {
	a := e.at("type")
	if w, ok := e.types["INTERNAL"]; ok && !e.flag("SENSOR") {
		if slices.Contains(internals, e.block.name) {
			e.notBuilt(a, w.pos, "INTERNAL")
		} else {
			e.fail(a, w.pos, "xinetd has no internal service %q and drops it", e.block.name)
		}
	}
	if w, ok := e.types["SPECIAL"]; ok {
		e.warn(a, w.pos, "SPECIAL is xinetd's mark for services of its own, and has no meaning here")
	}
	if w, ok := e.flags["INTERCEPT"]; ok {
		if strings.EqualFold(e.first("wait"), "yes") && e.external() {
			e.notBuilt(e.at("flags"), w.pos, "INTERCEPT")
		} else {
			e.warn(e.at("flags"), w.pos, "INTERCEPT is for services with wait = yes; passed over, as xinetd does")
		}
	}
}

// program makes exec and argv0 of server and server_args.
func (e *entry) program() {
	if !e.external() || e.has("redirect") {
		return
	}
	if !e.require("server") && e.first("server") == "" {
		return
	}
	server, args := e.at("server"), e.words("server_args")
	exec := append([]string{server.words[0].text}, texts(args)...)
	daemon := path.Base(exec[0])
	if w, ok := e.flags["NAMEINARGS"]; ok {
		if len(args) == 0 {
			e.fail(e.at("flags"), w.pos, "NAMEINARGS wants the program's name in server_args")
			return
		}
		if before(e.attrs["server_args"].pos, w.pos) {
			e.warn(e.at("flags"), w.pos, "NAMEINARGS stands behind server_args: in xinetd the program is started without any name; superd takes the name from server_args")
		}
		exec, daemon = append(exec[:1], exec[2:]...), args[0].text
		e.set(e.at("server_args"), services.Argv0, args[0].text)
	}
	e.set(server, services.Exec, exec)
	e.libwrap(daemon)
}

func before(a, b config.Pos) bool { return a.File == b.File && a.Line < b.Line }

func (e *entry) wait(proto string) {
	if !e.require("wait") || proto != "tcp" || !strings.EqualFold(e.first("wait"), "yes") {
		return
	}
	for _, name := range []string{"only_from", "no_access"} {
		if e.has(name) || e.run.common.has(name) {
			a := e.at(name)
			e.warn(a, a.pos, "the program of a stream service with wait = yes accepts the clients by itself: nobody checks this list")
		}
	}
}

// port finds the service's port. A listed service must have the one of
// /etc/services; xinetd drops it otherwise.
func (e *entry) port(proto string) {
	a := e.at("port")
	said := e.first("port")
	if e.kind("RPC") || e.kind("TCPMUX") || e.kind("TCPMUXPLUS") {
		return
	}
	if n, ok := number(said, 0, 65535); ok {
		said = strconv.FormatInt(n, 10)
	} else if said != "" {
		return // told already
	}
	if e.kind("UNLISTED") {
		if e.require("port") || said != "" {
			e.set(a, services.Port, []string{said})
		}
		return
	}
	if proto == "" {
		return
	}
	if e.first("protocol") == strings.ToUpper(proto) {
		e.fail(e.at("protocol"), e.attrs["protocol"].pos, "xinetd looks for %q in /etc/services, which says %q, and drops the service; write %s", strings.ToUpper(proto), proto, proto)
	}
	listed, ok := e.run.host.ServicePort(e.block.name, proto)
	switch {
	case !ok && said == "":
		e.fail(a, a.pos, "missing, and \"%s/%s\" is not in /etc/services", e.block.name, proto)
	case !ok:
		e.fail(a, a.pos, "\"%s/%s\" is not in /etc/services, so xinetd drops the service; say type = UNLISTED", e.block.name, proto)
	case said != "" && said != strconv.Itoa(int(listed)):
		e.fail(a, a.pos, "/etc/services has port %d for \"%s/%s\", not %s, so xinetd drops the service; say type = UNLISTED", listed, e.block.name, proto, said)
	default:
		said = strconv.Itoa(int(listed))
	}
	if said != "" {
		e.set(a, services.Port, []string{said})
	}
}

// family turns bind, the flags IPv4 and IPv6, and v6only into ipv and v6only. A
// socket of xinetd is IPv6's and takes IPv4 in, unless something else is said.
func (e *entry) family() {
	bind := e.first("bind")
	if bind == "" {
		if w := e.run.common.words("bind"); len(w) > 0 {
			bind = w[0].text
		}
	}
	addr, err := netip.ParseAddr(bind)
	numeric := err == nil
	four, six := e.flag("IPv4"), e.flag("IPv6")
	only4 := numeric && addr.Is4() || four && !six
	switch {
	case four && !six && numeric && !addr.Is4():
		e.fail(e.at("flags"), e.flags["IPv4"].pos, "an IPv4 socket cannot be bound to %s; xinetd passes over the address and listens on all of IPv4's", bind)
	case six && !four && numeric && addr.Is4() && e.has("bind") && before(e.attrs["flags"].pos, e.attrs["bind"].pos):
		e.fail(e.at("flags"), e.flags["IPv6"].pos, "an IPv6 socket cannot be bound to %s; xinetd fails at it", bind)
	case six && !four && numeric && addr.Is4() && e.has("v6only"):
		e.fail(e.at("flags"), e.flags["IPv6"].pos, "an IPv6 socket cannot be bound to %s; xinetd passes over the address and listens on all of IPv6's", bind)
	case six && !four && numeric && addr.Is4():
		e.warn(e.at("flags"), e.flags["IPv6"].pos, "an IPv6 socket cannot be bound to %s; xinetd passes over the address and listens on all, superd listens on that address alone", bind)
	case four && !six && !numeric:
		e.set(e.at("flags"), services.IPv, []string{"4"})
	case six && !four && bind != "" && !numeric:
		e.set(e.at("flags"), services.IPv, []string{"6"})
	}
	e.v6only(only4, numeric && addr == netip.IPv6Unspecified())
}

func (e *entry) v6only(only4, unspecified bool) {
	a := e.at("v6only")
	own, common := e.has("v6only"), e.run.common.words("v6only")
	switch {
	case own && only4:
		e.warn(a, a.pos, "without effect: the socket is IPv4's")
	case only4:
	case own:
		e.set(a, services.V6Only, true)
	case len(common) > 0:
		e.set(attr{name: "v6only", pos: common[0].pos}, services.V6Only, true)
	case unspecified:
		e.assigns = append(e.assigns, config.Assign{
			Attr: services.V6Only, Value: false, Pos: config.Pos{File: services.FromFormatDefault},
		})
	}
}

// identity: a service that is a program must name its user, and a user that is a
// number has the group of that number, whatever the user database says.
func (e *entry) identity() {
	if !e.external() {
		return
	}
	e.require("user")
	for _, a := range e.assigns {
		if name, _ := a.Value.(string); a.Attr == services.User && !e.has("group") && strings.Trim(name, "0123456789") == "" {
			e.set(e.at("user"), services.Group, name)
			return
		}
	}
}

// logs: xinetd drops a service that is to log traffic which it does not see.
func (e *entry) logs() {
	flags := map[string]bool{}
	for _, list := range [][]config.Assign{e.run.common.assigns, e.assigns} {
		for _, a := range list {
			if a.Attr != services.LogOnSuccess {
				continue
			}
			if a.Op == config.Set {
				clear(flags)
			}
			for _, f := range a.Value.([]string) {
				flags[f] = a.Op != config.Remove
			}
		}
	}
	if flags["TRAFFIC"] && !e.has("redirect") {
		a := e.at("log_on_success")
		e.fail(a, a.pos, "TRAFFIC is for services with redirect; xinetd drops the service")
	}
}
