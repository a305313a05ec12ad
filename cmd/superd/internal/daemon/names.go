// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"superd/services/config"
	"superd/spawn"
)

// lookupLimit bounds one question to a resolver or directory service.
const lookupLimit = 5 * time.Second

// unprivileged is who asks: an id that nothing else has is enough.
const unprivileged = 65534

// Plug gives host the look-ups that files cannot answer. Each is asked of
// getent, in a short-lived unprivileged child: what a name server answers is
// from the network, and root reads nothing that is.
func Plug(host *config.Host) {
	host.ResolveHost = func(name string) ([]netip.Addr, error) {
		out, err := getent(host, "ahosts", name)
		if err != nil {
			return nil, err
		}
		var list []netip.Addr
		for line := range strings.Lines(out) {
			f := strings.Fields(line)
			if len(f) < 2 || f[1] != "STREAM" {
				continue
			}
			if a, err := netip.ParseAddr(f[0]); err == nil {
				list = append(list, a.Unmap())
			}
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("cannot resolve %q: no address", name)
		}
		return list, nil
	}
	users, groups := host.LookupUser, host.LookupGroup
	host.LookupUser = func(name string) (config.User, error) {
		u, err := users(name)
		if err == nil || !beyondFiles(host, "passwd") {
			return u, err
		}
		return directoryUser(host, name, err)
	}
	host.LookupGroup = func(name string) (uint32, error) {
		gid, err := groups(name)
		if err == nil || !beyondFiles(host, "group") {
			return gid, err
		}
		f, err2 := entry(host, "group", name, 4)
		if err2 != nil {
			return 0, err
		}
		return number32(f[2])
	}
}

// beyondFiles tells whether nsswitch.conf(5) has a source for a database beside
// the files, which have been asked already.
func beyondFiles(host *config.Host, database string) bool {
	data, err := host.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		name, sources, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != database {
			continue
		}
		for _, s := range strings.Fields(sources) {
			if s != "files" && s != "compat" && !strings.HasPrefix(s, "[") {
				return true
			}
		}
	}
	return false
}

func directoryUser(host *config.Host, name string, notInFiles error) (config.User, error) {
	f, err := entry(host, "passwd", name, 7)
	if err != nil {
		return config.User{}, notInFiles
	}
	u := config.User{Name: f[0], Home: f[5], Shell: f[6], InDB: true}
	if u.UID, err = number32(f[2]); err != nil {
		return u, err
	}
	u.GID, err = number32(f[3])
	return u, err
}

// entry asks for one line of a database, of n fields.
func entry(host *config.Host, database, key string, n int) ([]string, error) {
	out, err := getent(host, database, key)
	if err != nil {
		return nil, err
	}
	f := strings.Split(strings.TrimSuffix(out, "\n"), ":")
	if len(f) != n {
		return nil, fmt.Errorf("cannot look up %q: getent gave %q", key, out)
	}
	return f, nil
}

func number32(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}

// getent asks the machine's name service switch.
func getent(host *config.Host, database, key string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
	defer cancel()
	sp := spawn.Spec{Path: "/usr/bin/getent", Argv: []string{"getent", database, key}, Env: []string{"PATH=" + basePath}, Umask: 0o77,
		Setsid: true, NoNewPrivs: true, Bounding: 0}
	if host.Root {
		sp.Identity = spawn.Identity{Set: true, UID: unprivileged, GID: unprivileged}
	} else {
		sp.Bounding = ^uint64(0)
	}
	if strings.HasPrefix(key, "-") {
		return "", fmt.Errorf("cannot look up %q: it begins with a dash", key)
	}
	if _, err := os.Stat(sp.Path); err != nil {
		return "", fmt.Errorf("cannot look up %q: it is in none of the machine's files, and there is no %s to ask further", key, sp.Path)
	}
	out, exit, err := spawn.Run(ctx, sp, nil)
	if err != nil {
		return "", fmt.Errorf("cannot look up %q: %w", key, err)
	}
	if exit.Status != 0 {
		return "", fmt.Errorf("cannot look up %q: not known", key)
	}
	return string(out), nil
}
