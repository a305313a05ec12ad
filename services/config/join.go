// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"slices"

	"superd/services"
)

// member is an entry that shares its program with others.
type member struct {
	read  *readUnit
	entry *Entry
}

// join makes one entry of those that share a program. It stands where the first of
// them was read. What is switched off brings nothing.
func (l *loader) join() {
	groups := map[string][]member{}
	var order []string
	for _, r := range l.read {
		for i := range r.unit.Entries {
			e := &r.unit.Entries[i]
			if e.Share.Program == "" || e.State == services.Disabled {
				continue
			}
			key := r.unit.Format + "\x00" + e.Share.Program
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], member{r, e})
		}
	}
	gone := map[*Entry]bool{}
	for _, key := range order {
		l.joinGroup(groups[key], gone)
	}
	if len(gone) == 0 {
		return
	}
	l.sayOnce()
	for _, r := range l.read {
		var kept []Entry
		for i := range r.unit.Entries {
			if e := &r.unit.Entries[i]; !gone[e] {
				kept = append(kept, *e)
			}
		}
		r.unit.Entries = kept
	}
}

// joinGroup joins the entries of one program. Those that have gone into another one,
// or stand twice, are gone.
func (l *loader) joinGroup(all []member, gone map[*Entry]bool) {
	all = distinctMembers(all, gone)
	if len(all) < 2 {
		return
	}
	place := all[slices.IndexFunc(all, func(m member) bool { return !m.entry.Share.Implied })].entry
	slices.SortStableFunc(all, func(a, b member) int {
		if a.entry.Share.First != b.entry.Share.First {
			return map[bool]int{true: -1, false: 1}[a.entry.Share.First]
		}
		return cmp.Compare(a.entry.ID, b.entry.ID)
	})
	first := all[0].entry
	whole := *first
	whole.Assigns = slices.DeleteFunc(slices.Clone(first.Assigns), Assign.ofSocket)
	whole.Sockets = nil
	for _, m := range all {
		e := m.entry
		if e.State == services.Refused {
			whole.State = services.Refused
		}
		if e.Share.Alone != "" && !gone[e] {
			l.Report(Error, e.Pos, first.ID, "", e.Share.Alone)
			whole.State = services.Refused
		}
		own := slices.DeleteFunc(slices.Clone(e.Assigns), func(a Assign) bool { return !a.ofSocket() })
		if slices.ContainsFunc(own, func(a Assign) bool { return a.Attr == services.Port }) {
			whole.Sockets = append(whole.Sockets, SocketSet{Pos: e.Pos, Assigns: own})
		}
		whole.Sockets = append(whole.Sockets, e.Sockets...)
		l.rename(m, first.ID)
		gone[e] = e != place
	}
	*place = whole
}

// distinctMembers leaves out implied entries that others stand for, and the second of
// two with one id, which is an error elsewhere.
func distinctMembers(all []member, gone map[*Entry]bool) (kept []member) {
	slices.SortStableFunc(all, func(a, b member) int {
		return map[bool]int{false: 0, true: 1}[a.entry.Share.Implied] - map[bool]int{false: 0, true: 1}[b.entry.Share.Implied]
	})
	seen := map[string]bool{}
	for _, m := range all {
		switch {
		case !seen[m.entry.ID]:
			seen[m.entry.ID] = true
			kept = append(kept, m)
		case m.entry.Share.Implied:
			gone[m.entry] = true
		}
	}
	return kept
}

// ofSocket tells whether what is said may concern one socket alone.
func (a Assign) ofSocket() bool { return a.Attr.Row().Scope&services.InSocket != 0 }

// rename has the remarks about an entry be about the service that it is a part of.
func (l *loader) rename(m member, id string) {
	old := shorten(m.entry.ID)
	for i := m.read.from; i < m.read.to; i++ {
		if x := &l.remarks[i]; x.Service == old {
			x.Service = shorten(id)
			if x.Severity == Error {
				l.against[[2]string{id, x.Attribute}] = true
			}
		}
	}
}

// sayOnce drops remarks that were made again: of a program's file once for each entry.
func (l *loader) sayOnce() {
	seen := map[remark]bool{}
	l.remarks = slices.DeleteFunc(l.remarks, func(x remark) bool {
		again := seen[x]
		seen[x] = true
		return again
	})
}
