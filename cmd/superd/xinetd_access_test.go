// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"superd/internal/difftest"
	"superd/limits/access/accesstest"
	"superd/services/config/xinetd/xinetdtest"
)

var accessFiles = flag.Int("access-files", 500, "how many random files of address rules both daemons run")

// accessPort is the port of a file's first service.
const accessPort = 7100

// client draws a client that can come to the loopback: his address must be one of
// the root's.
var client = rapid.Custom(func(t *rapid.T) netip.Addr {
	return accesstest.Peer().Filter(func(a netip.Addr) bool {
		return !a.IsLinkLocalUnicast() && a != netip.MustParseAddr("127.0.0.0") && a != netip.MustParseAddr("127.255.255.255")
	}).Draw(t, "client")
})

// TestXinetdAccess holds who is let in, by random lists with defaults and
// operators, under the real xinetd and under superd, to a reference.
func TestXinetdAccess(t *testing.T) {
	w := difftest.NewWorld(t, "../../testdata/probe/hello.c")
	w.Reach([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.0.0/8")},
		[]netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:1::7"),
			netip.MustParseAddr("::2"), netip.MustParseAddr("4000::1")})
	files, clients := xinetdtest.Files(difftest.Handler, accessPort), rapid.SliceOfNDistinct(client, 8, 8, rapid.ID)
	visits, in, names := 0, 0, 0
	for i := range *accessFiles {
		file := files.Example(i)
		var list []difftest.Visit
		for _, s := range file.Services {
			for _, from := range clients.Example(i) {
				to := netip.MustParseAddr("127.0.0.1")
				if from.Is6() {
					to = netip.IPv6Loopback()
				}
				list = append(list, difftest.Visit{From: from, To: netip.AddrPortFrom(to, uint16(s.Port)), In: s.Lists.Allowed(from)})
			}
		}
		x, s := w.LetIn(difftest.Kinds[0], file.Text, list), w.LetIn(difftest.Kinds[1], file.Text, list)
		for j, v := range list {
			lists := file.Services[int(v.To.Port())-accessPort].Lists
			byName := v.From.IsLoopback() && slices.Contains(slices.Concat(lists.OnlyFrom, lists.NoAccess), "localhost")
			if byName { // a written difference: xinetd asks for the name of ::ffff:127.0.0.1
				names++
			}
			if s[j] != v.In || x[j] != v.In && !byName {
				t.Errorf("file %d: from %v to %v: xinetd %v, superd %v, reference %v\n%s", i, v.From, v.To, x[j], s[j], v.In, file.Text)
			}
			visits++
			if s[j] {
				in++
			}
		}
	}
	t.Logf("%d files, %d clients at each daemon, %d let in; %d by the name localhost", *accessFiles, visits, in, names)
	if in < visits/10 || in > visits*9/10 {
		t.Errorf("%d of %d let in: the files test little", in, visits)
	}
}
