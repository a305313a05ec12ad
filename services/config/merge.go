// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"

	"superd/services"
)

// held is what stands for one attribute while a service is put together.
type held struct {
	set  bool
	from services.FileID // FromFormatDefault, or as pos
	pos  Pos
	as   string
	val  services.Value
}

// table holds what is said of each attribute: first the original's defaults,
// then the file set's, then the service's own.
type table [services.NumAttrs]held

// put applies one assignment.
func (t *table) put(a Assign) error {
	h := &t[a.Attr]
	next := held{set: true, from: a.Pos.File, pos: a.Pos, as: a.As, val: a.Value}
	// What the original assumes is no list that a file could add to: env and
	// the like begin empty with the first word that the file says.
	inherited := h.set && h.from != services.FromFormatDefault
	if a.Op == Set || (a.Op == Add && !inherited) {
		*h = next
		return nil
	}
	if !inherited { // nothing to take away from
		return nil
	}
	old, ok1 := h.val.([]string)
	items, ok2 := a.Value.([]string)
	if !ok1 || !ok2 {
		return fmt.Errorf("is no list: += and -= do not apply")
	}
	next.val = combine(old, a.Op, items)
	*h = next
	return nil
}

// combine never writes to old, which other services share.
func combine(old []string, op Op, items []string) []string {
	list := make([]string, 0, len(old)+len(items))
	for _, x := range old {
		if op != Remove || !slices.Contains(items, x) {
			list = append(list, x)
		}
	}
	if op == Add {
		for _, x := range items {
			if !slices.Contains(old, x) {
				list = append(list, x)
			}
		}
	}
	return list
}

// settings lists what is set, sorted by attribute.
func (t *table) settings(in *interner) services.Settings {
	n := 0
	for i := range t {
		if t[i].set {
			n++
		}
	}
	list := make(services.Settings, 0, n)
	for i := range t {
		if h := &t[i]; h.set {
			attr := services.AttrID(i)
			list = append(list, services.Setting{Attr: attr, Origin: services.Origin{File: h.from, Line: h.pos.Line}, Value: in.value(ordered(attr, h.val))})
		}
	}
	return list
}

// ordered puts a set of words into its attribute's order, whatever the order in
// which += has brought them together.
func ordered(attr services.AttrID, v services.Value) services.Value {
	if row := attr.Row(); row.Kind == services.KindWords {
		if set, err := row.FromTOML(v); err == nil {
			return set
		}
	}
	return v
}

// spelling is how the file calls an attribute.
func spelling(attr services.AttrID, as string) string {
	if as != "" {
		return as
	}
	return attr.String()
}
