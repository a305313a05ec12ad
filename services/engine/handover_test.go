// SPDX-License-Identifier: Apache-2.0

package engine

import "testing"

// These numbers stand in states that another superd has written.
func TestHandoverNumbers(t *testing.T) {
	for i, r := range []role{roleHandler, roleBeside, roleDecides, roleWorker, roleDequeue, roleHolder} {
		if int(r) != i {
			t.Errorf("role %d was %d", r, i)
		}
	}
	for i, w := range []Way{Pass, Accept, Stdio} {
		if int(w) != i {
			t.Errorf("way %d was %d", w, i)
		}
	}
	for i, s := range []workerState{workerGone, workerStarting, workerIdle, workerBusy, workerUnreported, workerOld, workerRetiring, workerStopping} {
		if int(s) != i {
			t.Errorf("state %d was %d", s, i)
		}
	}
}

// A session keeps its id, and one that has ended never comes again.
func TestInheritedIDs(t *testing.T) {
	e := &Engine{}
	e.layOut(&Handover{NextGen: 9, Sessions: []HandSession{{Place: 3, Gen: 2}, {Place: 1, Gen: 8}}})
	used := map[string]bool{}
	for range 6 {
		i := e.newSession(nil, "", &e.peer)
		id := sessionID(i, e.sessions[i].gen)
		if i == 3 || i == 1 || e.sessions[i].gen < 9 || used[id] {
			t.Errorf("a new session has the id %s", id)
		}
		used[id] = true
	}
}
