// SPDX-License-Identifier: Apache-2.0

// Package configtest gives tests of configuration a machine that is always the
// same: files in memory, accounts, IPv6, and a root that may do everything.
//
// Owns: the machine. Does not know: what is tested on it. Concurrency: as
// config.Host. Errors: those of package fs.
package configtest

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"

	"superd/services/config"
)

// etc is what the machine has in /etc unless it is given other files.
var etc = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n" +
		"daemon:x:1:1:daemon:/:/usr/sbin/nologin\n" +
		"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
		"alice:x:1000:1000:Alice:/home/alice:/bin/sh\n",
	"etc/group": "root:x:0:\ndaemon:x:1:\nmail:x:8:alice\nnogroup:x:65534:\nalice:x:1000:\nwww:x:33:alice,daemon\n",
	"etc/services": "echo 7/tcp\necho 7/udp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\ntime 37/tcp timserver\n" +
		"time 37/udp timserver\ntftp 69/udp\nfinger 79/tcp\nhttp 80/tcp www\nrsync 873/tcp\ngit 9418/tcp\n",
	"etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost\n192.0.2.7 build build.example\n" +
		"2001:db8::7 build\n",
	"etc/networks": "loopback 127.0.0.0\noffice 10.1.0.0\n",
}

// programs are there on every machine.
var programs = []string{"bin/cat", "bin/sh", "usr/sbin/fingerd", "usr/sbin/in.tftpd", "usr/bin/rsync"}

// Host makes a machine with the given files, by path; a path without a leading
// slash is below the working directory, which is /. A file whose text begins
// with #! is a program.
func Host(files map[string]string) *config.Host {
	all := fstest.MapFS{}
	for name, text := range etc {
		all[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	for _, name := range programs {
		all[name] = &fstest.MapFile{Data: []byte("#!\n"), Mode: 0o755}
	}
	for name, text := range files {
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		all[inside(name)] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	h := &config.Host{
		Root: true, HasIPv6: true,
		ReadFile: func(name string) ([]byte, error) { return all.ReadFile(inside(name)) },
		ReadDir:  func(name string) ([]fs.DirEntry, error) { return all.ReadDir(inside(name)) },
		Stat:     func(name string) (fs.FileInfo, error) { return all.Stat(inside(name)) },
		Getenv:   func(string) (string, bool) { return "", false },
		Environ:  func() []string { return []string{"PATH=/bin:/usr/bin", "LANG=C"} },
	}
	h.Executable = func(name string) error {
		switch info, err := all.Stat(inside(name)); {
		case err != nil:
			return errors.New("no such file")
		case !info.Mode().IsRegular():
			return errors.New("not a regular file")
		case info.Mode()&0o111 == 0:
			return errors.New("not executable")
		}
		return nil
	}
	config.FilesHost(h, "/etc")
	return h
}

// inside is a path as io/fs wants it.
func inside(name string) string {
	if name = strings.TrimPrefix(path.Clean(name), "/"); name == "" {
		return "."
	}
	return name
}
