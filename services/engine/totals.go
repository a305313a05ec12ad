// SPDX-License-Identifier: Apache-2.0

package engine

// Totals are a few numbers of all services together.
type Totals struct {
	Services int
	Sessions int    // processes that live
	Refused  uint64 // by the services that run now, since each was added
}

// Totals asks the owner thread. An answer is also a proof that it turns.
func (e *Engine) Totals() (t Totals) {
	e.call(func(e *Engine) {
		t.Services, t.Sessions = len(e.services), e.live
		for _, s := range e.services {
			t.Refused += s.counts.Refused
		}
	})
	return t
}
