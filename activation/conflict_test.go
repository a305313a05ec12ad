// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOverlapIsTheKernels holds Overlap against bind(2) itself, for each pair
// out of all combinations of network, address, v6only, device and reuse_port.
func TestOverlapIsTheKernels(t *testing.T) {
	netns(t)
	r := registry(t)
	var all []Spec
	for _, network := range []string{"tcp", "udp"} {
		for _, base := range []Spec{
			at(network, "0.0.0.0:79"), at(network, "127.0.0.1:79"), at(network, "127.0.0.2:79"), at(network, "127.0.0.1:80"),
			at(network, "[::]:79"), v6only(at(network, "[::]:79")), at(network, "[::1]:79"), v6only(at(network, "[::1]:79")),
		} {
			for _, device := range []string{"", "lo"} {
				for _, reuse := range []bool{false, true} {
					base.Device, base.ReusePort = device, reuse
					all = append(all, base)
				}
			}
		}
	}
	for _, a := range all {
		first := acquire(t, r, a)
		for _, b := range all {
			if a.Key() == b.Key() {
				continue
			}
			conflicts := r.Conflicts(b)
			second, err := r.Acquire(b)
			refused := errors.Is(err, unix.EADDRINUSE)
			if err != nil && !refused {
				t.Fatal(err)
			}
			if refused != Overlap(a, b) || refused != (len(conflicts) == 1 && conflicts[0] == first) {
				t.Errorf("%s (v6only %t, reuse %t) then %s (v6only %t, reuse %t): refused %t, Overlap %t, Conflicts %v",
					a, a.V6Only, a.ReusePort, b, b.V6Only, b.ReusePort, refused, Overlap(a, b), conflicts)
			}
			if err == nil {
				if err := r.Release(second); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := r.Release(first); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConflictsOfOtherKinds(t *testing.T) {
	netns(t)
	r := registry(t)
	zero := at("tcp", "127.0.0.1:0")
	zero.Tag = "a"
	given := acquire(t, r, zero)
	dir := t.TempDir()
	stream := acquire(t, r, at("unix", dir+"/s"))
	acquire(t, r, at("unix", "@superd"))
	wildcard := at("tcp", "0.0.0.0:1")
	wildcard.Addr = netip4(given.LocalAddr().Port())
	other := zero
	other.Tag = "b"
	for _, c := range []struct {
		spec Spec
		want *Socket
	}{
		{wildcard, given},
		{zero, nil},
		{other, nil},
		{at("unixgram", dir+"/s"), stream},
		{at("unix", dir+"/s"), nil}, // the same socket
		{at("unix", dir+"/t"), nil},
		{at("unixgram", "@superd"), nil}, // another type: another name
		{at("unix", "@superd"), nil},
	} {
		got := r.Conflicts(c.spec)
		if c.want == nil && len(got) != 0 || c.want != nil && (len(got) != 1 || got[0] != c.want) {
			t.Errorf("in the way of %s stands %v, want %v", c.spec, got, c.want)
		}
	}
	if s := acquire(t, r, at("unixgram", "@superd")); s.Network() != "unixgram" {
		t.Error("the kernel refuses an abstract name of another type")
	}
}

func netip4(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.IPv4Unspecified(), port) }
