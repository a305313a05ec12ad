// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Offer is a descriptor that superd was started with and that may become one of
// its sockets.
type Offer struct {
	Inherited
	Found
	// Ours: a superd opened it, and had the service manager keep a copy. Its file, if
	// it has one, goes when the socket does.
	Ours bool
	// Held: a process that an earlier superd gave the socket to still has it. Its
	// O_NONBLOCK, which that process shares, is left as it is.
	Held bool
}

// Take looks at an inherited descriptor and moves it out of the way, to a number
// from base on, closed to programs. The old number is closed in any case: a
// descriptor that nobody knows of would keep its clients waiting for ever.
func Take(in Inherited, base int) (*Offer, error) {
	defer unix.Close(in.FD)
	found, err := Describe(in.FD)
	if err != nil {
		return nil, fmt.Errorf("cannot use descriptor %d (%s): %w", in.FD, cut(in.Name), err)
	}
	fd, err := unix.FcntlInt(uintptr(in.FD), unix.F_DUPFD_CLOEXEC, base)
	if err != nil {
		return nil, fmt.Errorf("cannot keep descriptor %d (%s): %w", in.FD, cut(in.Name), err)
	}
	return &Offer{Inherited: Inherited{FD: fd, Name: in.Name}, Found: found}, nil
}

// String is what is offered, as `tcp [::]:79 named "finger"`.
func (o *Offer) String() string { return fmt.Sprintf("%s named %q", o.Spec, cut(o.Name)) }

// Offer gives the registry a descriptor to make a Socket of as soon as one of its
// Key is acquired. Until then it belongs to the registry, as a second one of a Key
// does: with ReusePort there may be two.
func (r *Registry) Offer(o *Offer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offers = append(r.offers, o)
	key := o.Spec.Key()
	r.byKey[key] = append(r.byKey[key], o)
}

// forget takes an offer off the lists; it tells whether it was there.
func (r *Registry) forget(o *Offer) bool {
	i := slices.Index(r.offers, o)
	if i < 0 {
		return false
	}
	r.offers = slices.Delete(r.offers, i, i+1)
	key := o.Spec.Key()
	rest := slices.DeleteFunc(r.byKey[key], func(x *Offer) bool { return x == o })
	if r.byKey[key] = rest; len(rest) == 0 {
		delete(r.byKey, key)
	}
	return true
}

// Offers are those that nobody has acquired.
func (r *Registry) Offers() []*Offer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.offers)
}

// Decline closes an offer that nobody wants. Only the last close of a listening
// socket ends it: where the service manager has a copy, clients go on waiting. Of
// Ours the file goes as well.
func (r *Registry) Decline(o *Offer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.forget(o) {
		return nil
	}
	defer unix.Close(o.FD)
	if !o.Ours || !o.Spec.hasFile() {
		return nil
	}
	file := o.FD
	if !o.Spec.IsFIFO() {
		var err error
		if file, err = openBound(o.FD, o.Spec.Path); err != nil {
			return nil // it has gone
		}
		defer unix.Close(file)
	}
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return err
	}
	return idOf(&st).remove(o.Spec.Path)
}

// IsOpen tells whether there is a Socket of a Key.
func (r *Registry) IsOpen(spec Spec) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(spec.Canonical()) != nil
}

// offer gives the first one of a Key.
func (r *Registry) offer(key Key) *Offer {
	if list := r.byKey[key]; len(list) > 0 {
		return list[0]
	}
	return nil
}

// takeUp makes the Socket that was offered.
func (r *Registry) takeUp(o *Offer, spec Spec) (*Socket, error) {
	s, err := r.adopt(o.FD, spec, origin{ours: o.Ours, held: o.Held})
	if err != nil {
		return nil, newError(spec, err)
	}
	s.given = !o.Ours
	r.forget(o)
	return s, nil
}
