// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
)

// superdPeer runs superd with everything on that the comparison speaks of.
func (b *bench) superdPeer() *peer {
	return &peer{
		name:  "superd",
		about: "user, groups, umask, nice, rlimits, no_new_privs, address rules, limits, log",
		want:  b.everything(), refuses: true, log: "superd.log", lines: 2,
		config: "superd.toml",
		configure: func(b *bench, s setup) ([]string, error) {
			if !isFile(b.superd) {
				return nil, fmt.Errorf("no %q", b.superd)
			}
			file := b.program("superd.toml")
			text := fmt.Sprintf(superdHead, b.program("superd.log"), b.program("superd.pid"), b.program("superd.sock")) +
				lines(s.services, func(i int, host string, port int) string {
					return fmt.Sprintf(superdService, i, host, port, quoteAll(s.handler))
				})
			return []string{b.superd, "run", "-c", file}, os.WriteFile(file, []byte(text), 0o644)
		},
	}
}

const superdHead = `[daemon]
log_file = %q
pid_file = %q
control = %q

[defaults]
user = "nobody"
group = "nogroup"
umask = "027"
nice = 5
rlimit_files = 256
rlimit_core = 0
rlimit_as = "1G"
no_new_privs = true
only_from = ["127.0.0.0/8"]
no_access = ["` + stranger + `", "192.0.2.0/24", "2001:db8::/32"]
max_servers = 100
per_source = 100
log_on_success = ["HOST", "PID", "EXIT", "DURATION"]
log_on_failure = ["HOST"]
`

const superdService = `
[services.bench%d]
host = %q
port = %d
exec = %s`
