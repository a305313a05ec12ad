// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// option is one socket option that a Spec may set.
type option struct {
	name  string                    // as in an error: "cannot listen on …: set NAME: …"
	level int                       // of setsockopt
	opt   int                       //
	force int                       // the same option without the system's limit, for root; 0: none
	on    func(s *Spec) bool        // the sockets that have it
	value func(s *Spec) (int, bool) // what s sets it to; false: s says nothing
	lock  int                       // of a buffer: its bit in SO_BUF_LOCK; getsockopt then gives twice what setsockopt took
}

// Bits of SO_BUF_LOCK: a buffer of a size that somebody chose no longer grows by
// itself.
const (
	lockSend    = 1
	lockReceive = 2
)

func isTCP(s *Spec) bool   { return s.Network == "tcp" }
func isUDP(s *Spec) bool   { return s.Network == "udp" }
func isInet(s *Spec) bool  { return !s.hasPath() }
func isInet6(s *Spec) bool { return !s.hasPath() && s.Addr.Addr().Is6() }
func isAny(s *Spec) bool   { return !s.IsFIFO() }

// hasIPv4 is where options of level IP reach packets: on AF_INET, and for the
// IPv4 clients of a dual-stack socket.
func hasIPv4(s *Spec) bool { return isInet(s) && !(s.Addr.Addr().Is6() && s.V6Only) }

func flag(on bool) (int, bool)      { return 1, on }
func positive(n int) (int, bool)    { return n, n > 0 }
func unlessUnset(n int) (int, bool) { return n, n != Unset }

// options is in the order in which they are set. All of them are set before
// bind and listen: connections inherit most, and TCP fixes its window scale by
// SO_RCVBUF at the handshake.
var options = [...]option{
	{name: "reuse_port", level: unix.SOL_SOCKET, opt: unix.SO_REUSEPORT, on: isInet,
		value: func(s *Spec) (int, bool) { return flag(s.ReusePort) }},
	// Level IP serves IPv6 sockets too: it is one flag of the socket.
	{name: "free_bind", level: unix.IPPROTO_IP, opt: unix.IP_FREEBIND, on: isInet,
		value: func(s *Spec) (int, bool) { return flag(s.FreeBind) }},
	{name: "transparent", level: unix.IPPROTO_IP, opt: unix.IP_TRANSPARENT, on: isInet,
		value: func(s *Spec) (int, bool) { return flag(s.Transparent) }},
	{name: "broadcast", level: unix.SOL_SOCKET, opt: unix.SO_BROADCAST, on: isUDP,
		value: func(s *Spec) (int, bool) { return flag(s.Broadcast) }},
	{name: "nodelay", level: unix.IPPROTO_TCP, opt: unix.TCP_NODELAY, on: isTCP,
		value: func(s *Spec) (int, bool) { return flag(s.NoDelay) }},
	{name: "keepalive", level: unix.SOL_SOCKET, opt: unix.SO_KEEPALIVE, on: isTCP,
		value: func(s *Spec) (int, bool) { return flag(s.KeepAlive) }},
	{name: "keepalive_time", level: unix.IPPROTO_TCP, opt: unix.TCP_KEEPIDLE, on: isTCP,
		value: func(s *Spec) (int, bool) { return positive(s.KeepAliveTime) }},
	{name: "keepalive_interval", level: unix.IPPROTO_TCP, opt: unix.TCP_KEEPINTVL, on: isTCP,
		value: func(s *Spec) (int, bool) { return positive(s.KeepAliveInterval) }},
	{name: "keepalive_probes", level: unix.IPPROTO_TCP, opt: unix.TCP_KEEPCNT, on: isTCP,
		value: func(s *Spec) (int, bool) { return positive(s.KeepAliveProbes) }},
	{name: "defer_accept", level: unix.IPPROTO_TCP, opt: unix.TCP_DEFER_ACCEPT, on: isTCP,
		value: func(s *Spec) (int, bool) { return positive(s.DeferAccept) }},
	{name: "receive_buffer", level: unix.SOL_SOCKET, opt: unix.SO_RCVBUF, force: unix.SO_RCVBUFFORCE, on: isAny, lock: lockReceive,
		value: func(s *Spec) (int, bool) { return positive(s.ReceiveBuffer) }},
	{name: "send_buffer", level: unix.SOL_SOCKET, opt: unix.SO_SNDBUF, force: unix.SO_SNDBUFFORCE, on: isAny, lock: lockSend,
		value: func(s *Spec) (int, bool) { return positive(s.SendBuffer) }},
	{name: "mark", level: unix.SOL_SOCKET, opt: unix.SO_MARK, on: isInet,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.Mark) }},
	{name: "ip_tos", level: unix.IPPROTO_IP, opt: unix.IP_TOS, on: hasIPv4,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.IPTos) }},
	{name: "ip_tos", level: unix.IPPROTO_IPV6, opt: unix.IPV6_TCLASS, on: isInet6,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.IPTos) }},
	{name: "ip_ttl", level: unix.IPPROTO_IP, opt: unix.IP_TTL, on: hasIPv4,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.IPTtl) }},
	{name: "ip_ttl", level: unix.IPPROTO_IPV6, opt: unix.IPV6_UNICAST_HOPS, on: isInet6,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.IPTtl) }},
	// After IP_TOS, which sets the priority as well.
	{name: "priority", level: unix.SOL_SOCKET, opt: unix.SO_PRIORITY, on: isAny,
		value: func(s *Spec) (int, bool) { return unlessUnset(s.Priority) }},
}

// tune sets all options of spec on fd. What old had set and spec does not is
// given back its default. old is nil for a socket that was just made.
func tune(fd int, old, spec *Spec) error {
	if old != nil {
		if err := reset(fd, old, spec); err != nil {
			return err
		}
	}
	for i := range options {
		o := &options[i]
		if !o.on(spec) {
			continue
		}
		if value, set := o.value(spec); set {
			if err := o.apply(fd, value); err != nil {
				return fmt.Errorf("set %s: %w", o.name, err)
			}
		}
	}
	return nil
}

// reset gives the default back to what old set and spec does not.
func reset(fd int, old, spec *Spec) error {
	for i := range options {
		o := &options[i]
		if !o.on(spec) {
			continue
		}
		_, was := o.value(old)
		if _, is := o.value(spec); is || !was {
			continue
		}
		value, err := o.fallback(spec)
		if err == nil {
			err = o.apply(fd, value)
		}
		if err != nil {
			return fmt.Errorf("reset %s: %w", o.name, err)
		}
		o.unlock(fd)
	}
	return nil
}

// unlock lets a buffer grow by itself again. Before Linux 5.14 it cannot.
func (o *option) unlock(fd int) {
	if o.lock == 0 {
		return
	}
	if locks, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK); err == nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BUF_LOCK, locks&^o.lock)
	}
}

func (o *option) apply(fd, value int) error {
	if o.force != 0 && unix.SetsockoptInt(fd, o.level, o.force, value) == nil {
		return nil
	}
	return unix.SetsockoptInt(fd, o.level, o.opt, value)
}

// fallback asks a fresh socket, tuned as spec says, for the option's value.
// Defaults are sysctls that differ by network namespace and may have changed
// since the socket was opened, and one option can set another's.
func (o *option) fallback(spec *Spec) (int, error) {
	domain, kind := spec.domainAndType()
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := tune(fd, nil, spec); err != nil {
		return 0, err
	}
	value, err := unix.GetsockoptInt(fd, o.level, o.opt)
	if o.lock != 0 {
		value /= 2
	}
	return value, err
}
