// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"superd/activation"
	"superd/services"
	"superd/services/engine"
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
	return sp, c.options(&sp, set)
}

// options sets all that does not say what the socket is bound to.
func (c *compiler) options(sp *activation.Spec, set services.Settings) error {
	sp.FreeBind = set.Bool(services.FreeBind)
	sp.ReusePort = set.Bool(services.ReusePort)
	sp.Transparent = set.Bool(services.Transparent)
	sp.NoDelay = set.Bool(services.NoDelay)
	sp.KeepAlive = set.Bool(services.KeepAlive)
	sp.Broadcast = set.Bool(services.Broadcast)
	socketNumbers(sp, set)
	return c.socketFile(sp, set)
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

// socketSpecs says what sockets a service listens on.
//
// A service that the service manager gave sockets by its name listens on those:
// they stand for all sockets of their kind (tcp, udp, unix …) that its
// configuration names, so that who opens a port decides which. instead lists those
// that are not opened. A socket that bears no service's name is found by what it
// is bound to.
func (c *compiler) socketSpecs(s *services.Service) (out []activation.Spec, instead []string, err error) {
	out, _, instead, err = c.namedSpecs(s)
	return out, instead, err
}

// namedSpecs is socketSpecs, with what each socket is called in LISTEN_FDNAMES.
func (c *compiler) namedSpecs(s *services.Service) (out []activation.Spec, names, instead []string, err error) {
	add := func(name string, specs ...activation.Spec) {
		for _, sp := range specs {
			out, names = append(out, sp), append(names, name)
		}
	}
	named := c.given.named(s.ID)
	var kinds []string
	for _, sp := range named {
		kinds = append(kinds, sp.Network)
	}
	for i, k := range s.Sockets {
		if k.Network == services.Given {
			if !c.given.has(k.Address) {
				return nil, nil, nil, notGivenError(k.Address)
			}
			for _, sp := range c.given.labelled(k.Address) {
				same := func(x activation.Spec) bool { return x.Key() == sp.Key() }
				if !slices.ContainsFunc(named, same) {
					continue
				}
				if err := c.options(&sp, s.SocketSettings(i)); err != nil {
					return nil, nil, nil, err
				}
				add(s.FDName(i), sp)
				named = slices.DeleteFunc(named, same)
			}
			continue
		}
		sp, err := c.socketSpec(s, i)
		if err != nil {
			return nil, nil, nil, err
		}
		if j := slices.IndexFunc(named, func(x activation.Spec) bool { return x.Key() == sp.Key() }); j >= 0 {
			add(s.FDName(i), sp)
			named = slices.Delete(named, j, j+1)
			continue
		}
		if slices.Contains(kinds, k.Network) {
			if !slices.ContainsFunc(activation.Split(sp), func(half activation.Spec) bool { return c.isNamed(half, s.ID) }) {
				instead = append(instead, sp.String())
			}
			continue
		}
		halves, err := c.unnamed(s, sp)
		if err != nil {
			return nil, nil, nil, err
		}
		add(s.FDName(i), halves...)
	}
	for _, sp := range named {
		if err := c.options(&sp, s.Settings); err != nil {
			return nil, nil, nil, err
		}
		add(s.CommonFDName(), sp)
	}
	return out, names, instead, nil
}

// notGivenError is the name of a socket that only the service manager could have
// opened.
type notGivenError string

func (e notGivenError) Error() string {
	return fmt.Sprintf("the service manager has given superd no socket named %q", string(e))
}

func (c *compiler) isNamed(sp activation.Spec, id string) bool {
	owner, ok := c.given.at(sp.Key())
	return ok && owner == id
}

// unnamed gives the sockets that one which the configuration asks for is made of.
// No handler may see an IPv4 client through an IPv6 socket, so a dual-stack one is
// opened as two. For a connection the kernel would turn the accepted descriptor
// into an IPv4 one (IPV6_ADDRFORM), but not when the client's FIN has come already,
// as that of "echo x | nc -N" has. Port 0 stays one socket, or it would get two
// numbers; so does what the service manager has bound as one, and a socket that the program
// gets itself where it would be started twice for two (systemd's daemons), or counts
// what it is given (stdio = "all").
func (c *compiler) unnamed(s *services.Service, sp activation.Spec) ([]activation.Spec, error) {
	specs := activation.Split(sp)
	_, whole := c.given.at(sp.Key())
	whole = whole || mode(s) == engine.Wait && (s.Compat() == "systemd" || s.OneForAll())
	if whole || sp.Addr.IsValid() && sp.Addr.Port() == 0 && sp.IsStream() && mode(s) != engine.Wait {
		specs = []activation.Spec{sp}
	}
	for _, x := range specs {
		if owner, ok := c.given.at(x.Key()); ok && owner != "" && owner != s.ID {
			return nil, fmt.Errorf("the service manager's socket %s is service %q's by its name", x, owner)
		}
	}
	return specs, nil
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
