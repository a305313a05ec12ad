// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"superd/limits/access"
)

// Service is one service as "superd show --json" tells of it.
type Service struct {
	ID         string
	Name       string
	State      string
	Mode       string
	Format     string
	Sockets    []Socket
	Attributes struct {
		OnlyFrom *[]string `json:"only_from"`
		NoAccess []string  `json:"no_access"`

		MaxServers any `json:"max_servers"` // a number or "unlimited"
		PerSource  any `json:"per_source"`

		Banner        string `json:"banner"`
		BannerSuccess string `json:"banner_success"`
	}
}

// Socket is one of its sockets.
type Socket struct {
	Network string
	Address string
	V6Only  bool `json:"v6only"`
}

// Enabled tells whether superd runs it.
func (s Service) Enabled() bool { return s.State == "enabled" && len(s.Sockets) > 0 }

// Datagram tells whether its clients send datagrams.
func (s Service) Datagram() bool {
	return s.Sockets[0].Network == "udp" || s.Sockets[0].Network == "unixgram"
}

// Local tells whether its socket is a file.
func (s Service) Local() bool { return strings.HasPrefix(s.Sockets[0].Network, "unix") }

func (s Service) bind() netip.AddrPort { return netip.MustParseAddrPort(s.Sockets[0].Address) }

func (s Service) port() uint16 { return s.bind().Port() }

// rules are superd's own reading of who may come in. They say whom a test
// sends, and nothing of what must become of him.
func (s Service) rules() (*access.Rules, []netip.Prefix, error) {
	var nets []netip.Prefix
	read := func(words []string) (rules []access.Rule, err error) {
		for _, w := range words {
			more, err := access.ParseXinetd(w, access.Resolver{})
			if err != nil {
				return nil, err
			}
			for _, r := range more {
				nets = append(nets, r.Prefix)
			}
			rules = append(rules, more...)
		}
		return rules, nil
	}
	var spec access.Spec
	var err error
	if list := s.Attributes.OnlyFrom; list != nil {
		spec.OnlyFromSet = true
		if spec.OnlyFrom, err = read(*list); err != nil {
			return nil, nil, err
		}
	}
	if spec.NoAccess, err = read(s.Attributes.NoAccess); err != nil {
		return nil, nil, err
	}
	rules, err := access.Compile(spec)
	return rules, nets, err
}

// Visit is one client of a service: from where, to where, and whether superd
// says that it is let in.
type Visit struct {
	From netip.Addr
	To   netip.AddrPort
	Path string // of a local socket, instead of both
	In   bool
}

func (v Visit) String() string {
	if v.Path != "" {
		return "at " + v.Path
	}
	return fmt.Sprintf("from %v to %v", v.From, v.To)
}

// crowded tells whether a handler that has answered but not ended can keep the
// next client out.
func (s Service) crowded() bool {
	few := func(n any) bool { x, ok := n.(float64); return ok && x > 0 && x < 5 }
	return few(s.Attributes.MaxServers) || few(s.Attributes.PerSource)
}

// Visits are a few clients: of each family that reaches the service, one who is
// let in and one who is not, of the loopback's addresses and of others.
func (s Service) Visits() ([]Visit, error) {
	if s.Local() {
		return []Visit{{Path: s.Sockets[0].Address, In: true}}, nil
	}
	rules, nets, err := s.rules()
	if err != nil {
		return nil, err
	}
	bind := s.bind()
	var to []netip.Addr
	switch {
	case !bind.Addr().IsUnspecified():
		to = []netip.Addr{bind.Addr()}
	case bind.Addr().Is4():
		to = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	case s.Sockets[0].V6Only:
		to = []netip.Addr{netip.IPv6Loopback()}
	default:
		to = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	}
	var out []Visit
	for _, a := range to {
		type class struct{ in, loopback bool }
		seen := map[class]bool{}
		for _, from := range sources(a, nets) {
			if s.Datagram() && s.byName() && from.IsLoopback() {
				continue // xinetd answers him by silence, which takes long to hear
			}
			in := rules.Check(from).Allow
			if c := (class{in, from.IsLoopback()}); !seen[c] {
				seen[c] = true
				out = append(out, Visit{From: from, To: netip.AddrPortFrom(s.goal(a, from), bind.Port()), In: in})
			}
		}
	}
	return out, nil
}

// byName tells whether only_from seems to have the name localhost, whose clients
// xinetd knows by the name that the resolver gives to their address.
func (s Service) byName() bool {
	list := s.Attributes.OnlyFrom
	return list != nil && slices.Contains(*list, "127.0.0.0/8") && slices.Contains(*list, "::1")
}

// goal is where a client of the loopback's address to goes. A datagram's answer
// comes from the address that the kernel chooses for its way back, which for a
// local client is the client's own; another one it would not take.
func (s Service) goal(to, from netip.Addr) netip.Addr {
	if s.Datagram() && s.bind().Addr().IsUnspecified() {
		return from
	}
	return to
}

// sources are addresses from which one can reach to and about which rules of
// these networks may differ: the loopback's, and one of each network.
func sources(to netip.Addr, nets []netip.Prefix) []netip.Addr {
	list := []netip.Addr{netip.IPv6Loopback()}
	if to.Is4() {
		list = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
	}
	for _, p := range nets {
		a := p.Addr()
		if !p.IsSingleIP() {
			a = a.Next()
		}
		usable := a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && !a.Is4In6()
		if usable && a.Is4() == to.Is4() && (!a.Is4() || a.As4()[0] != 0) {
			list = append(list, a)
		}
	}
	return list
}
