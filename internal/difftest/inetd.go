// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"
)

// Inetd is one of the real inetds that are compared with superd.
type Inetd struct {
	name    string
	dialect string // of -c inetd/DIALECT:FILE
	kind    Kind
	giveUp  time.Duration // how long a client may wait
}

// OpenBSDInetd is Debian's openbsd-inetd. It tells nobody when it has started;
// InetdComparison looks for its sockets.
func OpenBSDInetd() Inetd {
	return Inetd{"openbsd-inetd", "openbsd", Kind{"openbsd-inetd", func(_ *World, conf, _ string) []string {
		return []string{"/usr/sbin/inetd", "-i", conf}
	}, regexp.MustCompile(``)}, giveUp}
}

// GNUInetd is that of inetutils. It stays in the foreground only with -d, which
// gives programs a session that they do not have without; so it goes to the
// background, and a shell stands for it. At times it sleeps a second when a program
// has ended.
func GNUInetd() Inetd {
	return Inetd{"GNU's inetd", "gnu", Kind{"inetutils-inetd", func(_ *World, conf, _ string) []string {
		return []string{"/bin/sh", "-c", inBackground, "sh", conf}
	}, regexp.MustCompile(`it runs`)}, 10 * giveUp}
}

const inBackground = `unset PWD
/usr/sbin/inetutils-inetd -p"$1.pid" "$1" || exit
until pid=$(cat "$1.pid" 2>/dev/null) && test -n "$pid"; do sleep 0.01; done
trap 'kill "$pid"' TERM
echo it runs
while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done`

// superd runs files of the inetd.
func (d Inetd) superd() Kind {
	return Kind{"superd", func(w *World, conf, _ string) []string {
		return []string{w.superd, "run", "--stay-alive", "-c", "inetd/" + d.dialect + ":" + conf}
	}, regexp.MustCompile(`superd has started`)}
}

// InetdComparison is what was compared of several files.
type InetdComparison struct {
	Served int // services that reported under both

	w      *World
	of     Inetd
	values int
	silent []string
	used   map[string]int // by the excuse's subject
}

// NewInetdComparison begins one with an inetd.
func NewInetdComparison(w *World, of Inetd) *InetdComparison {
	w.giveUp = of.giveUp
	return &InetdComparison{w: w, of: of, used: map[string]int{}}
}

// Run runs one file under both and compares what the handlers of each service see.
func (c *InetdComparison) Run(name, text string) {
	w := c.w
	w.t.Helper()
	conf := w.config(text)
	var list []visited
	var all []Service
	for _, s := range w.showInetd(c.of.dialect, conf) {
		if !s.Enabled() {
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
	for k, kind := range []Kind{c.of.kind, c.of.superd()} {
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
		c.compare(name, text, v)
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
					if conn, err := w.sender(v); err == nil {
						conn.Write([]byte("x"))
						conn.Close()
					}
				}
			}
		}
	}
}

func (c *InetdComparison) compare(name, text string, v visited) {
	c.w.t.Helper()
	id, reported := name+":"+v.svc.ID, false
	for i, visit := range v.visits {
		x, s := v.answers[0][i], v.answers[1][i]
		reported = reported || x.Report != nil && s.Report != nil
		for _, p := range pairs(x, s) {
			c.values++
			if p.xinetd == p.superd {
				continue
			}
			at := slices.IndexFunc(inetdExcuses, func(e excuse) bool { return e.of(c.of) && e.is(Case{p, text, v.svc, visit, s.Report}) })
			if at < 0 {
				c.w.t.Errorf("%s: %v: %s: %s %q, superd %q", id, visit, p.key, c.of.name, p.xinetd, p.superd)
				continue
			}
			c.used[inetdExcuses[at].subject]++
		}
	}
	if reported {
		c.Served++
	} else {
		c.silent = append(c.silent, id)
	}
}

// Report logs what was compared.
func (c *InetdComparison) Report() {
	c.w.t.Logf("%s: %d services reported under both daemons, %d values compared", c.of.name, c.Served, c.values)
	c.w.t.Logf("%d services of which no client got a report under either: %v", len(c.silent), c.silent)
	for _, e := range inetdExcuses {
		if e.of(c.of) {
			c.w.t.Logf("%5d times: %s", c.used[e.subject], e.subject)
		}
	}
}

// showInetd asks superd what it makes of a file.
func (w *World) showInetd(dialect, conf string) []Service {
	w.t.Helper()
	out, err := w.root.Output("/bin/sh", "-c", `"$0" show --json -c "inetd/$1:$2" || test $? = 3`, w.superd, dialect, conf)
	w.check(err)
	var all struct{ Services []Service }
	w.check(json.Unmarshal([]byte(out), &all))
	return all.Services
}
