// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// pools prints one table a number of clients.
func (r *report) pools(peers []*peer, all map[string]series) {
	for _, c := range clients {
		r.title(fmt.Sprintf("Pools, a line and its answer, c=%d", c))
		var rows [][]string
		for _, p := range peers {
			s := all[p.name][c]
			rows = append(rows, []string{p.name,
				number("%.1f", median(column(s, cpuOf))),
				ratioOf(cpuOf, s, all[preForkName][c], "%.2f"),
				number("%.0f", median(column(s, perSecOf))),
				ratioOf(perSecOf, s, all[ceilingName][c], "%.3f"),
				ratioOf(perSecOf, s, all[preForkName][c], "%.2f"),
				ratioOf(perSecOf, s, all[simpleName][c], "%.2f"),
				ratioOf(perSecOf, s, all[xinetdFor(p.name)][c], "%.1f"),
				number("%.0f", median(column(s, p50Of))),
				number("%.0f", median(column(s, p99Of)))})
		}
		r.table("server|CPU us/conn|x PreFork|conn/s|x Go|x PreFork|x Simple|x xinetd|p50 us|p99 us", rows)
	}
}

// paced prints what a client waits for where there is time for everything.
func (r *report) paced(peers []*peer, all map[string][]sample) {
	var rows [][]string
	for _, p := range peers {
		if s := all[p.name]; s != nil {
			rows = append(rows, []string{p.name,
				number("%.1f", median(column(s, cpuOf))),
				number("%.0f", median(column(s, answer50Of))),
				ratioOf(answer50Of, s, all[xinetdFor(p.name)], "%.3f"),
				number("%.0f", median(column(s, p50Of))),
				ratioOf(p50Of, s, all[xinetdFor(p.name)], "%.3f"),
				number("%.0f", median(column(s, p99Of)))})
		}
	}
	if rows == nil {
		return
	}
	r.title(fmt.Sprintf("The Python handler at %d connections a second", pacedRate))
	r.table("server|CPU us/conn|answer p50 us|x xinetd|end p50 us|x xinetd|end p99 us", rows)
}

func ratioOf(of func(sample) float64, over, under []sample, format string) string {
	return number(format, median(ratios(column(over, of), column(under, of))))
}

// poolAims compares superd's pools with what the project promises.
func (r *report) poolAims(busy map[string]series, calm map[string][]sample) {
	r.title("superd's aims for pools")
	for _, aim := range []struct {
		ours, theirs string
		least        float64
	}{
		{perlAcceptName, simpleName, 0.95},
		{perlPassName, preForkName, 0.9},
		{pyPassName, pyXinetdName, 100},
		{pyPassName + withImports, pyXinetdName + withImports, 100},
	} {
		for _, c := range clients {
			q := median(ratios(column(busy[aim.ours][c], perSecOf), column(busy[aim.theirs][c], perSecOf)))
			if q > 0 {
				r.aim(fmt.Sprintf("c=%d: %s makes %.2f x the connections/s of %s (at least %.2f)", c, aim.ours, q, aim.theirs, aim.least), q >= aim.least)
			}
		}
	}
	for _, ours := range []string{pyStdioName, pyStdioName + withImports} {
		theirs := xinetdFor(ours)
		if q := median(ratios(column(calm[ours], answer50Of), column(calm[theirs], answer50Of))); q > 0 {
			r.aim(fmt.Sprintf("%d/s: p50 to the answer of %s is %.3f x that of %s (below 0.1)", pacedRate, ours, q, theirs), q < 0.1)
		}
	}
}
