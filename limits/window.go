// SPDX-License-Identifier: Apache-2.0

package limits

import (
	"fmt"
	"strings"
	"time"
)

// Window is a part of each day, in local time and minutes since midnight. Both
// ends belong to it, the whole last minute included (xinetd's access_times).
type Window struct{ From, To uint16 }

// ParseWindow reads "H:MM-H:MM". As with xinetd the start lies before the end (a
// night is written as two windows) and 24:00 is no time: the last is 23:59.
func ParseWindow(s string) (Window, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Window{}, fmt.Errorf("%q: want \"hour:minute-hour:minute\"", clip(s))
	}
	var w Window
	var err error
	if w.From, err = parseClock(from); err != nil {
		return Window{}, err
	}
	if w.To, err = parseClock(to); err != nil {
		return Window{}, err
	}
	if w.From >= w.To {
		return Window{}, fmt.Errorf("%q: the start must lie before the end; write a night as two windows, as \"22:00-23:59 0:00-6:00\"", clip(s))
	}
	return w, nil
}

func parseClock(s string) (uint16, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, herr := parseDigits(hour)
	m, merr := parseDigits(minute)
	if !ok || herr != nil || merr != nil || len(hour) > 2 || len(minute) > 2 {
		return 0, fmt.Errorf("%q: want \"hour:minute\"", clip(s))
	}
	if h == 24 && m == 0 {
		return 0, fmt.Errorf("\"24:00\" is no time of day: write 23:59, its whole minute counts")
	}
	if h > 23 || m > 59 {
		return 0, fmt.Errorf("%q: hours go to 23 and minutes to 59", clip(s))
	}
	return uint16(h*60 + m), nil
}

// String writes the window as "8:00-17:30".
func (w Window) String() string {
	return fmt.Sprintf("%d:%02d-%d:%02d", w.From/60, w.From%60, w.To/60, w.To%60)
}

// Contains tells whether t, by the clock of t's location, lies in the window.
func (w Window) Contains(t time.Time) bool {
	h, m, _ := t.Clock()
	minute := uint16(h*60 + m)
	return w.From <= minute && minute <= w.To
}

// Windows are alternatives. None at all is always.
type Windows []Window

// Contains tells whether t lies in one of the windows.
func (ws Windows) Contains(t time.Time) bool {
	_, ok := ws.Find(t)
	return ok || len(ws) == 0
}

// Find gives the first window that t lies in.
func (ws Windows) Find(t time.Time) (Window, bool) {
	for _, w := range ws {
		if w.Contains(t) {
			return w, true
		}
	}
	return Window{}, false
}

// NextChange gives the next moment at which Contains turns; false if it never
// does. It walks minute by minute, since that is right on the days on which the
// clock jumps as well, and is asked for by people only.
func (ws Windows) NextChange(t time.Time) (time.Time, bool) {
	if len(ws) == 0 {
		return time.Time{}, false
	}
	now := ws.Contains(t)
	next := t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	// Three days: a window may fall into the hour that a clock change skips.
	for range 3 * 24 * 60 {
		next = next.Add(time.Minute)
		if ws.Contains(next) != now {
			return next, true
		}
	}
	return time.Time{}, false
}

// String writes the windows with blanks between, as xinetd.conf has them.
func (ws Windows) String() string {
	words := make([]string, len(ws))
	for i, w := range ws {
		words[i] = w.String()
	}
	return strings.Join(words, " ")
}
