// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
)

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		user, group string
		groups      bool
		plain       bool // superd is alice, not root
		want        string
	}{
		{user: "root", want: "true 0 0 []"},
		{user: "nobody", want: "true 65534 65534 []"},
		{user: "alice", want: "true 1000 1000 []"},
		{user: "alice", group: "www", want: "true 1000 33 []"},
		{user: "alice", group: "www mail 4711", want: "true 1000 33 [8 4711]"},
		{user: "alice", groups: true, want: "true 1000 1000 [1000 8 33]"},
		{user: "alice", group: "mail", groups: true, want: "true 1000 8 [1000 8 33]"},
		{user: "12345", want: "true 12345 12345 []"}, // never group 0
		{user: "12345", groups: true, want: `groups: user "12345" has no account whose groups these could be`},
		{want: `user: is missing; superd runs as root, so each service must name its user (user = "root" where that is meant)`},
		{group: "www", want: `user: is missing; superd runs as root, so each service must name its user (user = "root" where that is meant)`},
		{user: "bob", want: `user: no such user "bob"`},
		{user: "alice", group: "www staff", want: `group: no such group "staff"`},
		{plain: true, want: "false 0 0 []"},
		{plain: true, user: "alice", want: "false 0 0 []"},
		{plain: true, user: "1000", group: "alice", want: "false 0 0 []"},
		{plain: true, user: "root", want: `user: superd does not run as root and cannot become "root"`},
		{plain: true, user: "bob", want: `user: no such user "bob"`},
		{plain: true, group: "www", want: `group: superd does not run as root and cannot take the group "www"`},
		{plain: true, group: "alice www", want: `group: superd does not run as root and cannot take the group "alice www"`},
	} {
		h := configtest.Host(nil)
		if c.plain {
			h.Root, h.UID, h.GID = false, 1000, 1000
		}
		var s services.Service
		for attr, v := range map[services.AttrID]string{services.User: c.user, services.Group: c.group} {
			if v != "" {
				s.Settings = s.Settings.With(services.Setting{Attr: attr, Value: v})
			}
		}
		if c.groups {
			s.Settings = s.Settings.With(services.Setting{Attr: services.Groups, Value: true})
		}
		id, err := config.Identify(h, &s)
		got := fmt.Sprintf("%v %d %d %v", id.Set, id.User.UID, id.GID, id.Groups)
		if err != nil {
			if e, ok := errors.AsType[*config.IdentityError](err); ok {
				got = e.Attr.String() + ": " + e.Message
			}
		}
		if got != c.want {
			t.Errorf("user %q, group %q, groups %v, plain %v:\n got %s\nwant %s", c.user, c.group, c.groups, c.plain, got, c.want)
		}
	}
}

func TestProgram(t *testing.T) {
	h := configtest.Host(map[string]string{"jail/bin/prog": "#!\n", "srv/prog": "#!\n"})
	for _, c := range []struct {
		exec, dir, root, want string
	}{
		{"/bin/cat", "", "", "/bin/cat <nil>"},
		{"/bin/none", "", "", "/bin/none no such file"},
		{"/etc/passwd", "", "", "/etc/passwd not executable"},
		{"/bin/prog", "", "/jail", "/bin/prog <nil>"},
		{"/bin/cat", "", "/jail", "/bin/cat no such file"},
		{"prog", "/srv", "", "/srv/prog <nil>"},
		{"bin/cat", "", "", "/bin/cat <nil>"},
	} {
		var s services.Service
		for attr, v := range map[services.AttrID]string{services.WorkingDirectory: c.dir, services.Chroot: c.root} {
			if v != "" {
				s.Settings = s.Settings.With(services.Setting{Attr: attr, Value: v})
			}
		}
		s.Settings = s.Settings.With(services.Setting{Attr: services.Exec, Value: []string{c.exec, "-x"}})
		name, err := config.Program(h, &s)
		if got := fmt.Sprint(name, " ", err); got != c.want {
			t.Errorf("%q in %q under %q: %s, want %s", c.exec, c.dir, c.root, got, c.want)
		}
	}
}

// TestAddresses asserts that a name goes to the resolver only if no file has it.
func TestAddresses(t *testing.T) {
	h := configtest.Host(nil)
	if got, err := h.Addresses("build"); len(got) != 2 || err != nil {
		t.Errorf("build is %v, %v", got, err)
	}
	if _, err := h.Addresses("far.example"); err == nil || err.Error() != `cannot resolve "far.example": not in /etc/hosts` {
		t.Errorf("without a resolver: %v", err)
	}
	far := netip.MustParseAddr("192.0.2.99")
	h.ResolveHost = func(name string) ([]netip.Addr, error) {
		if name == "empty.example" {
			return nil, nil
		}
		return []netip.Addr{far}, nil
	}
	if got, err := h.Addresses("far.example"); len(got) != 1 || got[0] != far || err != nil {
		t.Errorf("far.example is %v, %v", got, err)
	}
	if _, err := h.Addresses("empty.example"); err == nil || err.Error() != `cannot resolve "empty.example": no address` {
		t.Errorf("an empty answer: %v", err)
	}
}
