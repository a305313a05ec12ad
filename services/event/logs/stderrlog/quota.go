// SPDX-License-Identifier: Apache-2.0

package stderrlog

import "time"

// What one service may say in a window of time. Lines above maxLines are read and
// counted; above maxBytes nothing is read until the window is over, or a handler
// that writes and does nothing else would keep a processor busy twice.
const (
	maxLines = 100
	maxBytes = 256 << 10
	window   = time.Second
)

// quota counts what a service says. The zero value has no window open.
type quota struct {
	opened time.Time
	lines  int
	bytes  int
	lost   int64
}

// read counts bytes, and opens a window if none is open.
func (q *quota) read(n int, now time.Time) {
	if q.opened.IsZero() {
		q.opened = now
	}
	q.bytes += n
}

// line tells whether one more may be sent.
func (q *quota) line() bool {
	if q.lines >= maxLines {
		q.lost++
		return false
	}
	q.lines++
	return true
}

// full tells whether no more is to be read in this window.
func (q *quota) full() bool { return q.bytes >= maxBytes }

// over ends a window whose time is over. lost lines were not sent in it; quiet:
// nothing was read.
func (q *quota) over(now time.Time) (lost int64, quiet, ended bool) {
	if now.Sub(q.opened) < window {
		return 0, false, false
	}
	lost, quiet = q.lost, q.bytes == 0
	*q = quota{}
	return lost, quiet, true
}
