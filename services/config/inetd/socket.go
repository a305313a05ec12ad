// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"strconv"
	"strings"

	"superd/services"
)

// socketType reads the second field. NetBSD has more behind "stream".
func (e *entry) socketType(w word) {
	kind, more := w.text, ""
	if i := strings.IndexAny(kind, ",:"); i >= 0 {
		kind, more = kind[:i], kind[i:]
	}
	e.kind = word{text: kind, pos: w.pos}
	switch kind {
	case "stream", "dgram", "seqpacket":
	case "sunrpc_tcp", "sunrpc_udp":
		e.refuse("socket type", w.pos, "RPC is not built yet")
	case "raw", "rdm", "tli", "xti":
		e.refuse("socket type", w.pos, "%q is not offered: Linux's super-servers have never had it", kind)
	default:
		e.fail("socket type", w.pos, "%q is none: want stream, dgram or seqpacket", clip(w.text))
	}
	if more == "" {
		return
	}
	if e.run.dialect != NetBSD {
		e.fail("socket type", w.pos, "%q is none: only NetBSD's inetd has more behind a socket type", clip(w.text))
		return
	}
	limit, filter := strings.TrimPrefix(more, ","), ""
	if i := strings.IndexByte(more, ':'); i >= 0 {
		limit, filter = strings.TrimPrefix(more[:i], ","), more[i+1:]
	}
	if limit != "" {
		e.count(services.MaxServers, "socket type", word{text: limit, pos: w.pos})
	}
	if filter != "" {
		e.filter("socket type", word{text: filter, pos: w.pos})
	}
}

// filter is an accept filter: a kernel of NetBSD holds clients back until they
// have sent something. It keeps nobody out.
func (e *entry) filter(attribute string, w word) {
	e.warn(attribute, w.pos, "the accept filter %q is passed over: Linux has none", clip(w.text))
}

// protocol reads the third field: tcp, udp or unix, IP versions and buffer sizes.
func (e *entry) protocol(w word) {
	parts := strings.Split(w.text, ",")
	e.proto = word{text: parts[0], pos: w.pos}
	e.base(w)
	for _, p := range parts[1:] {
		name, size, _ := strings.Cut(p, "=")
		switch name {
		case "sndbuf":
			e.buffer(services.SendBuffer, word{text: size, pos: w.pos})
		case "rcvbuf":
			e.buffer(services.ReceiveBuffer, word{text: size, pos: w.pos})
		default:
			e.fail("protocol", w.pos, "%q is neither sndbuf= nor rcvbuf=", clip(p))
		}
	}
}

// base reads the protocol itself.
func (e *entry) base(w word) {
	text := e.proto.text
	plain := strings.TrimRight(text, "0123456789")
	plain = strings.TrimSuffix(strings.TrimSuffix(plain, "only"), "6")
	switch {
	case strings.Contains(text, "faith"):
		e.refuse("protocol", w.pos, "faith is not offered: no system of today has it")
	case strings.HasSuffix(text, "/ttcp"):
		e.refuse("protocol", w.pos, "ttcp is not offered: no system of today has it")
	case strings.HasPrefix(text, "rpc/"):
		e.refuse("protocol", w.pos, "RPC is not built yet")
	case text == "unix" && e.run.dialect == GNU:
		e.fail("protocol", w.pos, "%s has no local sockets", e.run.dialect.title())
	case text == "unix":
		e.local = true
		kind := map[string]string{"stream": "unix", "dgram": "unixdgram", "seqpacket": "unixpacket"}[e.kind.text]
		if kind != "" {
			e.set(services.Proto, "protocol", w.pos, []string{kind})
		}
	case plain != "tcp" && plain != "udp":
		e.fail("protocol", w.pos, "%q is none: want tcp, udp or unix", clip(text))
	case (plain == "tcp") != (e.kind.text == "stream") && (e.kind.text == "stream" || e.kind.text == "dgram" || e.kind.text == "seqpacket"):
		e.fail("protocol", w.pos, "%s does not go with socket type %s", plain, e.kind.text)
	default:
		e.set(services.Proto, "protocol", w.pos, []string{plain})
		e.versions(w, strings.TrimPrefix(text, plain))
	}
}

// versions reads what stands behind tcp and udp.
func (e *entry) versions(w word, suffix string) {
	d := e.run.dialect
	h := d.habits()
	switch {
	case suffix == "" && h.both:
		e.family = four | six
	case suffix == "", suffix == "4":
		e.family = four
	case suffix == "6" && h.dual6:
		e.family = dual
	case suffix == "6", suffix == "6only" && d == GNU:
		e.family = six
		if d == OpenBSD && strings.HasPrefix(e.proto.text, "udp") {
			e.aside("protocol", w.pos, "udp6 takes IPv4 in as well in %s, and not here; for that write udp46", d.title())
		}
	case suffix == "46" && (d == OpenBSD || d == FreeBSD), suffix == "64" && d == FreeBSD:
		e.family = dual
	default:
		e.fail("protocol", w.pos, "%q is none of %s's", clip(e.proto.text), d.title())
	}
}

// buffer reads a size: a number of bytes, or with k or m behind it.
func (e *entry) buffer(attr services.AttrID, w word) {
	digits := strings.TrimRight(w.text, "km")
	unit := map[string]int64{"": 1, "k": 1 << 10, "m": 1 << 20}[w.text[len(digits):]]
	if e.run.dialect == OpenBSD && unit == 0 || strings.Trim(digits, "0123456789") != "" {
		// openbsd-inetd stops at the first letter that it does not know.
		if n := strings.IndexFunc(w.text, func(r rune) bool { return r < '0' || r > '9' }); n > 0 && e.run.dialect == OpenBSD {
			e.warn("protocol", w.pos, "%q is no size; %s takes %s, and so does superd", clip(w.text), e.run.dialect.title(), w.text[:n])
			digits, unit = w.text[:n], 1
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || unit == 0 || n < 1 || n > (1<<31-1)/unit {
		e.fail("protocol", w.pos, "%q is no buffer size", clip(w.text))
		return
	}
	e.set(attr, "protocol", w.pos, n*unit)
}
