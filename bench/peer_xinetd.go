// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"
)

// xinetdPlain is xinetd with the least that a service must have.
func xinetdPlain() *peer {
	return &peer{
		name: "xinetd-plain", about: "root, no limits, log; NOLIBWRAP",
		want: map[string]string{"uid": "0:0:0"}, log: "xinetd.log", lines: 2,
		config:    "xinetd.conf",
		configure: xinetdConfigure("user = root"),
	}
}

// xinetd is xinetd with all that it has of what is asked of superd.
func (b *bench) xinetd() *peer {
	return &peer{
		name: "xinetd", about: "user, groups, umask, nice, rlimits, address rules, log; NOLIBWRAP; it has no no_new_privs, no rlimit_core",
		want: map[string]string{
			"uid": three(b.nobody.Uid), "gid": three(b.nobody.Gid), "groups": "",
			"umask": "027", "nice": "5", "files": "256:256", "as": "1073741824:1073741824",
		},
		refuses: true, log: "xinetd.log", lines: 2,
		config: "xinetd.conf",
		configure: xinetdConfigure(`user = nobody
	group = nogroup
	umask = 027
	nice = 5
	rlimit_files = 256
	rlimit_as = 1024M
	only_from = 127.0.0.0/8
	no_access = ` + stranger + ` 192.0.2.0/24 2001:db8::/32`),
	}
}

// xinetdConfigure writes a file whose services have these lines besides.
func xinetdConfigure(attributes string) func(*bench, setup) ([]string, error) {
	return func(b *bench, s setup) ([]string, error) {
		argv, err := command("xinetd")
		if err != nil {
			return nil, err
		}
		file := b.program("xinetd.conf")
		text := fmt.Sprintf(xinetdHead, b.program("xinetd.log")) +
			lines(s.services, func(i int, host string, port int) string {
				args := ""
				if len(s.handler) > 1 {
					args = "server_args = " + strings.Join(s.handler[1:], " ")
				}
				return fmt.Sprintf(xinetdService, i, host, port, s.handler[0], args, attributes)
			})
		argv = append(argv, "-dontfork", "-f", file, "-filelog", b.program("xinetd.daemon.log"),
			"-pidfile", b.program("xinetd.pid"))
		return argv, os.WriteFile(file, []byte(text), 0o644)
	}
}

// cps: its default pauses a service above 50 connections a second.
const xinetdHead = `defaults
{
	log_type = FILE %s
	log_on_success = HOST PID EXIT DURATION
	log_on_failure = HOST
	instances = 100
	per_source = 100
	cps = 1000000 1
}
`

const xinetdService = `
service bench%d
{
	type = UNLISTED
	flags = NOLIBWRAP
	socket_type = stream
	protocol = tcp
	wait = no
	bind = %s
	port = %d
	server = %s
	%s
	%s
}`
