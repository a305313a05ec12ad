// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"superd/services"
)

// title reads the first field: addresses or a socket's owner, and the name.
func (e *entry) title(w word, hosts []word) {
	e.hosts = hosts
	e.name = w
	switch i := strings.LastIndexByte(w.text, ':'); {
	case i < 0:
	case e.run.dialect.habits().prefixes:
		e.hosts = splitHosts(word{text: w.text[:i], pos: w.pos})
		e.name = after(w, i+1)
		if e.run.dialect == GNU && strings.HasPrefix(w.text, "[") {
			e.aside("address", w.pos, "brackets are about an IPv6 address")
		}
	case w.text[0] == ':':
		e.owner(w)
	default:
		e.fail("service", w.pos, "%s has no addresses before the name", e.run.dialect.title())
	}
	if e.name.text == "" {
		e.name.text = w.text
		e.fail("service", w.pos, "there is no name")
	}
	if e.name.text == "" {
		e.name.text = noName
	}
}

func after(w word, i int) word {
	w.text = w.text[i:]
	w.pos.Col += uint32(i)
	return w
}

// splitHosts parts a list of addresses. Brackets are for IPv6.
func splitHosts(w word) []word {
	var list []word
	at := 0
	for part := range strings.SplitSeq(w.text, ",") {
		h := after(w, at)
		h.text = part
		if strings.HasPrefix(part, "[") && strings.HasSuffix(part, "]") {
			h.text = part[1 : len(part)-1]
		}
		at += len(part) + 1
		if !slices.ContainsFunc(list, func(o word) bool { return o.text == h.text }) {
			list = append(list, h)
		}
	}
	return list
}

// isAny tells whether a list is that of all addresses.
func isAny(hosts []word) bool { return len(hosts) == 1 && hosts[0].text == "*" }

// owner reads FreeBSD's ":user:group:mode:path".
func (e *entry) owner(w word) {
	parts := strings.SplitN(w.text, ":", 5)
	if len(parts) < 5 {
		e.fail("service", w.pos, "want :USER:GROUP:MODE:PATH")
		return
	}
	e.name = after(w, len(w.text)-len(parts[4]))
	for i, attr := range []services.AttrID{services.SocketUser, services.SocketGroup, services.SocketMode} {
		v, err := attr.Row().Parse(parts[i+1])
		if err != nil {
			e.fail("service", w.pos, "%v", err)
			continue
		}
		e.set(attr, "service", w.pos, v)
	}
}

// internals are the services that one inetd or the other has in itself.
var internals = []string{"echo", "discard", "chargen", "daytime", "time", "tcpmux", "auth", "ident"}

// port judges the name: of a service, a port number or a path.
func (e *entry) port() {
	name, pos := e.name.text, e.name.pos
	n, err := strconv.ParseUint(name, 10, 64)
	switch {
	case strings.HasPrefix(name, "tcpmux/"):
		e.refuse("service", pos, "services behind tcpmux are not built yet")
	case e.local:
		e.path()
	case err == nil && (n == 0 || n > 65535):
		e.fail("service", pos, "%q is no port: want 1 to 65535", clip(name))
	case err == nil:
		e.name.text = strconv.FormatUint(n, 10)
	case strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("-_.+", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}), strings.Trim(name, "-_.+0123456789") == "":
		if !e.refused {
			e.fail("service", pos, "%q is no name of a service", clip(name))
		}
		e.dropped = true
	}
}

func (e *entry) path() {
	name := e.name.text
	if !path.IsAbs(name) {
		e.fail("service", e.name.pos, "%q is not the absolute path that a local socket wants", clip(name))
		return
	}
	kind := map[string]string{"stream": "unix", "dgram": "unixdgram", "seqpacket": "unixpacket"}[e.kind.text]
	if kind == "" {
		return
	}
	text := name + "|" + kind
	if _, err := services.Port.Row().Parse(text); err != nil {
		e.fail("service", e.name.pos, "%v", err)
		return
	}
	e.set(services.Port, "service", e.name.pos, []string{text})
}

// reachable drops the addresses that the service cannot be bound to. An inetd says
// so in its log and takes the others; with none left the service is not there.
func (e *entry) reachable() {
	var kept []word
	for _, h := range e.hosts {
		if why := e.unusable(h); why == "" {
			kept = append(kept, h)
		} else if len(e.hosts) > 1 && e.off {
			continue
		} else if len(e.hosts) > 1 {
			// A default address is told of once, not for each service that has it.
			e.run.once(fmt.Sprint("address ", h.pos, why), h.pos, "address", fmt.Sprintf("%s; it is passed over, as %s does", why, e.run.dialect.title()))
		} else {
			e.fail("address", h.pos, "%s", why)
		}
	}
	if len(kept) == 0 && len(e.hosts) > 1 {
		e.fail("address", e.hosts[0].pos, "none of the addresses is left")
	}
	e.hosts = kept
}

// unusable tells what is wrong with an address; "" if nothing is.
func (e *entry) unusable(h word) string {
	want := e.family
	if want&dual != 0 {
		want = four | six
	}
	name := strconv.Quote(clip(h.text))
	addr, err := netip.ParseAddr(h.text)
	isAddr := err == nil
	switch {
	case h.text == "*":
		return ""
	case isAddr && (addr.Is4() || addr.Is4In6()) && want&four == 0:
		return name + " is an IPv4 address, and " + e.proto.text + " is IPv6 alone"
	case isAddr && addr.Is6() && !addr.Is4In6() && want&six == 0:
		return name + " is an IPv6 address, and " + e.proto.text + " is IPv4 alone"
	}
	if _, err := services.HostAddr.Row().Parse(h.text); err != nil {
		return err.Error()
	}
	if isAddr {
		return ""
	}
	found, err := e.run.host.Addresses(h.text)
	if err != nil {
		return err.Error()
	}
	for _, a := range found {
		if a = a.Unmap(); a.Is4() && want&four != 0 || a.Is6() && want&six != 0 {
			return ""
		}
	}
	return name + " has no address of the IP version that " + e.proto.text + " wants"
}
