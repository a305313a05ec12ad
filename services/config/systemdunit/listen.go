// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"superd/services"
)

// kinds are the options that say where to listen, and the protocols that a port
// string says for them: of an address, and of a local socket.
var kinds = []struct{ option, ip, local string }{
	{"ListenStream", "tcp", "unix"},
	{"ListenDatagram", "udp", "unixdgram"},
	{"ListenSequentialPacket", "", "unixpacket"},
	{"ListenFIFO", "", services.FIFO},
}

// listens are the sockets of a unit.
type listens struct {
	ports []string
	first setting
	// What of them there is.
	any6, file bool
	unaccepted string // the option of one that has no connections
}

// sockets reads where the unit listens. Of all Listen options together an empty one
// forgets what stands before it.
func (e *entry) sockets() listens {
	var l listens
	for _, s := range e.listenLines() {
		i := slices.IndexFunc(kinds, func(k struct{ option, ip, local string }) bool { return k.option == s.key })
		if i < 0 {
			e.missing(s, "such a socket")
			continue
		}
		text, ok := e.expand(s, s.value)
		if !ok {
			continue
		}
		port, err := l.port(text, kinds[i].ip, kinds[i].local)
		switch {
		case errors.Is(err, errVsock):
			e.missing(s, "vsock")
			continue
		case err != nil:
			e.refuse(s, "%v", err)
			continue
		}
		if l.ports = append(l.ports, port); len(l.ports) == 1 {
			l.first = s
		}
		if s.key == "ListenDatagram" || s.key == "ListenFIFO" {
			l.unaccepted = s.key
		}
	}
	switch {
	case len(l.ports) > 0:
		e.put(services.Port, l.first, l.ports)
		e.versions(l)
	case !e.refused:
		e.refuse(setting{key: "ListenStream", pos: e.pos}, "is missing: the unit has no socket")
	}
	return l
}

// listenLines are all lines that say where to listen, in their order.
func (e *entry) listenLines() values {
	var all values
	for _, name := range e.socket.order {
		if name[0] == "Socket" && strings.HasPrefix(name[1], "Listen") && byName[name] != nil {
			all = append(all, e.socket.settings[name]...)
		}
	}
	slices.SortFunc(all, func(a, b setting) int { return a.order - b.order })
	return all.list()
}

var errVsock = errors.New("vsock")

// port makes an address in systemd's grammar a port string.
func (l *listens) port(s, ip, local string) (string, error) {
	switch {
	case strings.HasPrefix(s, "vsock"):
		return "", errVsock
	case local == services.FIFO && (s == "" || s[0] != '/'):
		return "", fmt.Errorf("%q: want an absolute path", clip(s))
	case s != "" && (s[0] == '/' || s[0] == '@'):
		if rest, ok := strings.CutPrefix(s, "/var/run/"); ok { // as systemd has it, with a remark in its log
			s = "/run/" + rest
		}
		l.file = l.file || s[0] == '/'
		if s[0] == '/' {
			s = path.Clean(s)
		}
		return s + "|" + local, nil
	case ip == "":
		return "", fmt.Errorf("%q: want a path, or @NAME", clip(s))
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		l.any6 = true
		return withProtocol(strconv.FormatUint(n, 10), ip), notZero(n, s)
	}
	// The name of an interface stands behind the port.
	address, scope, scoped := strings.Cut(s, "%")
	if i := strings.IndexByte(s, ']'); scoped && i > len(address) {
		scope, s, _ = strings.Cut(scope, "]")
		s = address + "]" + s
	} else {
		s = address
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil || scoped && (!ap.Addr().Is6() || scope == "") {
		return "", fmt.Errorf("%q: want a port, ADDRESS:PORT, [ADDRESS]:PORT, a path or @NAME; systemd takes no names", clip(s))
	}
	addr := ap.Addr()
	if scoped {
		addr = addr.WithZone(scope)
	}
	l.any6 = l.any6 || addr == netip.IPv6Unspecified()
	return withProtocol(netip.AddrPortFrom(addr, ap.Port()).String(), ip), notZero(uint64(ap.Port()), s)
}

func withProtocol(port, ip string) string {
	if ip == "tcp" {
		return port
	}
	return port + "/" + ip
}

func notZero(port uint64, s string) error {
	if port == 0 {
		return fmt.Errorf("%q: want a port from 1 to 65535", clip(s))
	}
	return nil
}

// versions sets v6only, where there is a socket that could take both families.
// Unlike superd's own files systemd's mean both by "[::]".
func (e *entry) versions(l listens) {
	s, said := e.socket.one("Socket", "BindIPv6Only")
	if !said {
		s = l.first
	}
	only := false
	switch {
	case !said || s.value == "default":
		text, err := e.run.host.ReadFile("/proc/sys/net/ipv6/bindv6only")
		only = err == nil && strings.TrimSpace(string(text)) == "1"
	case s.value == "ipv6-only":
		only = true
	case s.value != "both":
		e.refuse(s, "%q: want default, both or ipv6-only", clip(s.value))
		return
	}
	if l.any6 {
		e.put(services.V6Only, s, only)
	}
}
