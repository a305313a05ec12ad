// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
)

func floor() *peer {
	return &peer{
		name: "floor", about: "C: accept, vfork, exec, waitpid; nothing else",
		want: map[string]string{"uid": "0:0:0"},
		configure: func(b *bench, s setup) ([]string, error) {
			return append([]string{b.program("floor"), "127.0.0.1", "20000"}, s.handler...), nil
		},
	}
}

func (b *bench) floorEqual() *peer {
	return &peer{
		name: "floor-equal", about: "the same with session, user, groups, umask, nice, rlimits, no_new_privs, two log lines",
		want: b.everything(), log: "floor.log", lines: 2,
		configure: func(b *bench, s setup) ([]string, error) {
			return append([]string{b.program("floor-equal"), "127.0.0.1", "20000",
				b.program("floor.log"), b.nobody.Uid, b.nobody.Gid}, s.handler...), nil
		},
	}
}

// everything is what the probe says where all that this comparison asks for is
// in force.
func (b *bench) everything() map[string]string {
	return map[string]string{
		"uid": three(b.nobody.Uid), "gid": three(b.nobody.Gid), "groups": "",
		"umask": "027", "nice": "5", "no_new_privs": "1",
		"files": "256:256", "core": "0:0", "as": "1073741824:1073741824",
	}
}

// three is an id as real, effective and saved.
func three(id string) string { return id + ":" + id + ":" + id }

func (b *bench) tcpserver() *peer {
	return &peer{
		name: "tcpserver", about: "ucspi-tcp; drops user and group once, at start; no limits, no log",
		want: map[string]string{"uid": three(b.nobody.Uid), "gid": three(b.nobody.Gid)},
		configure: func(b *bench, s setup) ([]string, error) {
			argv, err := command("tcpserver")
			if err != nil {
				return nil, err
			}
			// -H -R -l0: no lookups of names or of the client's user.
			argv = append(argv, "-q", "-H", "-R", "-l0", "-c1000", "-b4096",
				"-u"+b.nobody.Uid, "-g"+b.nobody.Gid, "127.0.0.1", "20000")
			return append(argv, s.handler...), nil
		},
	}
}

func (b *bench) socat() *peer {
	return &peer{
		name: "socat", about: "fork, EXEC with nofork (it relays no bytes); user; no limits, no log", slow: 2,
		want: map[string]string{"uid": three(b.nobody.Uid)},
		configure: func(b *bench, s setup) ([]string, error) {
			argv, err := command("socat")
			if err != nil {
				return nil, err
			}
			return append(argv, "TCP4-LISTEN:20000,bind=127.0.0.1,reuseaddr,fork,backlog=4096,su=nobody",
				"EXEC:"+strings.Join(s.handler, " ")+",nofork"), nil
		},
	}
}

// quoteAll writes a list of strings as TOML has it.
func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// lines writes one text a service, in the order of their addresses.
func lines(services int, one func(i int, host string, port int) string) string {
	var text strings.Builder
	for i := range services {
		host, port := service(i)
		fmt.Fprintln(&text, one(i, host, port))
	}
	return text.String()
}
