// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// connections prints one table a number of clients.
func (r *report) connections(h handler, peers []*peer, all map[string]series) {
	for _, c := range clients {
		r.title(fmt.Sprintf("Connections, %s, c=%d", h.name, c))
		var rows [][]string
		for _, p := range peers {
			s := all[p.name][c]
			row := []string{p.name, number("%.1f", median(column(s, cpuOf)))}
			for _, base := range []string{"floor", "floor-equal"} {
				row = append(row, ratio(s, all[base][c]))
			}
			rows = append(rows, append(row,
				number("%.0f", median(column(s, perSecOf))),
				number("%.0f", median(column(s, p50Of))),
				number("%.0f", median(column(s, p99Of)))))
		}
		r.table("server|CPU us/conn|x floor|x equal|conn/s|p50 us|p99 us", rows)
	}
}

func number(format string, v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

func ratio(over, under []sample) string {
	return number("%.2f", median(ratios(column(over, cpuOf), column(under, cpuOf))))
}

// aims compares superd with what the project promises.
func (r *report) aims(all map[string]series) {
	if all["superd"] == nil {
		return
	}
	r.title("superd's aims, CPU time a connection")
	for _, aim := range []struct {
		peer string
		most float64
	}{{"floor-equal", 1.15}, {"tcpserver", 0.72}, {"xinetd-plain", 0.35}, {"xinetd", 0.35}} {
		for _, c := range clients {
			q := median(ratios(column(all["superd"][c], cpuOf), column(all[aim.peer][c], cpuOf)))
			if q == 0 {
				continue
			}
			r.aim(fmt.Sprintf("c=%d: %.2f x %s (at most %.2f)", c, q, aim.peer, aim.most), q <= aim.most)
		}
	}
}

func (r *report) aim(what string, met bool) {
	word := "MISSED"
	if met {
		word = "met"
	}
	r.printf("  %-6s  %s\n", word, what)
}

// scale prints what many services cost, and superd's aims for it.
func (r *report) scale(points []*scalePoint) {
	r.title("Many idle services, handler without libc, c=1, connections to the last one")
	few := map[string]*scalePoint{}
	for _, pt := range points {
		if pt.services == 10 {
			few[pt.peer.name] = pt
		}
	}
	var rows [][]string
	for _, pt := range points {
		row := []string{fmt.Sprintf("%s, %d", pt.peer.name, pt.services)}
		if pt.err != nil {
			rows = append(rows, append(row, "-", "-", "-", "-", "-", "-", "-"))
			continue
		}
		rows = append(rows, append(row,
			number("%.1f", median(column(pt.samples, cpuOf))),
			ratio(pt.samples, few[pt.peer.name].samples),
			number("%.0f", median(column(pt.samples, p50Of))),
			number("%.1f", float64(pt.rss)/1024),
			number("%.1f", float64(pt.peak)/1024),
			number("%.2f", pt.start.Seconds()),
			number("%.2f", pt.reload.Seconds())))
	}
	r.table("server, services|CPU us/conn|x at 10|p50 us|MiB|MiB peak of reload|start s|reload s", rows)
	for _, pt := range points {
		if pt.peer.name == "superd" && pt.services == 10000 && pt.err == nil {
			q := median(ratios(column(pt.samples, cpuOf), column(few["superd"].samples, cpuOf)))
			r.title("superd's aims at 10,000 services")
			r.aim(fmt.Sprintf("CPU time %.2f x that at 10 services (at most 1.10)", q), q <= 1.10)
			r.aim(fmt.Sprintf("%.1f MB of memory (under 40)", float64(pt.rss)*1024/1e6), pt.rss*1024 < 40e6)
		}
	}
}
