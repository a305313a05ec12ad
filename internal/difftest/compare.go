// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Comparison is what a test has compared so far.
type Comparison struct {
	t      testing.TB
	served []string // "FILE:ID" of those of which a handler reported under both
	silent []string // those of which no client got a report under either
	only   []string // those of which xinetd has no socket
	values int
	used   map[string]map[string]bool // by Difference.Subject, the services in which it was seen
}

// NewComparison makes an empty one.
func NewComparison(t testing.TB) *Comparison {
	return &Comparison{t: t, used: map[string]map[string]bool{}}
}

// visited is what the clients of one service got, in the order of its Visits.
type visited struct {
	svc     Service
	visits  []Visit
	answers [2][]Answer // by Kinds
}

// Run runs one file under both daemons and compares.
func (c *Comparison) Run(w *World, name, text string) {
	c.t.Helper()
	conf := w.config(text)
	var list []visited
	var all []Service
	for _, s := range w.Show(conf) {
		if !s.Enabled() {
			continue
		}
		visits, err := s.Visits()
		if err != nil {
			c.t.Errorf("%s: %s: %v", name, s.ID, err)
			continue
		}
		for _, v := range visits {
			w.AddAddr(v.From)
		}
		all = append(all, s)
		list = append(list, visited{svc: s, visits: visits})
	}
	if len(list) == 0 {
		return
	}
	for k, kind := range Kinds {
		d := w.Start(kind, conf)
		for i := range list {
			for _, v := range list[i].visits {
				list[i].answers[k] = append(list[i].answers[k], w.Visit(list[i].svc, v))
			}
		}
		d.Stop(all)
	}
	for _, v := range list {
		c.compare(name, text, v)
	}
}

// compare compares the answers of one service.
func (c *Comparison) compare(name, text string, v visited) {
	c.t.Helper()
	id := name + ":" + v.svc.ID
	if len(v.visits) == 0 {
		return
	}
	if !slices.ContainsFunc(v.answers[0], func(a Answer) bool { return a.Outcome != closed }) {
		c.only = append(c.only, id)
	}
	reported := false
	for i, visit := range v.visits {
		x, s := v.answers[0][i], v.answers[1][i]
		where := fmt.Sprintf("%s: %v", id, visit)
		both := x.Report != nil && s.Report != nil
		reported = reported || both
		for _, pair := range pairs(x, s) {
			c.values++
			if pair.xinetd != pair.superd && !c.written(id, Case{pair, text, v.svc, visit, s.Report}) {
				c.t.Errorf("%s: %s: xinetd %q, superd %q", where, pair.key, pair.xinetd, pair.superd)
			}
		}
	}
	if !reported {
		c.silent = append(c.silent, id)
		return
	}
	c.served = append(c.served, id)
}

// pair is one thing that both daemons' clients or handlers saw. What is not there
// is "-".
type pair struct{ key, xinetd, superd string }

// pairs are the things to compare of two answers.
func pairs(x, s Answer) []pair {
	list := []pair{{"outcome", x.Outcome, s.Outcome}}
	if x.Outcome != s.Outcome {
		return list
	}
	list = append(list, pair{"banner", x.Banner, s.Banner}, pair{"socket file", x.File, s.File})
	for _, k := range keys(x.Report, s.Report) {
		list = append(list, pair{k, value(x.Report, k), value(s.Report, k)})
	}
	return list
}

func value(r Report, key string) string {
	v, ok := r[key]
	if !ok {
		return "-"
	}
	if strings.HasSuffix(key, ".peername") {
		return anyPort(v)
	}
	return v
}

// Case is a pair that differs, and all that may excuse it.
type Case struct {
	pair
	text  string // the file
	svc   Service
	visit Visit
	got   Report // of superd's handler
}

// written finds the difference that allows a case.
func (c *Comparison) written(id string, x Case) bool {
	for _, d := range Differences {
		if d.is(x) {
			if c.used[d.Subject] == nil {
				c.used[d.Subject] = map[string]bool{}
			}
			c.used[d.Subject][id] = true
			return true
		}
	}
	return false
}

// Report logs what was compared.
func (c *Comparison) Report() {
	c.t.Logf("%d services served under both, %d values compared", len(c.served), c.values)
	c.t.Logf("%d services of which no client got a report under either: %v", len(c.silent), c.silent)
	c.t.Logf("%d services of which xinetd has no socket: %v", len(c.only), c.only)
	for _, d := range Differences {
		c.t.Logf("written difference in %d services: %s", len(c.used[d.Subject]), d.Subject)
	}
}

// Served is how many services reported under both.
func (c *Comparison) Served() int { return len(c.served) }
