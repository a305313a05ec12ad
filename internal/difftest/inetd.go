// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// InetdKinds are openbsd-inetd and superd on its files.
var InetdKinds = []Kind{
	{"openbsd-inetd", func(_ *World, conf, _ string) []string {
		return []string{"/usr/sbin/inetd", "-i", conf}
	}, regexp.MustCompile(``)}, // it tells nobody; World.Inetd looks for its sockets
	{"superd", func(w *World, conf, _ string) []string {
		return []string{w.superd, "run", "--stay-alive", "-c", "inetd/openbsd:" + conf}
	}, regexp.MustCompile(`superd has started`)},
}

// InetdDifferences are all things in which handlers of superd see something else
// than those of openbsd-inetd, on purpose.
var InetdDifferences = []Difference{
	{"TCPREMOTEIP and its like", "sets none", "sets PROTO, and of a connection REMOTE_* and TCP*", "what other super-servers tell, every handler finds", remoteWords},
	{"inetd_dummy", "adds it to the environment", "does not", "it is room for process titles",
		func(c Case) bool { return c.key == "env inetd_dummy" && c.superd == "-" }},
	{"limit on descriptors", "the soft limit that it was started with", "1024, or what it was started with", "a program that closes all up to its limit must not inherit superd's own",
		func(c Case) bool { return c.key == "rlimit_files" && c.superd == "1024:3000" }},
	{"CR LF", "takes the CR for part of the last word", "passes over the CR", "what openbsd-inetd does helps nobody", carriageReturn},
	{"continued line of plain tcp", "gives the IPv6 program what stands in the first line alone", "gives both all arguments", "what openbsd-inetd does helps nobody", continuedLine},
}

func carriageReturn(c Case) bool {
	if !strings.Contains(c.text, "\r\n") {
		return false
	}
	return c.key == "outcome" && c.xinetd == turned && c.superd == served || c.xinetd == c.superd+`\x0d`
}

// continuedLine: on the IPv4 socket both see all arguments.
func continuedLine(c Case) bool {
	return c.visit.From.Is6() && continued.MatchString(c.text) && (c.key == "argc" && c.xinetd < c.superd || strings.HasPrefix(c.key, "argv") && c.xinetd == "-" || c.key == "argv0")
}

var continued = regexp.MustCompile(`(?m)^[^#\s].*\n[ \t]+\S`)

// remoteWords: each must agree with what the socket says.
func remoteWords(c Case) bool {
	addr, _ := parse(c.got["fd0.peername"])
	return moreWords(c) || c.key == "env REMOTE_HOST" && c.xinetd == "-" && c.superd == addr
}

// InetdComparison is what was compared of several files.
type InetdComparison struct {
	Served int
	values int
	silent []string
	used   map[string]int
}

// Inetd runs one file of openbsd-inetd under both and compares what the handlers of
// each service see.
func (w *World) Inetd(c *InetdComparison, name, text string) {
	w.t.Helper()
	conf := w.config(text)
	var list []visited
	var all []Service
	for _, s := range w.showInetd(conf) {
		if !s.Enabled() || strings.HasPrefix(s.Sockets[0].Network, "unix") {
			continue
		}
		visits, err := s.Visits()
		w.check(err)
		all = append(all, s)
		list = append(list, visited{svc: s, visits: visits})
	}
	if len(list) == 0 {
		return
	}
	for k, kind := range InetdKinds {
		d := w.Start(kind, conf)
		w.bindAll(all)
		for i := range list {
			for _, v := range list[i].visits {
				list[i].answers[k] = append(list[i].answers[k], w.Visit(list[i].svc, v))
			}
		}
		d.Stop(nil)
		w.unbind(all)
	}
	for _, v := range list {
		c.compare(w, name, text, v)
	}
}

// bindAll waits until the services' sockets are there, but not for those that never
// will be.
func (w *World) bindAll(all []Service) {
	for deadline := time.Now().Add(giveUp); time.Now().Before(deadline); time.Sleep(poll) {
		if !slices.ContainsFunc(all, func(s Service) bool { return !w.bound(s) }) {
			return
		}
	}
}

// unbind waits until the services' sockets are gone. openbsd-inetd may have started
// one more program for a datagram that was read already; the next one ends it.
func (w *World) unbind(all []Service) {
	w.t.Helper()
	for _, s := range all {
		for deadline := time.Now().Add(patience); w.bound(s); time.Sleep(poll) {
			if time.Now().After(deadline) {
				w.t.Fatalf("the socket of %s is still open", s.ID)
			}
			if visits, err := s.Visits(); err == nil && s.Datagram() {
				for _, v := range visits {
					if conn, err := w.dial(net.Dialer{}, "udp", v); err == nil {
						conn.Write([]byte("x"))
						conn.Close()
					}
				}
			}
		}
	}
}

func (c *InetdComparison) compare(w *World, name, text string, v visited) {
	w.t.Helper()
	if c.used == nil {
		c.used = map[string]int{}
	}
	id, reported := name+":"+v.svc.ID, false
	for i, visit := range v.visits {
		x, s := v.answers[0][i], v.answers[1][i]
		reported = reported || x.Report != nil && s.Report != nil
		for _, p := range pairs(x, s) {
			c.values++
			if p.xinetd == p.superd {
				continue
			}
			at := slices.IndexFunc(InetdDifferences, func(d Difference) bool { return d.is(Case{p, text, v.svc, visit, s.Report}) })
			if at < 0 {
				w.t.Errorf("%s: from %v to %v: %s: openbsd-inetd %q, superd %q", id, visit.From, visit.To, p.key, p.xinetd, p.superd)
				continue
			}
			c.used[InetdDifferences[at].Subject]++
		}
	}
	if reported {
		c.Served++
	} else {
		c.silent = append(c.silent, id)
	}
}

// Report logs what was compared.
func (c *InetdComparison) Report(w *World) {
	w.t.Logf("%d services reported under both daemons, %d values compared", c.Served, c.values)
	w.t.Logf("%d services of which no client got a report under either: %v", len(c.silent), c.silent)
	for _, d := range InetdDifferences {
		w.t.Logf("%5d times: %s", c.used[d.Subject], d.Subject)
	}
}

// showInetd asks superd what it makes of a file.
func (w *World) showInetd(conf string) []Service {
	w.t.Helper()
	out, err := w.root.Output("/bin/sh", "-c", `"$0" show --json -c "inetd/openbsd:$1" || test $? = 3`, w.superd, conf)
	w.check(err)
	var all struct{ Services []Service }
	w.check(json.Unmarshal([]byte(out), &all))
	return all.Services
}

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
