// SPDX-License-Identifier: Apache-2.0

package activation

// Conflicts gives the open sockets that stand in the way of spec: bound to
// something that overlaps with it and is not the same. To move from one to the
// other, the owner takes who waits in the old ones, releases them, acquires the
// new one, and on an error acquires the old Specs again.
func (r *Registry) Conflicts(spec Spec) []*Socket {
	spec = spec.Canonical()
	r.mu.Lock()
	defer r.mu.Unlock()
	at := placeOf(&spec)
	found := r.overlapping(at, spec)
	if at.kind != 'x' && at.port != 0 {
		// What asked for port 0 may have been given this number.
		at.port = 0
		found = append(found, r.overlapping(at, spec)...)
	}
	return found
}

func (r *Registry) overlapping(at place, spec Spec) (found []*Socket) {
	for s := r.places[at]; s != nil; s = s.next {
		old := s.spec()
		if old.Key() == spec.Key() {
			continue
		}
		if !old.hasPath() {
			old.Addr = s.LocalAddr()
		}
		if Overlap(old, spec) {
			found = append(found, s)
		}
	}
	return found
}

// Overlap tells whether the kernel would refuse to have both sockets open, as
// inet_rcv_saddr_equal and inet_csk_bind_conflict decide it. Two of port 0 never
// overlap, nor do two that both say ReusePort.
func Overlap(a, b Spec) bool {
	a, b = a.Canonical(), b.Canonical()
	if a.hasPath() || b.hasPath() {
		return a.hasPath() && b.hasPath() && a.Path == b.Path && placesCollide(a, b)
	}
	switch {
	case a.Network != b.Network, a.Addr.Port() != b.Addr.Port(), a.Addr.Port() == 0:
		return false
	case a.ReusePort && b.ReusePort:
		return false
	case a.Device != "" && b.Device != "" && a.Device != b.Device:
		return false
	}
	ipA, ipB := a.Addr.Addr(), b.Addr.Addr()
	if ipA.Is4() == ipB.Is4() {
		return ipA == ipB || ipA.IsUnspecified() || ipB.IsUnspecified()
	}
	// IPv4 beside IPv6: only a dual-stack [::] has IPv4 addresses too.
	six := a
	if ipA.Is4() {
		six = b
	}
	return six.Addr.Addr().IsUnspecified() && !six.V6Only
}

// placesCollide: a path is one file, whatever type of socket is bound to it; an
// abstract name belongs to one type.
func placesCollide(a, b Spec) bool { return a.hasFile() || a.Network == b.Network }

// hasFile tells whether the socket is bound to a file, as a FIFO is one.
func (s *Spec) hasFile() bool { return s.hasPath() && s.Path != "" && s.Path[0] != '@' }
