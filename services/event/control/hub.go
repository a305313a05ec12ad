// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// maxBehind is how many bytes of events may wait for one client. What comes beyond
// is lost to it and counted.
const maxBehind = 256 << 10

// Hub gives events to those who follow them. The zero value is ready.
type Hub struct {
	count     atomic.Int32
	mu        sync.Mutex
	followers map[*follower]bool
}

// follower is one client that follows, and what waits for it.
type follower struct {
	service string // "": all
	ready   chan struct{}

	// Guarded by the Hub's mutex.
	behind []byte
	lost   int64
}

// Followed tells whether anybody follows: an event that nobody hears need not be
// worded.
func (h *Hub) Followed() bool { return h.count.Load() > 0 }

// Publish gives an event to the followers: one JSON object, which may end in a
// newline. It does not block and keeps nothing of line.
func (h *Hub) Publish(service string, line []byte) {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range h.followers {
		if f.service != "" && f.service != service {
			continue
		}
		if f.lost > 0 || len(f.behind)+len(line) > maxBehind {
			f.lost++
			continue
		}
		f.behind = append(f.behind, `{"v":1,"event":`...)
		f.behind = append(f.behind, line...)
		f.behind = append(f.behind, "}\n"...)
		select {
		case f.ready <- struct{}{}:
		default:
		}
	}
}

func (h *Hub) follow(service string) *follower {
	f := &follower{service: service, ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers == nil {
		h.followers = map[*follower]bool{}
	}
	h.followers[f] = true
	h.count.Add(1)
	return f
}

func (h *Hub) leave(f *follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers[f] {
		delete(h.followers, f)
		h.count.Add(-1)
	}
}

// putBack has what take gave sent once more, by whoever goes on.
func (h *Hub) putBack(f *follower, rest []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.behind = append(slices.Clone(rest), f.behind...)
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// take gives what waits for a follower, and buf to it for what comes next.
func (h *Hub) take(f *follower, buf []byte) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := f.behind
	if f.lost > 0 {
		out = fmt.Appendf(out, `{"v":1,"dropped":%d}`+"\n", f.lost)
	}
	f.behind, f.lost = buf[:0], 0
	return out
}
