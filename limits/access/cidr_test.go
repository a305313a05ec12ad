// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"superd/limits/access"
)

func TestParseCIDR(t *testing.T) {
	for s, want := range map[string]string{
		"10.0.0.1":                 "10.0.0.1",
		"10.0.0.0":                 "10.0.0.0/32", // no wildcards here
		"10.1.2.3/8":               "10.0.0.0/8",
		"0.0.0.0/0":                "0.0.0.0/0",
		"2001:db8::1/32":           "2001:db8::/32",
		"::1":                      "::1",
		"::ffff:10.0.0.1":          "10.0.0.1",
		"::ffff:10.0.0.1/104":      "10.0.0.0/8",
		"::ffff:10.0.0.1/64":       "::/64",
		"10.0.0.0-10.0.0.255":      "10.0.0.0/24",
		"10.0.0.1-10.0.0.1":        "10.0.0.1",
		"10.0.0.1 - 10.0.0.4":      "10.0.0.1-10.0.0.4",
		"::-ffff::":                "::-ffff::",
		"::ffff:10.0.0.1-10.0.0.4": "10.0.0.1-10.0.0.4",
		"0.0.0.0-255.255.255.255":  "0.0.0.0/0",
		"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "::/0",
	} {
		rules, err := access.ParseCIDR(s)
		if got := strings.Join(access.Texts(rules), " "); err != nil || got != want {
			t.Errorf("ParseCIDR(%q) = %s, %v; want %s", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"": "empty", "10": "is no address", "10.0.0.1/33": "want 0 to 32 bits", "::1/129": "want 0 to 128 bits", "10.0.0.1/": "want 0 to 32 bits",
		"10.0.0.1/+8": "want 0 to 32 bits", "10.0.0.0/255.0.0.0": "want 0 to 32 bits", "fe80::1%eth0": "cannot have a zone", "fe80::1%eth0/64": "cannot have a zone",
		"010.0.0.1": "is no address", "10.0.0.9-10.0.0.1": "ends before it starts", "10.0.0.1-::1": "address family", "10.0.0.1-": "is no address",
		"-10.0.0.1": "is no address", "10.0.0.1-10.0.0.2-10.0.0.3": "is no address", "10.0.0.0/8-10.0.0.9": "is no address", "localhost": "is no address",
	} {
		if rules, err := access.ParseCIDR(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseCIDR(%q) = %v, %v; want an error with %q", s, rules, err, want)
		}
	}
}

// A range's prefixes hold its ends, not their neighbours, and do not overlap.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{4, 16}).Draw(t, "family")
		draw := func(label string) netip.Addr {
			a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, label))
			return a
		}
		a, b := draw("first"), draw("last")
		if b.Less(a) {
			a, b = b, a
		}
		rules, err := access.ParseCIDR(a.String() + "-" + b.String())
		if a.Unmap().Is4() != b.Unmap().Is4() {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		in := func(p netip.Addr) (n int) {
			for _, r := range rules {
				if r.Prefix.Contains(p) {
					n++
				}
			}
			return n
		}
		if in(a.Unmap()) != 1 || in(b.Unmap()) != 1 || a.Unmap().Prev().IsValid() && in(a.Unmap().Prev()) != 0 || b.Unmap().Next().IsValid() && in(b.Unmap().Next()) != 0 {
			t.Fatalf("%v-%v: %v", a, b, rules)
		}
		for i := 1; i < len(rules); i++ {
			if !rules[i-1].Prefix.Addr().Less(rules[i].Prefix.Addr()) || in(rules[i].Prefix.Addr()) != 1 || in(rules[i].Prefix.Addr().Prev()) != 1 {
				t.Fatalf("%v-%v: a hole or an overlap at %v", a, b, rules[i].Prefix)
			}
		}
	})
}

func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"10.0.0.1", "10.0.0.0/8", "::/0", "10.0.0.1-10.0.0.9", "::1-::ffff", "::ffff:1.2.3.4/97"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rules, err := access.ParseCIDR(s)
		if err != nil {
			return
		}
		again, err := access.ParseCIDR(rules[0].Text)
		if err != nil || len(again) != len(rules) {
			t.Fatalf("%q gives %q, and that gives %v, %v", s, rules[0].Text, again, err)
		}
		for i, r := range rules {
			if r != again[i] || r.Prefix.Addr().Is4In6() {
				t.Fatalf("%q: rule %d is %+v, and read again %+v", s, i, r, again[i])
			}
		}
	})
}
