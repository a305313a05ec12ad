// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"net/netip"
	"strconv"

	"superd/activation"
	"superd/services"
)

// socketSpec makes the i-th socket's description.
func (c *compiler) socketSpec(s *services.Service, i int) (activation.Spec, error) {
	k := s.Sockets[i]
	set := s.SocketSettings(i)
	sp := activation.NewSpec(k.Network)
	sp.V6Only = k.V6Only
	if k.Network == "tcp" || k.Network == "udp" {
		addr, err := netip.ParseAddrPort(k.Address)
		if err != nil {
			return sp, fmt.Errorf("cannot use the address %q: %v", k.Address, err)
		}
		sp.Addr = addr
	} else {
		sp.Path = k.Address
	}
	if sp.Addr.IsValid() && sp.Addr.Port() == 0 {
		sp.Tag = s.ID + "/" + strconv.Itoa(i)
	}
	sp.Device = set.Str(services.Device)
	sp.FreeBind = set.Bool(services.FreeBind)
	sp.ReusePort = set.Bool(services.ReusePort)
	sp.Transparent = set.Bool(services.Transparent)
	sp.NoDelay = set.Bool(services.NoDelay)
	sp.KeepAlive = set.Bool(services.KeepAlive)
	sp.Broadcast = set.Bool(services.Broadcast)
	socketNumbers(&sp, set)
	return sp, c.socketFile(&sp, set)
}

// socketNumbers copies the options that are numbers, where they were given.
func socketNumbers(sp *activation.Spec, set services.Settings) {
	for _, n := range []struct {
		attr services.AttrID
		to   *int
	}{
		{services.Listen, &sp.Backlog}, {services.KeepAliveTime, &sp.KeepAliveTime}, {services.KeepAliveInterval, &sp.KeepAliveInterval},
		{services.KeepAliveProbes, &sp.KeepAliveProbes}, {services.DeferAccept, &sp.DeferAccept}, {services.ReceiveBuffer, &sp.ReceiveBuffer},
		{services.SendBuffer, &sp.SendBuffer}, {services.Priority, &sp.Priority}, {services.Mark, &sp.Mark},
		{services.IPTos, &sp.IPTos}, {services.IPTtl, &sp.IPTtl},
	} {
		if v, _, ok := set.Get(n.attr); ok || v != nil {
			*n.to = whole(v)
		}
	}
}

// whole makes an int of a number or of seconds.
func whole(v services.Value) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	}
	return 0
}

// socketFile sets owner, group and mode of a unix socket's file.
func (c *compiler) socketFile(sp *activation.Spec, set services.Settings) error {
	if m, err := strconv.ParseUint(set.Str(services.SocketMode), 8, 32); err == nil {
		sp.Mode = uint32(m)
	}
	if name := set.Str(services.SocketUser); name != "" {
		u, err := c.host.LookupUser(name)
		if err != nil {
			return err
		}
		sp.UID = int(u.UID)
	}
	if name := set.Str(services.SocketGroup); name != "" {
		gid, err := c.host.LookupGroup(name)
		if err != nil {
			return err
		}
		sp.GID = int(gid)
	}
	return nil
}

// acquire opens all sockets of a service, or none.
func (d *Daemon) acquire(specs []activation.Spec) ([]*activation.Socket, error) {
	var out []*activation.Socket
	for _, sp := range specs {
		s, err := d.registry.Acquire(sp)
		if err != nil {
			d.release(out)
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (d *Daemon) release(socks []*activation.Socket) {
	for _, s := range socks {
		d.registry.Release(s)
	}
}
