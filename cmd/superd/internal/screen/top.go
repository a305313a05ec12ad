// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"superd/services/event/control"
)

// Top is the live screen: what it was told, and what its user has chosen. The zero
// value waits for its first state. Keys change it, and Frame draws it.
type Top struct {
	now, before *control.Status
	detail      *control.Service // with sessions, of the service that is looked into

	sort     int // of sorts
	reverse  bool
	filter   string
	typing   bool   // the filter
	service  string // that is looked into; "": all
	selected string // service or session
	first    int    // row that is drawn first
	rows     int    // that the last frame had room for
	confirm  string // the session that is killed if y comes next
	help     bool
	Message  string // what the last thing that was done came to
}

// Command is what a key asks of whoever runs the screen.
type Command struct {
	Quit bool
	Kill string // a session
}

// sorts are the orders of services, the first is where top begins.
var sorts = []struct {
	name string
	less func(t *Top, a, b *control.Service) int
}{
	{"rate", func(t *Top, a, b *control.Service) int { return cmp.Compare(t.rate(b), t.rate(a)) }},
	{"name", func(_ *Top, a, b *control.Service) int { return 0 }},
	{"running", func(_ *Top, a, b *control.Service) int { return cmp.Compare(b.Running, a.Running) }},
	{"clients", func(_ *Top, a, b *control.Service) int { return cmp.Compare(b.Counts.Accepted, a.Counts.Accepted) }},
	{"refused", func(_ *Top, a, b *control.Service) int { return cmp.Compare(b.Counts.Refused, a.Counts.Refused) }},
	{"state", func(_ *Top, a, b *control.Service) int { return cmp.Compare(trouble(b.State), trouble(a.State)) }},
}

// trouble is how much a state asks to be looked at.
func trouble(state string) int {
	return slices.Index([]string{control.Serving, control.Disabled, control.Drained, control.Ending, control.Full, control.Paused, control.Unbound, control.Rejected}, state)
}

// Service is the one that is looked into, of which top wants to be told the sessions;
// "" is none.
func (t *Top) Service() string { return t.service }

// Take tells a new state, without sessions.
func (t *Top) Take(st *control.Status) {
	t.before, t.now = t.now, st
	if t.before != nil && t.before.Pid != st.Pid {
		t.before = nil // another superd, whose counts begin anew
	}
}

// TakeService tells a service with its sessions; nil: it is gone.
func (t *Top) TakeService(s *control.Service) { t.detail = s }

// rate is how many clients a second came between the last two states.
func (t *Top) rate(s *control.Service) float64 {
	if t.before == nil {
		return float64(s.PerMinute) / 60
	}
	dt := t.now.Time.Sub(t.before.Time)
	i, ok := slices.BinarySearchFunc(t.before.Services, s.ID, func(x control.Service, id string) int { return strings.Compare(x.ID, id) })
	if !ok || dt < time.Millisecond || t.before.Services[i].Counts.Accepted > s.Counts.Accepted {
		return 0
	}
	return float64(s.Counts.Accepted-t.before.Services[i].Counts.Accepted) / dt.Seconds()
}

// services are those that are shown, in their order.
func (t *Top) services() []*control.Service {
	if t.now == nil {
		return nil
	}
	var out []*control.Service
	word := strings.ToLower(t.filter)
	for i := range t.now.Services {
		s := &t.now.Services[i]
		if word == "" || strings.Contains(strings.ToLower(s.ID), word) || strings.Contains(s.State, word) || strings.Contains(s.Mode, word) ||
			strings.Contains(strings.ToLower(sockets(s.Sockets)), word) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *control.Service) int { return sorts[t.sort].less(t, a, b) })
	if t.reverse {
		slices.Reverse(out)
	}
	return out
}

// sessions are those that are shown, the oldest first.
func (t *Top) sessions() []*control.Session {
	if t.detail == nil {
		return nil
	}
	var out []*control.Session
	for i := range t.detail.Sessions {
		x := &t.detail.Sessions[i]
		if t.filter == "" || strings.Contains(x.Peer, t.filter) || strings.Contains(x.State, t.filter) {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b *control.Session) int { return a.Since.Compare(b.Since) })
	if t.reverse {
		slices.Reverse(out)
	}
	return out
}

// names are the rows' ids.
func (t *Top) names() []string {
	var out []string
	if t.service != "" {
		for _, x := range t.sessions() {
			out = append(out, x.ID)
		}
		return out
	}
	for _, s := range t.services() {
		out = append(out, s.ID)
	}
	return out
}

// Key does what a key asks for.
func (t *Top) Key(k Key) Command {
	t.Message = ""
	switch {
	case k == KeyInterrupt:
		return Command{Quit: true}
	case t.confirm != "":
		session := t.confirm
		if t.confirm = ""; k == 'y' || k == 'Y' {
			return Command{Kill: session}
		}
		t.Message = "nothing was killed"
		return Command{}
	case t.help:
		t.help = false
		return Command{}
	case t.typing:
		t.typed(k)
		return Command{}
	}
	return t.command(k)
}

func (t *Top) command(k Key) Command {
	switch k {
	case 'q':
		if t.service == "" {
			return Command{Quit: true}
		}
		t.leave()
	case KeyEscape:
		if t.filter != "" {
			t.filter = ""
		} else {
			t.leave()
		}
	case 'h', '?':
		t.help = true
	case 's':
		t.sort = (t.sort + 1) % len(sorts)
	case 'r':
		t.reverse = !t.reverse
	case '/':
		t.typing, t.filter = true, ""
	case KeyEnter:
		t.enter()
	case 'k':
		t.kill()
	default:
		t.move(k)
	}
	return Command{}
}

// typed is a key of the filter that is being typed.
func (t *Top) typed(k Key) {
	switch {
	case k == KeyEnter:
		t.typing = false
	case k == KeyEscape:
		t.typing, t.filter = false, ""
	case k == KeyBackspace:
		if r := []rune(t.filter); len(r) > 0 {
			t.filter = string(r[:len(r)-1])
		}
	case k >= ' ' && len(t.filter) < 64:
		t.filter += string(rune(k))
	}
}

// enter looks into the selected service.
func (t *Top) enter() {
	if names := t.names(); t.service == "" && len(names) > 0 {
		t.service = names[t.index(names)]
		t.selected, t.first, t.filter, t.detail = "", 0, "", nil
	}
}

func (t *Top) leave() {
	if t.service != "" {
		t.selected, t.first, t.filter, t.service, t.detail = t.service, 0, "", "", nil
	}
}

// kill asks whether the selected session is to be killed.
func (t *Top) kill() {
	names := t.names()
	switch {
	case t.service == "":
		t.Message = "Enter shows a service's sessions; k kills one of these"
	case len(names) == 0:
		t.Message = "there is no session"
	default:
		t.confirm = names[t.index(names)]
		t.selected = t.confirm
	}
}

// move changes what is selected.
func (t *Top) move(k Key) {
	names := t.names()
	if len(names) == 0 {
		return
	}
	i, page := t.index(names), max(1, t.rows-1)
	switch k {
	case KeyUp:
		i--
	case KeyDown, 'j':
		i++
	case KeyPageUp:
		i -= page
	case KeyPageDown, ' ':
		i += page
	case KeyHome, 'g':
		i = 0
	case KeyEnd, 'G':
		i = len(names) - 1
	default:
		return
	}
	t.selected = names[max(0, min(i, len(names)-1))]
}

// index is the selected row; the first if that is gone.
func (t *Top) index(names []string) int { return max(0, slices.Index(names, t.selected)) }
