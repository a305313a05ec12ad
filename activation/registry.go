// SPDX-License-Identifier: Apache-2.0

package activation

import "sync"

// Registry keeps every listening socket of the process, by what it is bound to.
type Registry struct {
	mu   sync.Mutex
	base int
}

// New makes an empty Registry. Its descriptors get numbers from highBase on, as
// far as RLIMIT_NOFILE has room there, so that those of connections stay low.
func New(highBase int) *Registry { return &Registry{base: highBase} }

// Acquire gives the socket that spec describes and counts one more user of it.
// An open socket of the same Key is retuned, never bound again.
func (r *Registry) Acquire(spec Spec) (*Socket, error) { return nil, nil }

// Adopt takes over a descriptor that somebody else bound, as spec describes it,
// and counts the caller as its user.
func (r *Registry) Adopt(fd int, spec Spec) (*Socket, error) { return nil, nil }

// Release says that one user of s is gone; after the last one s is closed.
func (r *Registry) Release(s *Socket) error { return nil }

// Conflicts gives the open sockets that stand in the way of spec: bound to
// something that overlaps it without being the same.
func (r *Registry) Conflicts(spec Spec) []*Socket { return nil }

// Sockets gives all open sockets.
func (r *Registry) Sockets() []*Socket { return nil }

// Close closes all sockets, whoever uses them.
func (r *Registry) Close() error { return nil }
