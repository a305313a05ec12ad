// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"strings"

	"superd/services"
)

// Identity is who a service's handlers are.
type Identity struct {
	Set    bool // false: superd is not root, and its handlers are what it is
	User   User
	GID    uint32
	Groups []uint32 // supplementary
}

// IdentityError tells which attribute keeps a service from having an identity.
type IdentityError struct {
	Attr    services.AttrID
	Message string
}

func (e *IdentityError) Error() string { return e.Message }

// Identify finds who the handlers of a service are: its user, the first of its
// groups or else the user's own, and as supplementary groups the others, those
// of the user database if it says groups, or none. The error is an *IdentityError.
func Identify(h *Host, s *services.Service) (Identity, error) {
	name := s.Str(services.User)
	if !h.Root {
		return Identity{}, mayStay(h, s, name)
	}
	if name == "" {
		return Identity{}, &IdentityError{services.User, `is missing; superd runs as root, so each service must name its user (user = "root" where that is meant)`}
	}
	u, err := h.LookupUser(name)
	if err != nil {
		return Identity{}, &IdentityError{services.User, err.Error()}
	}
	id := Identity{Set: true, User: u, GID: u.GID}
	gids, err := groupIDs(h, s)
	if err != nil {
		return Identity{}, err
	}
	if len(gids) > 0 {
		id.GID, id.Groups = gids[0], gids[1:]
	}
	if s.Bool(services.Groups) {
		if !u.InDB {
			return Identity{}, &IdentityError{services.Groups, fmt.Sprintf("user %q has no account whose groups these could be", name)}
		}
		// An inetd, and systemd, give initgroups(3) the group that the program will
		// have, xinetd the user's own, whatever group says.
		if c := s.Compat(); c == "inetd" || c == "systemd" {
			u.GID = id.GID
		}
		more, err := h.GroupsOf(u)
		if err != nil {
			return Identity{}, &IdentityError{services.Groups, err.Error()}
		}
		id.Groups = union(id.Groups, more)
	}
	return id, nil
}

// mayStay refuses what only root could do.
func mayStay(h *Host, s *services.Service, name string) error {
	if name != "" {
		if u, err := h.LookupUser(name); err != nil {
			return &IdentityError{services.User, err.Error()}
		} else if u.UID != h.UID {
			return &IdentityError{services.User, fmt.Sprintf("superd does not run as root and cannot become %q", name)}
		}
	}
	gids, err := groupIDs(h, s)
	if err != nil {
		return err
	}
	if len(gids) > 1 || (len(gids) == 1 && gids[0] != h.GID) {
		return &IdentityError{services.Group, fmt.Sprintf("superd does not run as root and cannot take the group %q", s.Str(services.Group))}
	}
	return nil
}

func groupIDs(h *Host, s *services.Service) ([]uint32, error) {
	var gids []uint32
	for _, name := range strings.Fields(s.Str(services.Group)) {
		gid, err := h.LookupGroup(name)
		if err != nil {
			return nil, &IdentityError{services.Group, err.Error()}
		}
		gids = append(gids, gid)
	}
	return gids, nil
}

func union(a, b []uint32) []uint32 {
	for _, g := range b {
		if !slices.Contains(a, g) {
			a = append(a, g)
		}
	}
	return a
}

// checkIdentity refuses a service that would run as somebody who is not there.
func (r *resolver) checkIdentity() {
	if r.svc.State == services.Refused && !r.svc.Has(services.User) {
		return // the front-end has said so in its format's words
	}
	if _, err := Identify(r.host, r.svc); err != nil {
		if e, ok := err.(*IdentityError); ok {
			r.fail(e.Attr, e.Message)
		}
	}
	if name := r.svc.Str(services.SocketUser); name != "" {
		if _, err := r.host.LookupUser(name); err != nil {
			r.fail(services.SocketUser, err.Error())
		}
	}
	if name := r.svc.Str(services.SocketGroup); name != "" {
		if _, err := r.host.LookupGroup(name); err != nil {
			r.fail(services.SocketGroup, err.Error())
		}
	}
}
