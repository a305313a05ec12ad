// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Registry keeps every listening socket of the process, by what it is bound to.
type Registry struct {
	base int

	mu     sync.Mutex
	places map[place]*Socket // the first of each place's list
	offers []*Offer          // in the order in which they came
	byKey  map[Key][]*Offer  // the same
}

// place is what sockets that could stand in each other's way have in common: a
// protocol and a port, or a path or abstract name.
type place struct {
	kind byte // 't', 'u', 'x'
	port uint16
	name string
}

func placeOf(s *Spec) place {
	if s.hasPath() {
		return place{kind: 'x', name: s.Path}
	}
	return place{kind: s.Network[0], port: s.Addr.Port()}
}

// New makes an empty Registry. Its descriptors get numbers from highBase on, or
// from half of RLIMIT_NOFILE on where that is less, so that those of connections
// stay low.
func New(highBase int) *Registry {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil && uint64(highBase) >= limit.Cur {
		highBase = int(limit.Cur / 2)
	}
	return &Registry{base: highBase, places: map[place]*Socket{}, byKey: map[Key][]*Offer{}}
}

// Acquire gives the socket that spec describes and counts one more user of it.
// An open socket of the same Key is retuned, never bound again: who waits in it
// stays; so does who waits in one that is offered (Offer), which is adopted. On an
// error nothing has changed, and the error is an *Error.
func (r *Registry) Acquire(spec Spec) (*Socket, error) {
	spec = spec.Canonical()
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.find(spec); s != nil {
		if err := s.retune(spec); err != nil {
			return nil, newError(spec, err)
		}
		s.refs++
		return s, nil
	}
	if o := r.offer(spec.Key()); o != nil {
		return r.takeUp(o, spec)
	}
	fd, file, err := open(spec, r.base)
	if err != nil {
		return nil, newError(spec, err)
	}
	s, err := r.enter(fd, file, spec)
	if err != nil {
		return nil, errors.Join(newError(spec, err), unix.Close(fd))
	}
	return s, nil
}

// find gives the open socket of spec's Key, or nil.
func (r *Registry) find(spec Spec) *Socket {
	key := spec.Key()
	for s := r.places[placeOf(&spec)]; s != nil; s = s.next {
		if s.spec().Key() == key {
			return s
		}
	}
	return nil
}

// enter puts a bound descriptor into the registry, with one user.
func (r *Registry) enter(fd int, file fileID, spec Spec) (*Socket, error) {
	s, err := newSocket(r, fd, file, spec)
	if err != nil {
		return nil, err
	}
	at := placeOf(&spec)
	s.refs, s.next = 1, r.places[at]
	r.places[at] = s
	return s, nil
}

// Release says that one user of s is gone. After the last one it is closed; an
// epoll must have forgotten it before that, and a unix socket's file goes too.
func (r *Registry) Release(s *Socket) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.refs <= 0 {
		return errors.New("internal error: a socket is released more often than acquired: " + s.String())
	}
	if s.refs--; s.refs > 0 {
		return nil
	}
	spec := s.spec()
	at := placeOf(&spec)
	first := r.places[at]
	r.places[at] = unlink(first, s)
	if r.places[at] == nil {
		delete(r.places, at)
	}
	return s.close()
}

// unlink takes s out of the list that starts with first.
func unlink(first, s *Socket) *Socket {
	if first == s {
		return s.next
	}
	for p := first; p != nil; p = p.next {
		if p.next == s {
			p.next = s.next
			break
		}
	}
	return first
}

// Sockets gives all open sockets, by network and address.
func (r *Registry) Sockets() []*Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*Socket
	for _, s := range r.places {
		for ; s != nil; s = s.next {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *Socket) int {
		if a.network != b.network {
			return int(a.network) - int(b.network)
		}
		if c := a.LocalAddr().Compare(b.LocalAddr()); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.name), []byte(b.name))
	})
	return all
}

// Close closes all sockets, whoever uses them.
func (r *Registry) Close() error {
	all := r.Sockets()
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, s := range all {
		s.refs = 0
		errs = append(errs, s.close())
	}
	clear(r.places)
	for _, o := range r.offers {
		errs = append(errs, unix.Close(o.FD))
	}
	r.offers = nil
	clear(r.byKey)
	return errors.Join(errs...)
}
