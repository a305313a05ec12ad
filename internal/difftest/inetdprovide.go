// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ProvideInetd makes what an inetd.conf speaks of: programs, accounts, names of
// services, addresses.
func (w *World) ProvideInetd(conf string) {
	services, err := w.root.ReadFile("/etc/services")
	w.check(err)
	for line := range strings.Lines(conf) {
		f := strings.Fields(line)
		if len(f) < 6 || f[0][0] == '#' {
			continue
		}
		at := strings.LastIndexByte(f[0], ':') + 1
		name := f[0][at:]
		for host := range strings.SplitSeq(f[0][:max(0, at-1)], ",") {
			if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
				w.AddAddr(a)
			}
		}
		proto := f[2][:min(3, len(f[2]))]
		if known := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `\s+\d+/` + proto); strings.Trim(name, "0123456789") != "" &&
			!strings.Contains(name, "/") && !known.MatchString(services) {
			services += fmt.Sprintf("\n%s %d/%s\n", name, 20000+strings.Count(services, "\n"), proto)
			w.write("/etc/services", services, 0o644)
		}
		if filepath.IsAbs(name) { // a local socket
			w.root.Do(func() { err = os.MkdirAll(filepath.Dir(name), 0o755) })
			w.check(err)
		}
		user, group, _ := strings.Cut(strings.Replace(f[4], ".", ":", 1), ":")
		w.account(user)
		if group != "" {
			w.group(group)
		}
		for _, program := range f[5:min(7, len(f))] {
			if filepath.IsAbs(program) && filepath.Base(program) != "tcpd" {
				w.link(program)
			}
		}
	}
}
