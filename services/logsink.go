// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"net/netip"
	"strings"
)

// ToSyslog is the log_file that stands for syslog.
const ToSyslog = "syslog"

// parseLogFile takes a path, or syslog by its name here or by Net::Server's.
func parseLogFile(a *Attribute, s string) (Value, error) {
	if s == ToSyslog || s == "Sys::Syslog" {
		return ToSyslog, nil
	}
	if !strings.HasPrefix(s, "/") {
		return nil, fmt.Errorf("%q: want an absolute path or %q", clip(s), ToSyslog)
	}
	return parsePath(a, s)
}

// The sockets of syslog(3), and the port of RFC 5426 and 6587.
const (
	devLog     = "/dev/log"
	syslogHost = "127.0.0.1"
	syslogPort = 514
)

// Logsock takes a value of syslog_logsock apart: the network, which is unix, udp
// or tcp, and the path or ADDRESS:PORT.
func Logsock(value string) (network, address string) {
	network, address, _ = strings.Cut(value, ":")
	return network, address
}

// parseLogsock takes unix[:PATH], udp[:ADDRESS[:PORT]], tcp[:…], and Net::Server's
// words native (unix) and inet (udp). The Value names all of it. A host's name is
// not taken: superd asks no DNS.
func parseLogsock(_ *Attribute, s string) (Value, error) {
	if err := plain(s); err != nil {
		return nil, err
	}
	network, rest, more := strings.Cut(s, ":")
	switch network {
	case "native":
		network = "unix"
	case "inet":
		network = "udp"
	}
	switch {
	case network == "unix" && !more:
		return "unix:" + devLog, nil
	case network == "unix" && strings.HasPrefix(rest, "/") && len(rest) < 108: // sun_path
		return "unix:" + rest, nil
	case (network == "udp" || network == "tcp") && !more:
		rest = syslogHost
	case network != "udp" && network != "tcp":
		return nil, fmt.Errorf("%q: want unix, unix:PATH, udp:ADDRESS:PORT or tcp:ADDRESS:PORT", clip(s))
	}
	if host, port, ok := strings.Cut(rest, ":"); host == "localhost" {
		if rest = syslogHost; ok {
			rest += ":" + port
		}
	}
	if a, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil {
		return network + ":" + netip.AddrPortFrom(a, syslogPort).String(), nil
	}
	a, err := netip.ParseAddrPort(rest)
	if err != nil || a.Port() == 0 {
		return nil, fmt.Errorf("%q: %q is not ADDRESS or ADDRESS:PORT (a name is not looked up)", clip(s), clip(rest))
	}
	return network + ":" + a.String(), nil
}

// parseIdent takes a name that syslog lines can bear: RFC 3164 ends it at the
// first character that is not a letter or digit, but all programs know a few more.
func parseIdent(_ *Attribute, s string) (Value, error) {
	for i := range len(s) {
		if b := s[i]; b <= ' ' || b >= 0x7f || b == ':' || b == '[' || b == ']' {
			return nil, fmt.Errorf("%q: want printable characters without blank, %q or brackets", clip(s), ":")
		}
	}
	if s == "" || len(s) > 48 {
		return nil, fmt.Errorf("%q: want 1 to 48 characters", clip(s))
	}
	return s, nil
}
