// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"superd/limits/access"
	"superd/limits/access/accesstest"
)

var res = access.Resolver{
	Host: func(name string) ([]netip.Addr, bool) {
		if name == "db" {
			return []netip.Addr{netip.MustParseAddr("10.0.0.0"), netip.MustParseAddr("2001:db8::5")}, true
		}
		return nil, name == "empty"
	},
	Network: func(name string) (netip.Prefix, bool) {
		return netip.MustParsePrefix("10.7.0.0/16"), name == "lab"
	},
}

func TestParseXinetd(t *testing.T) {
	for word, want := range map[string]string{
		"10.1.2.3":            "10.1.2.3",
		"10.1.2.0":            "10.1.2.0/24",
		"10.1.0.0":            "10.1.0.0/16",
		"10.0.0.0":            "10.0.0.0/8",
		"10.0.1.0":            "10.0.1.0/24",
		"0.0.0.0":             "0.0.0.0/0",
		"0.0.1.2":             "0.0.1.2",
		"127":                 "0.0.0.127",
		"127.0.0":             "127.0.0.0/8",
		"10.1":                "10.0.0.1",
		"10.65536":            "10.1.0.0/16",
		"010.1.2.3":           "8.1.2.3",
		"012.0.0.0":           "10.0.0.0/8",
		"0x7f.1":              "127.0.0.1",
		"0x0a010203":          "10.1.2.3",
		"10.1.2.{1,2}":        "10.1.2.1 10.1.2.2",
		"10.1.2.{2,1,2}":      "10.1.2.2 10.1.2.1",
		"10.1.2.{0,1}":        "10.1.2.0/32 10.1.2.1",
		"10.1.2.{010}":        "10.1.2.10",
		"010.1.2.{3}":         "10.1.2.3",
		"10.1.{3,4}":          "10.1.3.0/24 10.1.4.0/24",
		"10.{0}":              "10.0.0.0/16",
		"{10,11}":             "10.0.0.0/8 11.0.0.0/8",
		"10.1.2.3/16":         "10.1.0.0/16",
		"10.1.2.3/08":         "10.0.0.0/8",
		"10.1.2.3/0":          "0.0.0.0/0",
		"10.1.2.3/32":         "10.1.2.3",
		"10.1.2.3/33":         "10.1.2.3",
		"10.1.2.0/255":        "10.1.2.0/32",
		"1.2.3.0/32":          "1.2.3.0/32",
		"10.0/8":              "10.0.0.0/8",
		"::":                  "::",
		"::1":                 "::1",
		"::1/128":             "::1",
		"::/0":                "::/0",
		"2001:DB8::1/32":      "2001:db8::/32",
		"2001:db8::":          "2001:db8::",
		"::ffff:10.1.0.0":     "10.1.0.0/32",
		"::ffff:10.1.2.3":     "10.1.2.3",
		"::ffff:10.0.0.0/104": "10.0.0.0/8",
		"::ffff:1.2.3.4/64":   "::/64",
		"localhost":           "127.0.0.0/8 ::1",
		"LocalHost":           "127.0.0.0/8 ::1",
		"db":                  "10.0.0.0/32 2001:db8::5",
		"lab":                 "10.7.0.0/16",
	} {
		rules, err := access.ParseXinetd(word, res)
		if got := strings.Join(access.Texts(rules), " "); err != nil || got != want {
			t.Errorf("ParseXinetd(%q) = %s, %v; want %s", word, got, err, want)
		}
	}
}

// TestMasks: xinetd takes the host where a mask stands; meant is the network.
func TestMasks(t *testing.T) {
	for word, want := range map[string]string{
		"10.1.2.3/255.255.255.255": "10.1.2.3 10.1.2.3",
		"10.1.2.3/255.255.0.0":     "10.1.2.3 10.1.0.0/16",
		"10.1.2.0/255.0.0.0":       "10.1.2.0/32 10.0.0.0/8",
		"10.1.2.3/255.0.255.0":     "10.1.2.3 ",
		"10.1.2.3/0.0.0.255":       " ",
		"10.1.2.3/0.0.0.0":         " 0.0.0.0/0",
	} {
		_, err := access.ParseXinetd(word, res)
		var mask *access.MaskError
		if !errors.As(err, &mask) {
			t.Errorf("ParseXinetd(%q): %v, want a MaskError", word, err)
		} else if got := mask.Host.Text + " " + mask.Network.Text; got != want {
			t.Errorf("ParseXinetd(%q): host and network are %q, want %q", word, got, want)
		}
	}
}

func TestParseXinetdRefuses(t *testing.T) {
	for word, want := range map[string]string{
		"":                      "empty",
		"10.1.2.3,":             `"10.1.2.3," has a comma`,
		"10.1.2.3,10.1.2.4":     "has a comma",
		"10.1.2.{1,,2}":         `"" is no number from 0 to 255`,
		"10.1.2.{}":             `"" is no number`,
		"10.1.2.{256}":          `"256" is no number`,
		"10.1.2.{-1}":           `"-1" is no number`,
		"10.1.2.{+1}":           `"+1" is no number`,
		"10.1.2.{0x2}":          `"0x2" is no number`,
		"10.1.2.{1-3}":          `"1-3" is no number`,
		"10.1.2.{1,2":           "want one {…} at the end",
		"10.1.2.}1{":            "want one {…} at the end",
		"10.1.2.{1}/24":         "want one {…} at the end",
		"10.{1}.{2}":            "want one {…} at the end",
		"1.2.3.4.{5}":           "up to three octets",
		"10..{1}":               "up to three octets",
		"10.1.2{1}":             "want a dot before the {",
		".{1}":                  "up to three octets",
		"10.1.2.3/":             "want a number of bits",
		"10.1.2.3/-1":           "want a number of bits",
		"10.1.2.3/16x":          "want a number of bits",
		"10.1.2.3/0x8":          "want a number of bits",
		"10.1.2.3/99999":        "want a number of bits",
		"::/129":                "want a number of bits",
		"10.1.0.0/255.255.0.0":  "write ADDRESS/BITS",
		"10.1.0.0/8.0":          "want a number of bits",
		"::1/255.255.0.0":       "want a number of bits",
		"10/8":                  "write 10.0.0.0/8 or 0.0.0.0/8",
		"192.168.1/24":          "write 192.168.1.0/24 or 192.168.0.0/24",
		"10.1.2.256":            "is no address",
		"10.1.2.3.4":            "is no address",
		"10.1.2.":               "is no address",
		"4294967296":            "is no address",
		"08.1.2.3":              "is no address",
		"fe80::1%lo":            "cannot have a zone",
		"::ffff:10.1.2.3%1/104": "cannot have a zone",
		"2001:db8":              "is no address",
		"[::1]":                 "is no address",
		"*":                     "neither an address nor a name",
		"$(net)":                "neither an address nor a name",
		"a..b":                  "neither an address nor a name",
		"10.1.2.3\x00":          "neither an address nor a name",
		"name/8":                "want an address before the slash",
	} {
		rules, err := access.ParseXinetd(word, res)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, access.ErrName) {
			t.Errorf("ParseXinetd(%q) = %v, %v; want an error with %q", word, rules, err, want)
		}
	}
	for _, name := range []string{"nosuch", ".example.com", "host.example.com.", "empty", "ALL"} {
		if rules, err := access.ParseXinetd(name, res); !errors.Is(err, access.ErrName) {
			t.Errorf("ParseXinetd(%q) = %v, %v; want ErrName", name, rules, err)
		}
		if rules, err := access.ParseXinetd(name, access.Resolver{}); !errors.Is(err, access.ErrName) {
			t.Errorf("ParseXinetd(%q) without files = %v, %v; want ErrName", name, rules, err)
		}
	}
}

// What is not as it looks is said, and what is plain is not.
func TestNotes(t *testing.T) {
	for word, noted := range map[string]bool{
		"10.1.2.3": false, "10.1.0.0": false, "10.1.2.{1}": false, "10.1.2.3/16": false, "::1": false, "localhost": false, "db": false,
		"10.0.0.0/08": false,
		"127":         true, "127.0.0": true, "010.1.2.3": true, "0x7f.1": true, "10.1.2.3/33": true, "lab": true, "010.0.0.0/8": true,
	} {
		rules, err := access.ParseXinetd(word, res)
		if err != nil || (rules[0].Note != "") != noted {
			t.Errorf("ParseXinetd(%q) has the note %q, %v", word, rules[0].Note, err)
		}
	}
}

// The answers of xinetd 2.3.15.3 on a dual-stack socket, "Y" and "n" for each
// peer, were taken from the running program.
func TestAsTheOriginal(t *testing.T) {
	peers := strings.Fields("10.1.2.3 10.1.2.0 10.1.2.1 10.1.9.9 10.9.9.9 1.2.3.0 1.2.3.4 127.0.0.1 192.0.2.1 ::1 2001:db8::1 2001:db8:1::7")
	stricter := map[string]bool{"::1/128": true} // the original matches nothing, also in no_access
	for word, answers := range map[string]string{
		"10.1.2.3":            "Ynnnnnnnnnnn",
		"10.1.0.0":            "YYYYnnnnnnnn",
		"0.0.0.0":             "YYYYYYYYYnnn",
		"10.1.2.{0,1}":        "nYYnnnnnnnnn",
		"10.{1}":              "YYYYnnnnnnnn",
		"10.1.2.3/16":         "YYYYnnnnnnnn",
		"10.1.2.3/33":         "Ynnnnnnnnnnn",
		"1.2.3.0/32":          "nnnnnYnnnnnn",
		"0.0.0.0/32":          "nnnnnnnnnnnn",
		"10.1.2.3/24":         "YYYnnnnnnnnn",
		"::":                  "nnnnnnnnnnnn",
		"::1":                 "nnnnnnnnnYnn",
		"::1/128":             "nnnnnnnnnnnn",
		"::/0":                "YYYYYYYYYYYY",
		"::/1":                "YYYYYYYYYYYY",
		"::/64":               "YYYYYYYYYYnn",
		"::/80":               "YYYYYYYYYYnn",
		"::/96":               "nnnnnnnnnYnn",
		"::ffff:10.1.2.3":     "Ynnnnnnnnnnn",
		"::ffff:10.1.0.0":     "nnnnnnnnnnnn",
		"::ffff:10.0.0.0/104": "YYYYYnnnnnnn",
		"0.0.0.0/0":           "YYYYYYYYYnnn",
		"0.0.0.0/8":           "nnnnnnnnnnnn",
		"127":                 "nnnnnnnnnnnn",
		"10.0.0.0":            "YYYYYnnnnnnn",
		"10.1.2.0/32":         "nYnnnnnnnnnn",
		"2001:db8::1/32":      "nnnnnnnnnnYY",
		"2001:db8::1/127":     "nnnnnnnnnnYn",
		"2001:db8::1/31":      "nnnnnnnnnnYY",
	} {
		rules := compile(t, access.Spec{OnlyFrom: parse(t, word), OnlyFromSet: true})
		for i, p := range peers {
			want := answers[i] == 'Y'
			if stricter[word] {
				want = netip.MustParsePrefix(word).Contains(netip.MustParseAddr(p))
			}
			if got := rules.Check(netip.MustParseAddr(p)).Allow; got != want {
				t.Errorf("only_from = %s, peer %s: allowed %v, want %v", word, p, got, want)
			}
		}
	}
}

// Canonical text means the same when it is read again, and does not change.
func TestTextIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := accesstest.Word().Draw(t, "word")
		for _, r := range parse(t, word) {
			again := parse(t, r.Text)
			if len(again) != 1 || again[0].Prefix != r.Prefix || again[0].Text != r.Text || again[0].Note != "" {
				t.Fatalf("%q gives %q (%v), and that gives %v", word, r.Text, r.Prefix, again)
			}
		}
	})
}

// Every short and long form of inet_aton that is four plain octets or is not.
func TestAtonExhaustively(t *testing.T) {
	values := []string{"0", "1", "9", "255", "256", "65535", "65536", "16777215", "16777216", "4294967295", "4294967296", "08", "017", "0x1f", "0x", "-1", "+1", "", "1_0", " 1"}
	last := []string{"0", "255", "256", "08", "0x1f", ""}
	max := []uint64{1 << 32, 1 << 24, 1 << 16, 1 << 8}
	number := map[string]uint64{"0": 0, "1": 1, "9": 9, "255": 255, "256": 256, "65535": 65535, "65536": 65536, "16777215": 16777215, "16777216": 16777216, "4294967295": 4294967295, "4294967296": 4294967296, "017": 15, "0x1f": 31}
	var walk func(parts []string)
	walk = func(parts []string) {
		if n := len(parts); n > 0 && n <= 4 {
			ok, want := true, uint64(0)
			for i, p := range parts {
				v, isNumber := number[p]
				limit := uint64(256)
				if i == n-1 {
					limit = max[n-1]
				}
				ok = ok && isNumber && v < limit
				want = want*limit + v
			}
			addr, got := access.Aton(strings.Join(parts, "."))
			if got != ok {
				t.Fatalf("aton(%q) = %v, %v", parts, addr, got)
			}
			if ok && addr != netip.AddrFrom4([4]byte{byte(want >> 24), byte(want >> 16), byte(want >> 8), byte(want)}) {
				t.Fatalf("aton(%q) = %v", parts, addr)
			}
		}
		if len(parts) < 4 {
			next := values
			if len(parts) == 3 {
				next = last
			}
			for _, v := range next {
				walk(append(slices.Clone(parts), v))
			}
		}
	}
	walk(nil)
}

func FuzzParseXinetd(f *testing.F) {
	for _, s := range []string{"10.1.0.0", "10.1.{2,3}", "::/0", "0x7f.1", "010.1/12", "localhost", "10/8", "::ffff:1.2.3.4/97", "{0}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		rules, err := access.ParseXinetd(word, res)
		if (err == nil) != (len(rules) > 0) {
			t.Fatalf("%d rules and the error %v", len(rules), err)
		}
		for _, r := range rules {
			if !r.Prefix.IsValid() || r.Prefix != r.Prefix.Masked() || r.Prefix.Addr().Is4In6() || r.Prefix.Addr().Zone() != "" {
				t.Fatalf("%q gives the prefix %v", word, r.Prefix)
			}
			again, err := access.ParseXinetd(r.Text, access.Resolver{})
			if err != nil || len(again) != 1 || again[0].Prefix != r.Prefix || again[0].Text != r.Text {
				t.Fatalf("%q gives %q, and that gives %v, %v", word, r.Text, again, err)
			}
		}
	})
}
