// SPDX-License-Identifier: Apache-2.0

package services

import "strings"

// Suggest returns the native attribute that a person who wrote name may have
// meant, or "": one spelled alike, or the one that xinetd or Net::Server call so.
func Suggest(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	if a, ok := aliases[name]; ok {
		return table[a].Name
	}
	return nearest(name, names)
}

// names are all native names; aliases lead from other spellings to rows.
var names, aliases = spellings()

func spellings() (names []string, aliases map[string]AttrID) {
	aliases = map[string]AttrID{
		// What other super-servers and people say.
		"instance": MaxServers, "max_instances": MaxServers, "max_connections": MaxServers, "limit": MaxServers,
		"command": Exec, "cmd": Exec, "program": Exec, "args": Exec, "argv": Exec, "execstart": Exec,
		"address": HostAddr, "addr": HostAddr, "listen_address": HostAddr, "ip": HostAddr,
		"type": Mode, "personality": Mode, "backlog": Listen,
		"cwd": WorkingDirectory, "directory": WorkingDirectory, "chdir": WorkingDirectory,
		"uid": User, "gid": Group, "supplementary_groups": Group, "environment": Env, "pass_environment": PassEnv,
		"family": IPv, "ipv4": IPv, "ipv6": IPv, "interface_name": Device, "bind_to_device": Device,
		"timeout": SessionTimeout, "rlimit_nofile": RlimitFiles, "pidfile": PidFile, "logfile": LogFile,
		"includedir": Include, "enabled": Disable, "disabled": Disable,
	}
	for i := range table {
		a := &table[i]
		names = append(names, a.Name)
		for _, other := range strings.Fields(a.Xinetd + " " + a.NetServer) {
			// "flags NODELAY" names a value, and its first word says nothing.
			if other != "flags" && strings.ToLower(other) == other {
				aliases[other] = a.ID
			}
		}
	}
	for _, n := range names {
		delete(aliases, n) // native names mean themselves
	}
	return names, aliases
}

// nearest returns the word that s is a slip of, or "": at most one mistake, two
// from eight letters on. A letter too much, one missing, a wrong one
// and two exchanged count as one mistake each.
func nearest(s string, words []string) string {
	best, at := "", min(max(len(s)/4, 1), 2)+1
	if len(s) < 3 || len(s) > 60 {
		return ""
	}
	s = strings.ToLower(s)
	for _, w := range words {
		if d := distance(s, strings.ToLower(w)); d < at {
			best, at = w, d
		}
	}
	return best
}

// distance is the optimal string alignment distance.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			swap := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				swap++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, swap)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
