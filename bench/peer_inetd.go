// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"
)

func inetdRoot() *peer {
	return &peer{
		name: "openbsd-inetd-root", about: "root; it has no limits and no log of connections",
		want:      map[string]string{"uid": "0:0:0"},
		config:    "inetd.conf",
		configure: inetdConfigure("root"),
	}
}

// inetd does initgroups at each connection, as it always does for a user.
func (b *bench) inetd() *peer {
	return &peer{
		name: "openbsd-inetd", about: "user; it has no limits and no log of connections", slow: 2,
		want:      map[string]string{"uid": three(b.nobody.Uid), "gid": three(b.nobody.Gid)},
		config:    "inetd.conf",
		configure: inetdConfigure("nobody"),
	}
}

func inetdConfigure(user string) func(*bench, setup) ([]string, error) {
	return func(b *bench, s setup) ([]string, error) {
		argv, err := command("inetd")
		if err != nil {
			return nil, err
		}
		file := b.program("inetd.conf")
		text := lines(s.services, func(_ int, host string, port int) string {
			return fmt.Sprintf("%s:%d stream tcp nowait %s %s %s", host, port, user, s.handler[0], strings.Join(s.handler, " "))
		})
		// -R: its default ends a service above 256 connections a minute.
		return append(argv, "-i", "-R", "100000000", file), os.WriteFile(file, []byte(text), 0o644)
	}
}
