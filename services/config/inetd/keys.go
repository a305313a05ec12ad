// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"net/netip"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// keys are the keys of one service in NetBSD's second syntax.
type keys struct {
	*entry
	seen   map[string][]word
	places map[string]config.Pos
}

var keyNames = []string{"bind", "socktype", "acceptfilter", "protocol", "sndbuf", "recvbuf", "wait", "service_max",
	"user", "group", "exec", "args", "ip_max", "accept_max", "ipsec"}

// put takes one key. All but args have one value; acceptfilter may have two, ipsec
// none.
func (k *keys) put(name string, pos config.Pos, values []word) {
	_, twice := k.seen[name]
	switch n := len(values); {
	case !slices.Contains(keyNames, name):
		k.fail(clip(name), pos, "is none of the keys %s", strings.Join(keyNames, ", "))
		return
	case twice:
		k.fail(name, pos, "is given twice")
		return
	case n == 0 && name != "ipsec" && name != "args":
		k.fail(name, pos, "has no value")
		return
	case n > 1 && name != "args" && !(name == "acceptfilter" && n == 2):
		k.fail(name, pos, "has more than one value")
		return
	}
	k.seen[name], k.places[name] = values, pos
}

// one gives the value of a key.
func (k *keys) one(name string) (word, bool) {
	if v := k.seen[name]; len(v) > 0 {
		return v[0], true
	}
	return word{}, false
}

// need gives the value of a key that must be there.
func (k *keys) need(name string) (word, bool) {
	w, ok := k.one(name)
	if !ok && !k.refused {
		k.fail(name, k.pos, "is missing")
	}
	return w, ok
}

// apply makes the entry of the keys.
func (k *keys) apply() {
	proto, ok := k.need("protocol")
	kind, given := k.one("socktype")
	if !given && ok {
		kind = word{text: map[string]string{"tcp": "stream", "udp": "dgram"}[proto.text[:min(3, len(proto.text))]], pos: proto.pos}
	}
	if kind.text == "" && ok {
		k.need("socktype")
	}
	if bind, ok := k.one("bind"); ok {
		if strings.Contains(k.name.text, ":") || k.name.pos.Col != k.pos.Col {
			k.fail("bind", bind.pos, "is given twice: the name has an address before it")
		}
		k.hosts = []word{bind}
	}
	if ok && kind.text != "" {
		k.socketType(kind)
		k.protocol(proto)
		k.infer(proto)
	}
	k.limits()
	k.who()
	k.executed()
	k.finish()
}

// infer gives plain tcp and udp the version of the address, which must be one.
func (k *keys) infer(proto word) {
	if proto.text != "tcp" && proto.text != "udp" || k.dropped {
		return
	}
	addr, err := netip.ParseAddr(k.hosts[0].text)
	switch {
	case err != nil || len(k.hosts) > 1:
		k.fail("protocol", proto.pos, "%q does not tell the IP version, and nor does the address; write %s4 or %s6", proto.text, proto.text, proto.text)
	case addr.Is6():
		k.family = six
	}
}

func (k *keys) limits() {
	for _, c := range []struct {
		key  string
		attr services.AttrID
	}{{"service_max", services.StartsPerMinute}, {"ip_max", services.PerSourcePerMinute}, {"accept_max", services.MaxServers}} {
		if w, ok := k.one(c.key); ok {
			k.count(c.attr, c.key, w)
		}
	}
	for _, c := range []struct {
		key  string
		attr services.AttrID
	}{{"sndbuf", services.SendBuffer}, {"recvbuf", services.ReceiveBuffer}} {
		if w, ok := k.one(c.key); ok {
			k.buffer(c.attr, w)
		}
	}
	if w, ok := k.one("acceptfilter"); ok {
		k.filter("acceptfilter", w)
	}
	if w, ok := k.one("ipsec"); ok {
		k.refuse("ipsec", w.pos, "superd has no IPsec policies: it would be open without")
	}
}

func (k *keys) who() {
	if w, ok := k.one("wait"); ok {
		mode := map[string]string{"yes": "wait", "no": "inet"}[w.text]
		if mode == "" {
			k.fail("wait", w.pos, "%q: want yes or no", clip(w.text))
			return
		}
		k.set(services.Mode, "wait", w.pos, mode)
	} else if _, external := k.one("exec"); external {
		k.need("wait")
	}
	if user, ok := k.need("user"); ok {
		group, split := k.one("group")
		k.identity(user, group, split)
	}
}

// executed reads exec and args. Without exec the service is an internal one.
func (k *keys) executed() {
	server, ok := k.one("exec")
	if !ok {
		server = word{text: "internal", pos: k.pos}
	}
	if most := k.run.dialect.habits().maxArgs; len(k.seen["args"]) > most {
		k.fail("args", k.places["args"], "%d are too many: %s takes %d", len(k.seen["args"]), k.run.dialect.title(), most)
		return
	}
	k.program(server, k.seen["args"])
}
