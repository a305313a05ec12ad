// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"superd/services/event/control"
)

// wide is from how many columns on a table of services has more of them.
const wide = 110

// ServiceColumns are those of a table of services that is so wide.
func ServiceColumns(width int) []Column { return serviceColumns(width, "/MIN") }

func serviceColumns(width int, rate string) []Column {
	columns := []Column{{Title: "SERVICE", Min: 10}, {Title: "STATE"}, {Title: "MODE", Min: 4}, {Title: "RUN", Right: true}, {Title: "MAX", Right: true},
		{Title: rate, Right: true}, {Title: "CLIENTS", Right: true}, {Title: "REFUSED", Right: true}}
	if width >= wide {
		columns = append(columns, Column{Title: "FAILED", Right: true}, Column{Title: "TIMEOUT", Right: true})
	}
	return append(columns, Column{Title: "SOCKETS", Min: 8})
}

// ServiceCells are a service's.
func ServiceCells(s *control.Service, width int) []string {
	return serviceCells(s, width, strconv.FormatInt(s.PerMinute, 10))
}

func serviceCells(s *control.Service, width int, rate string) []string {
	most := "-"
	if s.MaxServers != nil {
		most = strconv.FormatInt(*s.MaxServers, 10)
	}
	cells := []string{s.ID, s.State, s.Mode, strconv.Itoa(s.Running), most, rate, count(s.Counts.Accepted), count(s.Counts.Refused)}
	if width >= wide {
		cells = append(cells, count(s.Counts.Failed), count(s.Counts.TimedOut))
	}
	return append(cells, sockets(s.Sockets))
}

func count(n uint64) string { return strconv.FormatUint(n, 10) }

// sockets names the first socket and how many more there are. TCP on any address goes
// without saying.
func sockets(list []control.Socket) string {
	if len(list) == 0 {
		return "-"
	}
	text := list[0].Address
	if list[0].Network != "tcp" {
		text = list[0].Network + " " + text
	}
	text = strings.Replace(text, "0.0.0.0:", "*:", 1)
	if n := len(list) - 1; n > 0 {
		text += fmt.Sprintf(" +%d", n)
	}
	return text
}

// SessionColumns are those of a table of sessions.
func SessionColumns() []Column {
	return []Column{{Title: "SESSION", Min: 4}, {Title: "PID", Right: true}, {Title: "STATE"}, {Title: "AGE", Right: true}, {Title: "SINCE", Min: 5}, {Title: "PEER", Min: 10}}
}

// SessionCells are a session's. Times are of now's zone.
func SessionCells(x *control.Session, now time.Time) []string {
	peer := x.Peer
	if peer == "" {
		peer = "-"
	}
	return []string{x.ID, strconv.Itoa(x.Pid), x.State, Age(now.Sub(x.Since)), x.Since.In(now.Location()).Format(time.DateTime), peer}
}

// Age is a duration in its two largest units.
func Age(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// Totals are sums over all services.
type Totals struct {
	Services, Running, Starting, PerMinute, Troubled int64
	Accepted, Refused, Failed                        uint64
}

// Sum makes them.
func Sum(st *control.Status) Totals {
	t := Totals{Services: int64(len(st.Services))}
	for i := range st.Services {
		s := &st.Services[i]
		t.Running += int64(s.Running)
		t.Starting += int64(s.Starting)
		t.PerMinute += s.PerMinute
		t.Accepted += s.Counts.Accepted
		t.Refused += s.Counts.Refused
		t.Failed += s.Counts.Failed
		if s.State == control.Unbound || s.State == control.Rejected || s.Kept != "" {
			t.Troubled++
		}
	}
	return t
}

// Summary is superd in two lines.
func Summary(st *control.Status, width int) []string {
	t := Sum(st)
	first := fmt.Sprintf("superd %s, process %d, up %s, reloads %d", Clean(st.Superd), st.Pid, Age(st.Time.Sub(st.Started)), st.Reloads)
	if st.Stopping {
		first += ", stopping"
	}
	second := fmt.Sprintf("%d services, %d handlers, %d clients (%d in the last minute), %d refused, %d failed", t.Services, t.Running, t.Accepted,
		t.PerMinute, t.Refused, t.Failed)
	if t.Troubled > 0 {
		second = fmt.Sprintf("%d services (%d in error), %d handlers, %d clients (%d/min), %d refused, %d failed", t.Services, t.Troubled, t.Running,
			t.Accepted, t.PerMinute, t.Refused, t.Failed)
	}
	return []string{Cut(first, width), Cut(second, width)}
}
