// SPDX-License-Identifier: Apache-2.0

package pool

// View is what the owner counts. Every process of the pool is in exactly one of
// the first six.
type View struct {
	// Starting workers have a process and are not ready. One that never is, the
	// owner must end: while too many start, no others are started.
	Starting int
	// Idle workers are ready and have no connection.
	Idle int
	// Busy workers have one at least.
	Busy int
	// Unreported workers are ready, and nobody knows whether they are busy: they
	// accept by themselves and say nothing. With them Stop is at most 1 an
	// interval, and who is ended may be busy: it should be asked, not killed.
	Unreported int
	// Retiring workers take no further connection because of max_requests, or
	// because their program or settings are of yesterday; until their
	// process is gone. An idle one among them is the owner's to end.
	Retiring int
	// Stopping workers were told to end for another reason, and are not gone.
	Stopping int

	// Free is how many more connections the busy workers could take. An owner
	// with Slots fills busy workers first: else none is ever idle and
	// the pool does not shrink.
	Free int
	// Waiting is how many clients wait for a worker; -1: nobody knows. Clients
	// that a gate keeps waiting for another reason are not among them.
	Waiting int
	// Taken is how many connections the pool took so far, as far as is known. It
	// shows those that began and ended between two calls.
	Taken int64
}

// live are the workers that the pool has and will have.
func (v *View) live() int { return v.Starting + v.Idle + v.Busy }

// demand are the workers that clients hold.
func (v *View) demand() int { return v.Busy + v.Retiring }

// room is how many workers may be started without being too many.
func (v *View) room(s *Settings) int {
	return max(0, -v.surplus(s))
}

// surplus is how many there are too many.
func (v *View) surplus(s *Settings) int {
	return v.live() + v.Stopping + max(0, v.Retiring-s.overlap()) - s.Max
}
