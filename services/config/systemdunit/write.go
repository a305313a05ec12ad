// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Write writes the socket units that would hold the sockets of the services that run,
// for superd to find by their services' names: each behind a line "# NAME.socket",
// as systemctl cat prints units. A service has one unit, or one for each set of options
// that its sockets have.
//
// A service whose sockets no unit can hold is a comment, and one of the diagnostics.
// The error that is returned is w's alone.
func Write(w io.Writer, r *config.Result) ([]config.Diagnostic, error) {
	x := &writer{result: r}
	for _, s := range r.Services {
		if s.State == services.Enabled {
			x.service(s)
		}
	}
	_, err := w.Write(x.out.Bytes())
	return x.lost, err
}

// writer is one Write.
type writer struct {
	result *config.Result
	out    bytes.Buffer
	lost   []config.Diagnostic
}

func (x *writer) printf(format string, args ...any) { fmt.Fprintf(&x.out, format, args...) }

func (x *writer) service(s *services.Service) {
	if why := unholdable(s); why != "" {
		d := config.Diagnostic{Severity: config.Error, Service: s.ID, Message: "has no socket unit: " + why, File: x.result.FileName(s.Source.File)}
		if d.File != "" {
			d.Line, d.Col = int(s.Source.Line), 1
		}
		x.lost = append(x.lost, d)
		x.printf("# %s\n\n", d)
		return
	}
	for i, lines := range alike(s) {
		name := "superd-" + escape(s.ID)
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		x.printf("# %s.socket\n", name)
		x.printf("[Unit]\nDescription=Sockets of the service %s\n\n", doubled(s.ID))
		x.printf("[Socket]\nService=superd.service\nFileDescriptorName=%s\n", doubled(s.ID))
		for _, line := range lines {
			x.printf("%s\n", doubled(line))
		}
		x.printf("\n[Install]\nWantedBy=sockets.target\n\n")
	}
}

// doubled keeps a text's "%" from being a specifier.
func doubled(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// unholdable says why a service's sockets cannot stand in a unit.
func unholdable(s *services.Service) string {
	if len(s.ID) > 200 || strings.ContainsFunc(s.ID, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == '\\' || r == '"' || r == '\'' }) {
		return "its id cannot be a FileDescriptorName: that has at most 200 printable characters, no colon, quote or backslash"
	}
	for _, k := range s.Sockets {
		switch ap, err := netip.ParseAddrPort(k.Address); {
		case k.Network == services.Given:
			return "it takes its sockets from systemd already"
		case err == nil && ap.Port() == 0:
			return "systemd opens no socket on port 0"
		case strings.ContainsAny(k.Address, "\n\r\\"):
			return fmt.Sprintf("%q cannot be written there", clip(k.Address))
		}
	}
	if len(s.Sockets) == 0 {
		return "it has no sockets"
	}
	return ""
}

// alike gives the lines of [Socket], for each set of options that sockets have.
func alike(s *services.Service) [][]string {
	type set struct {
		options []string
		only    *bool
		listen  []string
	}
	var sets []*set
	for i, k := range s.Sockets {
		options := optionLines(s.SocketSettings(i), k)
		for _, x := range listenLines(s, k) {
			at := slices.IndexFunc(sets, func(o *set) bool {
				return slices.Equal(o.options, options) && (o.only == nil || x.only == nil || *o.only == *x.only)
			})
			if at < 0 {
				at = len(sets)
				sets = append(sets, &set{options: options})
			}
			sets[at].listen = append(sets[at].listen, x.line)
			if x.only != nil {
				sets[at].only = x.only
			}
		}
	}
	var out [][]string
	for _, o := range sets {
		lines := o.listen
		if o.only != nil {
			lines = append(lines, "BindIPv6Only="+map[bool]string{true: "ipv6-only", false: "both"}[*o.only])
		}
		out = append(out, append(lines, o.options...))
	}
	return out
}

// listenLine is one socket, and whether it leaves IPv4 out, if it is of IPv6.
type listenLine struct {
	line string
	only *bool
}

// listenLines are the sockets that superd makes of one: of IPv4 and IPv6 two, since
// no handler is to see an IPv4 client through an IPv6 socket; but one where a daemon of
// systemd's, or a program that gets all of them, gets it whole.
func listenLines(s *services.Service, k services.Socket) []listenLine {
	key := map[string]string{"udp": "ListenDatagram", "unixgram": "ListenDatagram", "unixpacket": "ListenSequentialPacket", services.FIFO: "ListenFIFO"}[k.Network]
	if key == "" {
		key = "ListenStream"
	}
	ap, err := netip.ParseAddrPort(k.Address)
	if err != nil || ap.Addr().Is4() {
		return []listenLine{{line: key + "=" + k.Address}}
	}
	yes, no := true, false
	address := k.Address
	if zone := ap.Addr().Zone(); zone != "" {
		address = netip.AddrPortFrom(ap.Addr().WithZone(""), ap.Port()).String() + "%" + zone
	}
	switch whole := s.OneForAll() || s.Compat() == "systemd" && s.Mode() == "wait"; {
	case k.V6Only:
		return []listenLine{{key + "=" + address, &yes}}
	case whole:
		return []listenLine{{key + "=" + address, &no}}
	}
	four := netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port()).String()
	return []listenLine{{line: key + "=" + four}, {key + "=" + address, &yes}}
}

// written are the options that units have for attributes of sockets.
var written = []struct {
	attr  services.AttrID
	key   string
	needs func(services.Socket) bool
}{
	{services.Listen, "Backlog", services.Socket.Stream},
	{services.SocketUser, "SocketUser", isFile}, {services.SocketGroup, "SocketGroup", isFile}, {services.SocketMode, "SocketMode", isFile},
	{services.Device, "BindToDevice", isIP}, {services.FreeBind, "FreeBind", isIP}, {services.Transparent, "Transparent", isIP},
	{services.ReusePort, "ReusePort", isIP}, {services.NoDelay, "NoDelay", isTCP}, {services.KeepAlive, "KeepAlive", isTCP},
	{services.KeepAliveTime, "KeepAliveTimeSec", isTCP}, {services.KeepAliveInterval, "KeepAliveIntervalSec", isTCP}, {services.KeepAliveProbes, "KeepAliveProbes", isTCP},
	{services.DeferAccept, "DeferAcceptSec", isTCP}, {services.ReceiveBuffer, "ReceiveBuffer", isAny}, {services.SendBuffer, "SendBuffer", isAny},
	{services.Priority, "Priority", isAny}, {services.Mark, "Mark", isIP}, {services.IPTos, "IPTOS", isIP}, {services.IPTtl, "IPTTL", isIP},
	{services.Broadcast, "Broadcast", func(k services.Socket) bool { return k.Network == "udp" }},
}

func isAny(k services.Socket) bool  { return k.Network != services.FIFO }
func isIP(k services.Socket) bool   { return k.Network == "tcp" || k.Network == "udp" }
func isTCP(k services.Socket) bool  { return k.Network == "tcp" }
func isFile(k services.Socket) bool { return !isIP(k) && strings.HasPrefix(k.Address, "/") }

// optionLines are what is said of a socket beside its address.
func optionLines(set services.Settings, k services.Socket) []string {
	var lines []string
	for _, o := range written {
		v, _, said := set.Get(o.attr)
		if !said || !o.needs(k) || o.attr == services.Listen && v == int64(maxBacklog) { // which is systemd's own default
			continue
		}
		text := o.attr.Row().Format(v)
		if on, ok := v.(bool); ok {
			text = map[bool]string{true: "yes", false: "no"}[on]
		}
		lines = append(lines, o.key+"="+text)
	}
	return lines
}
