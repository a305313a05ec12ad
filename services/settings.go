// SPDX-License-Identifier: Apache-2.0

package services

import (
	"cmp"
	"slices"
	"time"
)

// Settings are values sorted by attribute, at most one of each: those of a
// service, of one of its sockets, or of [daemon].
type Settings []Setting

// Find returns what was said of an attribute, without the table's default.
func (s Settings) Find(a AttrID) (Setting, bool) {
	i, ok := s.index(a)
	if !ok {
		return Setting{}, false
	}
	return s[i], true
}

func (s Settings) index(a AttrID) (int, bool) {
	return slices.BinarySearchFunc(s, a, func(x Setting, a AttrID) int { return cmp.Compare(x.Attr, a) })
}

// With returns the settings with x put in, replacing what was said of x.Attr. It
// may reuse s.
func (s Settings) With(x Setting) Settings {
	i, ok := s.index(x.Attr)
	if ok {
		s[i] = x
		return s
	}
	return slices.Insert(s, i, x)
}

// Get returns an attribute's value and where it comes from. Where nothing was
// said these are the table's default (nil if it has none), FromDefault and false.
func (s Settings) Get(a AttrID) (Value, Origin, bool) {
	if x, ok := s.Find(a); ok {
		return x.Value, x.Origin, true
	}
	return table[a].Default, Origin{File: FromDefault}, false
}

// Has tells whether something was said of the attribute.
func (s Settings) Has(a AttrID) bool { _, ok := s.index(a); return ok }

// Str returns the value of an attribute that holds a string; "" if it has none.
func (s Settings) Str(a AttrID) string { return as[string](s.Get(a)) }

// Bool returns the value of an attribute that holds a bool; false if it has none.
func (s Settings) Bool(a AttrID) bool { return as[bool](s.Get(a)) }

// Int returns the value of an attribute that holds a whole number; 0 if it has none.
func (s Settings) Int(a AttrID) int64 { return as[int64](s.Get(a)) }

// Float returns the value of an attribute that holds a number, as seconds do; 0 if it has none.
func (s Settings) Float(a AttrID) float64 { return as[float64](s.Get(a)) }

// List returns the value of an attribute that holds a list of strings. It must not be written to.
func (s Settings) List(a AttrID) []string { return as[[]string](s.Get(a)) }

// Ints returns the value of an attribute that holds a list of numbers. It must not be written to.
func (s Settings) Ints(a AttrID) []int64 { return as[[]int64](s.Get(a)) }

// Count returns the value of a count: -1 for "unlimited" and where there is none.
func (s Settings) Count(a AttrID) int64 { return count(s.Get(a)) }

// Duration returns the value of seconds or of a timeout; false for "unlimited" and
// where there is none.
func (s Settings) Duration(a AttrID) (time.Duration, bool) { return duration(s.Get(a)) }

func as[T any](v Value, _ Origin, _ bool) T {
	t, _ := v.(T)
	return t
}

func count(v Value, _ Origin, _ bool) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	return -1
}

func duration(v Value, _ Origin, _ bool) (time.Duration, bool) {
	switch v := v.(type) {
	case int64:
		return time.Duration(v) * time.Second, true
	case float64:
		return time.Duration(v * float64(time.Second)), true
	}
	return 0, false
}

// The accessors of a service are those of its settings, but where nothing was said
// they know what the default is for this service.

// Compat is the original whose habits the service has: "xinetd", "inetd", or "" for
// superd's own.
func (s *Service) Compat() string { return s.Settings.Str(Compat) }

// Get returns an attribute's value and where it comes from. Where nothing was said
// these are the default for this service (nil if it has none), FromDefault and false.
func (s *Service) Get(a AttrID) (Value, Origin, bool) {
	if x, ok := s.Settings.Find(a); ok {
		return x.Value, x.Origin, true
	}
	return s.byDefault(a), Origin{File: FromDefault}, false
}

// Has tells whether something was said of the attribute.
func (s *Service) Has(a AttrID) bool { return s.Settings.Has(a) }

// Str is as Settings.Str.
func (s *Service) Str(a AttrID) string { return as[string](s.Get(a)) }

// Bool is as Settings.Bool.
func (s *Service) Bool(a AttrID) bool { return as[bool](s.Get(a)) }

// Int is as Settings.Int.
func (s *Service) Int(a AttrID) int64 { return as[int64](s.Get(a)) }

// Float is as Settings.Float.
func (s *Service) Float(a AttrID) float64 { return as[float64](s.Get(a)) }

// List is as Settings.List.
func (s *Service) List(a AttrID) []string { return as[[]string](s.Get(a)) }

// Ints is as Settings.Ints.
func (s *Service) Ints(a AttrID) []int64 { return as[[]int64](s.Get(a)) }

// Count is as Settings.Count.
func (s *Service) Count(a AttrID) int64 { return count(s.Get(a)) }

// Duration is as Settings.Duration.
func (s *Service) Duration(a AttrID) (time.Duration, bool) { return duration(s.Get(a)) }

// SocketSettings returns what holds for the service's i-th socket: its own
// options over the service's settings.
func (s *Service) SocketSettings(i int) Settings {
	if len(s.Sockets[i].Options) == 0 {
		return s.Settings
	}
	all := slices.Clone(s.Settings)
	for _, x := range s.Sockets[i].Options {
		all = all.With(x)
	}
	return all
}
