// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"superd/services/config"
)

// basePasswd and baseGroup are Debian's accounts that the oracle's machine had.
const basePasswd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/:
bin:x:2:2::/:
sys:x:3:3::/:
sync:x:4:65534::/:
games:x:5:60::/:
man:x:6:12::/:
lp:x:7:7::/:
mail:x:8:8::/:
news:x:9:9::/:
uucp:x:10:10::/:
proxy:x:13:13::/:
www-data:x:33:33::/:
backup:x:34:34::/:
list:x:38:38::/:
irc:x:39:39::/:
_apt:x:42:65534::/:
nobody:x:65534:65534::/:
`

const baseGroup = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mail:x:8:
news:x:9:
uucp:x:10:
man:x:12:
proxy:x:13:
kmem:x:15:
www-data:x:33:
backup:x:34:
operator:x:37:
list:x:38:
irc:x:39:
src:x:40:
shadow:x:42:
utmp:x:43:
staff:x:50:
games:x:60:
users:x:100:
nogroup:x:65534:
`

// oracleHost is the machine of the oracle's section B: every server and banner
// file exists, and the accounts that the file names.
func oracleHost(t *testing.T, o oracle) *config.Host {
	services, err := os.ReadFile("testdata/services")
	if err != nil {
		t.Fatal(err)
	}
	passwd, group := basePasswd, baseGroup
	for i, name := range o.users {
		passwd += fmt.Sprintf("%s:x:%d:%d::/:\n", name, 20000+i, 20000+i)
	}
	for i, name := range o.groups {
		group += fmt.Sprintf("%s:x:%d:\n", name, 21000+i)
	}
	files := fstest.MapFS{
		"etc/passwd":   {Data: []byte(passwd)},
		"etc/group":    {Data: []byte(group)},
		"etc/services": {Data: services},
		"etc/hosts":    {Data: []byte("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n")},
		"etc/xinetd.d": {Mode: fs.ModeDir | 0o755},
	}
	inside := func(name string) string { return strings.TrimPrefix(name, "/") }
	h := &config.Host{
		Root: true, HasIPv6: true,
		ReadFile: func(name string) ([]byte, error) { return files.ReadFile(inside(name)) },
		ReadDir:  func(name string) ([]fs.DirEntry, error) { return files.ReadDir(inside(name)) },
		Executable: func(name string) error {
			if strings.HasPrefix(name, "/@") { // "@SBINDIR@/tcpd": the oracle's stubs were for absolute paths
				return fs.ErrNotExist
			}
			return nil
		},
		Getenv:  func(string) (string, bool) { return "", false },
		Environ: func() []string { return nil },
	}
	h.Stat = func(name string) (fs.FileInfo, error) {
		if _, err := files.Stat(inside(name)); err != nil && strings.HasPrefix(name, "/etc/xinetd") {
			return nil, err
		}
		if info, err := files.Stat(inside(name)); err == nil {
			return info, nil
		}
		return anyFile(name), nil
	}
	h.ResolveHost = func(string) ([]netip.Addr, error) { return nil, errors.New("no network here") }
	config.FilesHost(h, "/etc")
	return h
}

// anyFile is a folder of whatever name, for "/" and the like.
type anyFile string

func (f anyFile) Name() string     { return string(f) }
func (anyFile) Size() int64        { return 0 }
func (anyFile) Mode() fs.FileMode  { return fs.ModeDir | 0o755 }
func (anyFile) ModTime() time.Time { return time.Time{} }
func (anyFile) IsDir() bool        { return true }
func (anyFile) Sys() any           { return nil }
