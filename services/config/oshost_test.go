// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// etcOf is a machine with the given files in /etc.
func etcOf(files map[string]string) *Host {
	h := &Host{ReadFile: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("no such file")
	}}
	FilesHost(h, "/etc")
	return h
}

func TestLookupUser(t *testing.T) {
	h := etcOf(map[string]string{"/etc/passwd": "# c\nroot:x:0:0:r:/root:/bin/sh\n+nis::::::\n-bad::::::\n" +
		"1000:x:7:70:named like a number:/:\nalice:x:1000:100::/home/alice:/bin/sh\nshort:x:5\nminus:x:4294967295:1:::\nneg:x:-1:1:::\n\n"})
	for _, c := range []struct {
		word string
		want User
		err  string
	}{
		{"root", User{"root", 0, 0, "/root", "/bin/sh", true}, ""},
		{"alice", User{"alice", 1000, 100, "/home/alice", "/bin/sh", true}, ""},
		{"1000", User{"1000", 7, 70, "/", "", true}, ""}, // a name before a number, as getpwnam
		{"0", User{"root", 0, 0, "/root", "/bin/sh", true}, ""},
		{"555", User{Name: "555", UID: 555, GID: 555}, ""},
		{"+nis", User{}, `no such user "+nis"`},
		{"short", User{}, `no such user "short"`},
		{"minus", User{}, `no such user "minus"`},
		{"neg", User{}, `no such user "neg"`},
		{"4294967295", User{}, `no such user "4294967295"`}, // setresuid's "leave it alone"
		{"-1", User{}, `no such user "-1"`},
		{"", User{}, `no such user ""`},
	} {
		got, err := h.LookupUser(c.word)
		if got != c.want || errText(err) != c.err {
			t.Errorf("LookupUser(%q) = %+v, %v; want %+v, %s", c.word, got, err, c.want, c.err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLookupGroup(t *testing.T) {
	h := etcOf(map[string]string{"/etc/group": "root:x:0:\nwww:x:33:alice,bob\nmail:x:8:alice\nagain:x:33:alice\nown:x:100:\n"})
	for word, want := range map[string]uint32{"www": 33, "33": 33, "4711": 4711, "root": 0} {
		if got, err := h.LookupGroup(word); got != want || err != nil {
			t.Errorf("LookupGroup(%q) = %d, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "wheel", "4294967295", "-1"} {
		if _, err := h.LookupGroup(word); err == nil {
			t.Errorf("LookupGroup(%q) succeeded", word)
		}
	}
	got, err := h.GroupsOf(User{Name: "alice", GID: 100})
	if want := []uint32{100, 33, 8}; !slices.Equal(got, want) || err != nil {
		t.Errorf("GroupsOf(alice) = %v, %v; want %v", got, err, want)
	}
}

func TestServicePort(t *testing.T) {
	h := etcOf(map[string]string{"/etc/services": "ftp 21/tcp\nhttp\t80/tcp www # w\nhttp 8080/tcp\nbad 99999/tcp\nnoproto 5\ntime 37/udp\n"})
	for _, c := range []struct {
		name, proto string
		want        uint16
	}{{"ftp", "tcp", 21}, {"www", "tcp", 80}, {"http", "tcp", 80}, {"time", "udp", 37}, {"time", "tcp", 0}, {"bad", "tcp", 0}, {"w", "tcp", 0}, {"smtp", "tcp", 0}} {
		if got, ok := h.ServicePort(c.name, c.proto); got != c.want || ok != (c.want != 0) {
			t.Errorf("ServicePort(%q, %q) = %d, %v; want %d", c.name, c.proto, got, ok, c.want)
		}
	}
	if got, ok := etcOf(nil).ServicePort("smtp", "tcp"); got != 25 || !ok {
		t.Errorf("without /etc/services smtp is %d, %v", got, ok)
	}
}

func TestLookupHostAndNetwork(t *testing.T) {
	h := etcOf(map[string]string{"/etc/hosts": "192.0.2.1 a A.example # n\n2001:db8::1 a\n192.0.2.1 a\nnonsense b\n",
		"/etc/networks": "default 0.0.0.0\nloop 127.0.0.0 lo\nshort 10.1\nbad 1.2.3.4.5\n"})
	got, ok := h.LookupHost("A")
	if want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}; !slices.Equal(got, want) || !ok {
		t.Errorf("a is %v, %v", got, ok)
	}
	if got, ok := h.LookupHost("a.EXAMPLE."); len(got) != 1 || !ok {
		t.Errorf("a.EXAMPLE. is %v, %v", got, ok)
	}
	if got, ok := h.LookupHost("localhost"); len(got) != 2 || !ok {
		t.Errorf("localhost is %v, %v though no file names it", got, ok)
	}
	for _, name := range []string{"b", "n", ""} {
		if got, ok := h.LookupHost(name); ok {
			t.Errorf("%q is %v", name, got)
		}
	}
	for name, want := range map[string]string{"loop": "127.0.0.0/8", "lo": "127.0.0.0/8", "short": "10.1.0.0/16"} {
		if got, ok := h.LookupNetwork(name); got.String() != want || !ok {
			t.Errorf("network %q is %v, %v; want %s", name, got, ok, want)
		}
	}
	for _, name := range []string{"default", "bad"} {
		if got, ok := h.LookupNetwork(name); ok {
			t.Errorf("network %q is %v", name, got)
		}
	}
}

func TestOSHostFiles(t *testing.T) {
	h, dir := OSHost(), t.TempDir()
	plain, prog := filepath.Join(dir, "plain"), filepath.Join(dir, "prog")
	for name, mode := range map[string]os.FileMode{plain: 0o644, prog: 0o700} {
		if err := os.WriteFile(name, []byte("text"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{plain: "not executable", prog: "", dir: "not a regular file", dir + "/none": "no such file"} {
		if got := errText(h.Executable(name)); got != want {
			t.Errorf("Executable(%q): %q, want %q", name, got, want)
		}
	}
	if data, err := h.ReadFile(plain); string(data) != "text" || err != nil {
		t.Errorf("ReadFile: %q, %v", data, err)
	}
	if _, err := h.ReadFile("/dev/zero"); errText(err) != "larger than 64 MiB" {
		t.Errorf("reading /dev/zero: %v", err)
	}
	if _, err := h.ReadFile(dir); err == nil {
		t.Error("a directory was read")
	}
}
