// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"superd/limits/access"
	"superd/limits/access/accesstest"
)

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func parse(t fataler, words ...string) (rules []access.Rule) {
	t.Helper()
	for i, w := range words {
		rs, err := access.ParseXinetd(w, access.Resolver{})
		if err != nil {
			t.Fatalf("ParseXinetd(%q): %v", w, err)
		}
		for _, r := range rs {
			r.Place = access.Place{File: 4, Line: uint32(i + 1)}
			rules = append(rules, r)
		}
	}
	return rules
}

func cidr(t fataler, words ...string) (rules []access.Rule) {
	t.Helper()
	for i, w := range words {
		rs, err := access.ParseCIDR(w)
		if err != nil {
			t.Fatalf("ParseCIDR(%q): %v", w, err)
		}
		for _, r := range rs {
			r.Place = access.Place{File: 5, Line: uint32(i + 1)}
			rules = append(rules, r)
		}
	}
	return rules
}

func patterns(texts ...string) (ps []access.Pattern) {
	for i, s := range texts {
		ps = append(ps, access.Pattern{Text: s, Place: access.Place{File: 6, Line: uint32(i + 1)}})
	}
	return ps
}

func compile(t fataler, spec access.Spec) *access.Rules {
	t.Helper()
	rules, err := access.Compile(spec)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return rules
}

// xinetd's rule, the tries and the places against the reference.
func TestAgainstReference(t *testing.T) {
	tries := 0
	rapid.Check(t, func(t *rapid.T) {
		lists := accesstest.Config().Draw(t, "lists")
		rules := compile(t, access.Spec{OnlyFrom: parse(t, lists.OnlyFrom...), OnlyFromSet: lists.OnlyFromSet, NoAccess: parse(t, lists.NoAccess...)})
		if rules != nil {
			tries += rules.Tries()
		}
		for range 20 {
			peer := accesstest.Peer().Draw(t, "peer")
			d := rules.Check(peer)
			if d.Allow != lists.Allowed(peer) {
				t.Fatalf("%+v: peer %v: %+v", lists, peer, d)
			}
			checkWitness(t, lists, peer, d)
			if peer.Is4() && rules.Check(netip.AddrFrom16(peer.As16())) != d {
				t.Fatalf("%+v: peer %v mapped: not %+v", lists, peer, d)
			}
		}
	})
	if tries == 0 {
		t.Error("no list was long enough for a trie: the test has lost its point")
	}
}

// checkWitness: the rule that is told of stands at that place and really matches.
func checkWitness(t *rapid.T, lists accesstest.Lists, peer netip.Addr, d access.Decision) {
	words := map[string][]string{"only_from": lists.OnlyFrom, "no_access": lists.NoAccess}[d.List]
	if d.Place == (access.Place{}) {
		if d.List != "" && !(d.List == "only_from" && !d.Allow) {
			t.Fatalf("%+v: peer %v: %+v has no place", lists, peer, d)
		}
		return
	}
	if word := words[d.Place.Line-1]; !accesstest.Match(word, peer) {
		t.Fatalf("%+v: peer %v: %+v points at %q, which does not match", lists, peer, d, word)
	}
}

func TestDecisions(t *testing.T) {
	at := func(line uint32) access.Place { return access.Place{File: 9, Line: line} }
	only := func(words ...string) access.Spec {
		return access.Spec{OnlyFrom: parse(t, words...), OnlyFromSet: true, OnlyFromPlace: at(1)}
	}
	both := only("127.0.0.1")
	both.NoAccess = parse(t, "::1", "0.0.0.0")
	sets := only("10.0.0.0/8")
	sets.CIDRAllow, sets.AllowPlace = cidr(t, "10.1.0.0/16"), at(2)
	v4only := only("::/0")
	v4only.IPv4Only = true
	for _, c := range []struct {
		name string
		spec access.Spec
		peer string
		want string
	}{
		{"nothing set", access.Spec{}, "192.0.2.1", "allow"},
		{"only_from empty", access.Spec{OnlyFromSet: true, OnlyFromPlace: at(1)}, "192.0.2.1", "deny only_from: only_from lets nobody in 9:1"},
		{"only_from empty, unix", access.Spec{OnlyFromSet: true, OnlyFromPlace: at(1)}, "", "deny only_from: only_from lets nobody in 9:1"},
		{"only_from", only("10.0.0.0", "10.1.0.0"), "10.1.2.3", "allow only_from: 10.1.0.0/16 4:2"},
		{"only_from misses", only("10.0.0.0"), "11.1.2.3", "deny only_from: no entry of only_from matches 9:1"},
		{"only_from, unix", only("10.0.0.0"), "", "allow"},
		{"deny wins over the more specific", both, "127.0.0.1", "deny no_access: 0.0.0.0/0 4:2"},
		{"no_access alone", access.Spec{NoAccess: parse(t, "10.0.0.0")}, "192.0.2.1", "allow"},
		{"::/0 reaches IPv4", only("::/0"), "192.0.2.1", "allow only_from: ::/0 4:1"},
		{"but not on IPv4's own socket", v4only, "192.0.2.1", "deny only_from: no entry of only_from matches 9:1"},
		{"no_access = ::/0 does there too", access.Spec{NoAccess: parse(t, "::/0"), IPv4Only: true}, "192.0.2.1", "deny no_access: ::/0 4:1"},
		{"zone of the peer", only("fe80::1"), "fe80::1%eth0", "allow only_from: fe80::1 4:1"},
		{"mapped peer", only("10.0.0.0"), "::ffff:10.1.2.3", "allow only_from: 10.0.0.0/8 4:1"},

		{"cidr_allow", access.Spec{CIDRAllow: cidr(t, "::1", "10.0.0.0/8")}, "10.1.2.3", "allow cidr_allow: 10.0.0.0/8 5:2"},
		{"cidr_allow misses", access.Spec{CIDRAllow: cidr(t, "::/0"), AllowPlace: at(2)}, "10.1.2.3", "deny cidr_allow: no entry of cidr_allow matches 9:2"},
		{"cidr_allow, range", access.Spec{CIDRAllow: cidr(t, "10.0.0.1-10.0.0.9")}, "10.0.0.7", "allow cidr_allow: 10.0.0.1-10.0.0.9 5:1"},
		{"cidr_deny wins", access.Spec{CIDRAllow: cidr(t, "10.1.2.3"), CIDRDeny: cidr(t, "10.0.0.0/8")}, "10.1.2.3", "deny cidr_deny: 10.0.0.0/8 5:1"},
		{"deny list alone", access.Spec{CIDRDeny: cidr(t, "10.0.0.0/8"), AllowPlace: at(3)}, "192.0.2.1", "deny allow: a deny list without an allow list lets nobody in 9:3"},
		{"unix passes", access.Spec{CIDRDeny: cidr(t, "10.0.0.0/8"), Deny: patterns(".*")}, "", "allow"},
		{"allow or cidr_allow", access.Spec{CIDRAllow: cidr(t, "10.0.0.0/8"), Allow: patterns(`192\..*`)}, "192.0.2.1", `allow allow: 192\..* 6:1`},
		{"allow or cidr_allow", access.Spec{CIDRAllow: cidr(t, "10.0.0.0/8"), Allow: patterns(`192\..*`)}, "10.0.2.1", `allow cidr_allow: 10.0.0.0/8 5:1`},
		{"neither", access.Spec{CIDRAllow: cidr(t, "10.0.0.0/8"), Allow: patterns(`192\..*`), AllowPlace: at(4)}, "11.0.2.1", "deny allow: no entry of allow or cidr_allow matches 9:4"},
		{"deny pattern", access.Spec{Allow: patterns(".*"), Deny: patterns("x", `10\.0\.0\.\d`)}, "10.0.0.1", `deny deny: 10\.0\.0\.\d 6:2`},
		{"patterns are anchored", access.Spec{Allow: patterns("10")}, "10.0.0.10", "deny allow: no entry of allow or cidr_allow matches 0:0"},
		{"alternatives too", access.Spec{Allow: patterns("10|11")}, "10.0.0.11", "deny allow: no entry of allow or cidr_allow matches 0:0"},
		{"and several lines", access.Spec{Allow: patterns("(?m)10$")}, "10.0.0.10", "deny allow: no entry of allow or cidr_allow matches 0:0"},
		{"mapped peer's text", access.Spec{Allow: patterns(`10\.1\.2\.3`)}, "::ffff:10.1.2.3", `allow allow: 10\.1\.2\.3 6:1`},

		{"both sets", sets, "10.1.0.1", "allow only_from: 10.0.0.0/8 4:1"},
		{"second set refuses", sets, "10.2.0.1", "deny cidr_allow: no entry of cidr_allow matches 9:2"},
		{"first set refuses", sets, "11.2.0.1", "deny only_from: no entry of only_from matches 9:1"},
	} {
		var peer netip.Addr
		if c.peer != "" {
			peer = netip.MustParseAddr(c.peer)
		}
		d := compile(t, c.spec).Check(peer)
		got := "deny "
		if d.Allow {
			got = "allow "
		}
		if d.List != "" {
			got += fmt.Sprintf("%s: %s %d:%d", d.List, d.Rule, d.Place.File, d.Place.Line)
		}
		if got = strings.TrimSpace(got); got != c.want {
			t.Errorf("%s: %s\n\tgot  %s\n\twant %s", c.name, c.peer, got, c.want)
		}
		if (d.Reason == "address") == d.Allow {
			t.Errorf("%s: reason %q with allow %v", c.name, d.Reason, d.Allow)
		}
	}
}

// Net::Server's rule over many addresses, which are more than a slice will hold.
func TestCIDRTrie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("10.%d.%d.%d/%d", rapid.IntRange(0, 3).Draw(t, "b"), rapid.IntRange(0, 3).Draw(t, "c"), rapid.Byte().Draw(t, "d"), rapid.IntRange(8, 32).Draw(t, "bits"))
		}), 9, 40).Draw(t, "rules")
		rules := compile(t, access.Spec{CIDRAllow: cidr(t, texts...)})
		for range 20 {
			peer := netip.AddrFrom4([4]byte{10, rapid.Byte().Draw(t, "b") % 4, rapid.Byte().Draw(t, "c") % 4, rapid.Byte().Draw(t, "d")})
			best := netip.Prefix{}
			for _, s := range texts {
				if p := netip.MustParsePrefix(s).Masked(); p.Contains(peer) && (!best.IsValid() || p.Bits() > best.Bits()) {
					best = p
				}
			}
			d := rules.Check(peer)
			if d.Allow != best.IsValid() {
				t.Fatalf("%v: peer %v: %+v", texts, peer, d)
			}
			if d.Allow {
				if p := netip.MustParsePrefix(texts[d.Place.Line-1]).Masked(); p != best {
					t.Fatalf("%v: peer %v: %+v, want %v", texts, peer, d, best)
				}
			}
		}
	})
}

func TestPatternErrors(t *testing.T) {
	for _, s := range []string{"(", "a)|(?:.*", "(?=x)", `(a)\1`, "(?<!x)y", "a**", strings.Repeat("(", 5000)} {
		_, err := access.Compile(access.Spec{Deny: patterns("ok", s)})
		pe, ok := errors.AsType[*access.PatternError](err)
		if !ok || pe.Pattern.Text != s || pe.Pattern.Place.Line != 2 {
			t.Errorf("Compile with %.20q: %v", s, err)
		}
		if access.CheckPattern(s) == nil {
			t.Errorf("CheckPattern(%.20q) has nothing to say", s)
		}
	}
}

func TestInterner(t *testing.T) {
	var in access.Interner
	get := func(spec access.Spec) *access.Rules {
		rules, err := in.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		return rules
	}
	a := get(access.Spec{OnlyFrom: parse(t, "10.0.0.0", "::1"), OnlyFromSet: true})
	if b := get(access.Spec{OnlyFrom: parse(t, "10.0.0.0/8", "::1"), OnlyFromSet: true}); a != b {
		t.Error("equal lists of equal places are not shared")
	}
	moved := access.Spec{OnlyFrom: parse(t, "10.0.0.0", "::1"), OnlyFromSet: true}
	moved.OnlyFrom[0].Place.Line = 77
	b := get(moved)
	if a == b || !a.SharesMatcher(b) {
		t.Error("equal lists of other places do not share their tries, and theirs alone")
	}
	if got := b.Check(netip.MustParseAddr("10.1.1.1")).Place.Line; got != 77 {
		t.Errorf("the place of the second is line %d", got)
	}
	for _, other := range []access.Spec{
		{NoAccess: parse(t, "10.0.0.0", "::1")},
		{OnlyFrom: parse(t, "::1", "10.0.0.0"), OnlyFromSet: true},
		{CIDRAllow: parse(t, "10.0.0.0", "::1")},
		{OnlyFrom: parse(t, "10.0.0.0", "::1"), OnlyFromSet: true, IPv4Only: true},
		{Allow: patterns("10.0.0.0/8", "::1")},
	} {
		if o := get(other); o.SharesMatcher(a) {
			t.Errorf("%+v shares the tries of another meaning", other)
		}
	}
	if get(access.Spec{}) != nil {
		t.Error("no rules are rules")
	}
	if _, err := in.Compile(access.Spec{Allow: patterns("(")}); err == nil {
		t.Error("a broken pattern is taken")
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("10.%d.0.0/16", i))
	}
	rules := compile(t, access.Spec{OnlyFrom: parse(t, many...), OnlyFromSet: true, NoAccess: parse(t, "10.200.0.0"), CIDRAllow: cidr(t, many...)})
	in, out := netip.MustParseAddr("::ffff:10.3.4.5"), netip.MustParseAddr("fe80::1%eth0")
	if n := testing.AllocsPerRun(100, func() { rules.Check(in); rules.Check(out) }); n != 0 {
		t.Errorf("Check allocates %v times", n)
	}
}
