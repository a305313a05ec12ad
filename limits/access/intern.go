// SPDX-License-Identifier: Apache-2.0

package access

import (
	"encoding/binary"
	"strconv"
)

// Interner lets services with equal lists share them: all of it where the places
// are equal too (the lists of defaults), and the tries and texts elsewhere. The
// zero value is ready. It is for the time of a load: what it has made lives on
// without it.
type Interner struct {
	matchers map[string]*matcher
	rules    map[rulesKey]*Rules
}

type rulesKey struct {
	m      *matcher
	places string
}

// Compile is the package's Compile, sharing what it can with earlier results.
func (in *Interner) Compile(spec Spec) (*Rules, error) {
	if !spec.xinetd() && !spec.netServer() {
		return nil, nil
	}
	if in.matchers == nil {
		in.matchers, in.rules = make(map[string]*matcher), make(map[rulesKey]*Rules)
	}
	key := spec.key()
	m := in.matchers[key]
	if m == nil {
		var err error
		if m, err = newMatcher(&spec); err != nil {
			return nil, err
		}
		in.matchers[key] = m
	}
	at := places(&spec)
	var raw []byte
	for _, p := range at {
		raw = binary.LittleEndian.AppendUint32(raw, p.File)
		raw = binary.LittleEndian.AppendUint32(raw, p.Line)
	}
	rk := rulesKey{m, string(raw)}
	r := in.rules[rk]
	if r == nil {
		r = &Rules{m, at}
		in.rules[rk] = r
	}
	return r, nil
}

// key writes all that a matcher is made of, each text behind its length so that
// no two specs can look alike.
func (s *Spec) key() string {
	var b []byte
	word := func(w string) {
		b = strconv.AppendInt(b, int64(len(w)), 10)
		b = append(append(b, ':'), w...)
	}
	b = strconv.AppendBool(b, s.OnlyFromSet)
	b = strconv.AppendBool(b, s.IPv4Only)
	for _, rules := range [][]Rule{s.OnlyFrom, s.NoAccess, s.CIDRAllow, s.CIDRDeny} {
		b = append(b, '\n')
		for _, r := range rules {
			word(r.Prefix.String())
			word(r.Text)
		}
	}
	for _, ps := range [][]Pattern{s.Allow, s.Deny} {
		b = append(b, '\n')
		for _, p := range ps {
			word(p.Text)
		}
	}
	return string(b)
}
