// SPDX-License-Identifier: Apache-2.0

package engine

// timers is a binary heap of things to be done at a time of the monotonic clock.
// A timer is never cancelled: what it refers to carries a generation, and one
// that has become pointless is dropped when its time comes.
type timers struct {
	heap []timer
}

type timerKind uint8

const (
	timerService   timerKind = iota // look again whether the service may accept
	timerSession                    // session_timeout, and the grace after it
	timerPause                      // the pause of all listeners ends
	timerLinger                     // a refused client has had time to read its banner
	timerStop                       // stop_timeout or drain_timeout
	timerAbandon                    // KILL has had time to work
	timerStrangers                  // look for children that are not ours
	timerTeam                       // look at a pool's size, and at what its workers owe
	timerDequeue                    // start a dequeue program
)

type timer struct {
	at   int64 // ns, monotonic
	kind timerKind
	ref  int32
	gen  uint32
	svc  *service
	team *team
}

func (t *timers) add(x timer) {
	t.heap = append(t.heap, x)
	i := len(t.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if t.heap[up].at <= t.heap[i].at {
			break
		}
		t.heap[up], t.heap[i] = t.heap[i], t.heap[up]
		i = up
	}
}

// next gives the time of the earliest timer.
func (t *timers) next() (int64, bool) {
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].at, true
}

// pop takes the earliest timer if its time has come.
func (t *timers) pop(now int64) (timer, bool) {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return timer{}, false
	}
	top := t.heap[0]
	last := len(t.heap) - 1
	t.heap[0] = t.heap[last]
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	t.sink(0)
	return top, true
}

func (t *timers) sink(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(t.heap); c++ {
			if t.heap[c].at < t.heap[least].at {
				least = c
			}
		}
		if least == i {
			return
		}
		t.heap[i], t.heap[least] = t.heap[least], t.heap[i]
		i = least
	}
}
