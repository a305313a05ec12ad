// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"superd/cmd/superd/internal/screen"
	"superd/services/event/control"
)

// writeStatus prints all services for people, in so many columns.
func writeStatus(w io.Writer, st *control.Status, width int) {
	for _, line := range screen.Summary(st, width) {
		fmt.Fprintln(w, line)
	}
	if len(st.Services) == 0 {
		return
	}
	fmt.Fprintln(w)
	table := screen.NewTable(width, screen.ServiceColumns(width)...)
	rows := make([][]string, len(st.Services))
	for i := range st.Services {
		rows[i] = screen.ServiceCells(&st.Services[i], width)
		table.Fit(rows[i])
	}
	fmt.Fprintln(w, table.Header())
	for _, row := range rows {
		fmt.Fprintln(w, table.Row(row))
	}
	first := true
	for i := range st.Services {
		for _, note := range remarks(&st.Services[i]) {
			if first {
				fmt.Fprintln(w)
				first = false
			}
			fmt.Fprintf(w, "%s: %s\n", printable(st.Services[i].ID), printable(note))
		}
	}
}

// remarks is what a reader of the table should know of a service.
func remarks(s *control.Service) []string {
	var out []string
	switch s.State {
	case control.Unbound, control.Rejected:
		if s.Reason != "" {
			out = append(out, s.Reason)
		}
	case control.Paused:
		out = append(out, "paused: "+s.Reason)
	}
	if s.Kept != "" {
		out = append(out, "kept as it was: "+s.Kept)
	}
	for i := range s.Overrides {
		out = append(out, overridden(&s.Overrides[i]))
	}
	return out
}

// overridden words what somebody asked for.
func overridden(o *control.Override) string {
	what := o.What
	if o.Servers > 0 {
		what += " " + strconv.FormatInt(o.Servers, 10)
	}
	who := "uid " + strconv.Itoa(o.UID)
	if o.UID == 0 {
		who = "root"
	}
	return fmt.Sprintf("%s by %s (process %d) at %s", what, who, o.Pid, o.Time.Local().Format(time.DateTime))
}

// writeService prints all that there is to know of a service. By its name, which is
// not unique, there may be several.
func writeService(w io.Writer, st *control.Status) {
	for i := range st.Services {
		if i > 0 {
			fmt.Fprintln(w)
		}
		s := &st.Services[i]
		fmt.Fprintf(w, "%s: %s, mode %s, %s\n", printable(s.ID), s.State, s.Mode, printable(s.Source))
		for _, note := range remarks(s) {
			fmt.Fprintf(w, "  %s\n", printable(note))
		}
		for _, k := range s.Sockets {
			fmt.Fprintf(w, "  listens on %s %s%s\n", k.Network, printable(k.Address), socketState(&k))
		}
		writeNumbers(w, s)
		writeSessions(w, s, st.Time.Local())
	}
}

func socketState(k *control.Socket) string {
	switch {
	case k.HeldBy > 0:
		return fmt.Sprintf(", which process %d has", k.HeldBy)
	case !k.Watched:
		return ", where clients wait"
	}
	return ""
}

func writeNumbers(w io.Writer, s *control.Service) {
	most := "no limit"
	if s.MaxServers != nil {
		most = fmt.Sprintf("at most %d", *s.MaxServers)
	}
	fmt.Fprintf(w, "  handlers: %d (%s), of these %d start\n", s.Running, most, s.Starting)
	writePool(w, s.Pool)
	c := &s.Counts
	fmt.Fprintf(w, "  clients: %d, %d in the last minute; handlers started %d, ended %d, failed %d, timed out %d\n", c.Accepted, s.PerMinute,
		c.Started, c.Exited, c.Failed, c.TimedOut)
	if c.NotRun > 0 {
		fmt.Fprintf(w, "  commands of hosts.allow and hosts.deny that were too many: %d\n", c.NotRun)
	}
	if len(s.Refused) == 0 {
		fmt.Fprintf(w, "  refused: %d\n", c.Refused)
		return
	}
	var parts []string
	for _, reason := range slices.SortedFunc(maps.Keys(s.Refused), func(a, b string) int {
		if s.Refused[a] != s.Refused[b] {
			return int(max(-1, min(1, int64(s.Refused[b])-int64(s.Refused[a]))))
		}
		return strings.Compare(a, b)
	}) {
		parts = append(parts, fmt.Sprintf("%s %d", printable(reason), s.Refused[reason]))
	}
	fmt.Fprintf(w, "  refused: %d (%s)\n", c.Refused, strings.Join(parts, ", "))
}

// writePool prints what php-fpm's status page has of a pool.
func writePool(w io.Writer, p *control.Pool) {
	if p == nil {
		return
	}
	var states []string
	for _, x := range []struct {
		what string
		n    int
	}{{"idle", p.Idle}, {"busy", p.Busy}, {"unreported", p.Unreported}, {"starting", p.Starting}, {"retiring", p.Retiring}, {"stopping", p.Stopping}} {
		if x.n > 0 {
			states = append(states, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	fmt.Fprintf(w, "  workers (%s): %s; at most %d, most busy at one time %d\n", p.Worker, cmp.Or(strings.Join(states, ", "), "none"), p.MaxServers, p.MostBusy)
	if p.MaxServers != p.Configured {
		fmt.Fprintf(w, "  max_servers in the configuration: %d\n", p.Configured)
	}
	if p.Waiting >= 0 {
		fmt.Fprintf(w, "  clients without a worker: %d; the limit was reached %d times\n", p.Waiting, p.Counts.MaxReached)
	}
	k := &p.Counts
	fmt.Fprintf(w, "  workers started %d, retired %d, died early %d, died later %d, killed %d; clients cut %d, passed again %d\n", k.Started, k.Retired,
		k.DiedEarly, k.Died, k.Killed, k.Cut, k.PassedAgain)
	if p.Pause > 0 {
		fmt.Fprintf(w, "  workers died %d times in a row; the next one is tried in %.1f s\n", p.Failures, p.Pause)
	}
}

func writeSessions(w io.Writer, s *control.Service, now time.Time) {
	if len(s.Sessions) == 0 {
		return
	}
	fmt.Fprintln(w)
	table := screen.NewTable(1000, screen.SessionColumns()...)
	var rows [][]string
	for i := range s.Sessions {
		row := screen.SessionCells(&s.Sessions[i], now)
		table.Fit(row)
		rows = append(rows, row)
	}
	fmt.Fprintln(w, "  "+table.Header())
	for _, row := range rows {
		fmt.Fprintln(w, "  "+table.Row(row))
	}
}
