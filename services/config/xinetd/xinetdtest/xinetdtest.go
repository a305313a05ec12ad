// SPDX-License-Identifier: Apache-2.0

// Package xinetdtest makes xinetd.conf files for tests, and says who may come in
// by them as xinetd's code does.
//
// Owns: the generator, and the inheritance of address lists told once more.
// Does not know: the front-end, so that a mistake there is not one here too.
// Concurrency: functions without state. Errors: none; what it makes is valid.
package xinetdtest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"superd/limits/access/accesstest"
)

// Service is one service of a File.
type Service struct {
	ID    string
	Port  int
	Lists accesstest.Lists // those in force, after defaults and operators
}

// File is one xinetd.conf.
type File struct {
	Text     string
	Services []Service
}

// Files draws files of one to three services on ports from base on, all of which
// run server as root. Their defaults stand before them: of later ones xinetd
// makes less than it should, which is a written difference. Words that superd
// and xinetd take differently ("-=" of a network in other words, "/128") are
// left out.
func Files(server string, base int) *rapid.Generator[File] {
	return rapid.Custom(func(t *rapid.T) File {
		var f File
		var text strings.Builder
		common := lists{}
		if rapid.Bool().Draw(t, "defaults") {
			text.WriteString("defaults\n{\n")
			for range rapid.IntRange(0, 3).Draw(t, "lines") {
				text.WriteString(common.line(t, true))
			}
			text.WriteString("}\n")
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "services") {
			s := Service{ID: fmt.Sprintf("s%d", i), Port: base + i}
			fmt.Fprintf(&text, "service %s\n{\n\ttype = UNLISTED\n\tport = %d\n\tsocket_type = stream\n\twait = no\n\tuser = root\n\tserver = %s\n\tflags = NOLIBWRAP\n\tcps = 0 0\n", s.ID, s.Port, server)
			own := common.clone()
			for range rapid.IntRange(0, 4).Draw(t, "lines") {
				text.WriteString(own.line(t, false))
			}
			text.WriteString("}\n")
			s.Lists = accesstest.Lists{OnlyFrom: own.only, OnlyFromSet: own.onlySet, NoAccess: own.none}
			f.Services = append(f.Services, s)
		}
		f.Text = text.String()
		return f
	})
}

// lists are the words in force at some line.
type lists struct {
	only, none []string
	onlySet    bool
}

func (l lists) clone() lists {
	return lists{slices.Clone(l.only), slices.Clone(l.none), l.onlySet}
}

// line draws one line of only_from or no_access and carries it out.
func (l *lists) line(t *rapid.T, defaults bool) string {
	name, list := "only_from", &l.only
	if rapid.Bool().Draw(t, "no_access") {
		name, list = "no_access", &l.none
	} else {
		l.onlySet = true
	}
	op := rapid.SampledFrom([]string{"=", "=", "+=", "-="}).Draw(t, "op")
	n := rapid.SampledFrom([]int{0, 1, 1, 2, 5}).Draw(t, "words")
	words := rapid.SliceOfN(accesstest.Word(), n, n).Draw(t, "word")
	switch {
	case op == "-=":
		words = removable(*list)
		if len(words) > 1 {
			words = words[:1]
		}
		*list = slices.DeleteFunc(*list, func(w string) bool { return slices.Contains(words, w) })
	case op == "=" && !defaults:
		*list = words
	default:
		*list = append(*list, words...)
	}
	return fmt.Sprintf("\t%s %s %s\n", name, op, strings.Join(words, " "))
}

// removable are the words that are plainly a network of their own in the list.
func removable(list []string) []string {
	var words []string
	for i, w := range list {
		p, ok := network(w)
		if !ok {
			continue
		}
		alone := true
		for j, other := range list {
			q, known := network(other)
			alone = alone && (i == j || w == other || known && p != q)
		}
		if alone {
			words = append(words, w)
		}
	}
	return words
}

// network is the prefix that a word without "{" and names stands for.
func network(w string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(w); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(w)
	if err != nil {
		return netip.Prefix{}, false
	}
	bits := a.BitLen()
	if b := a.AsSlice(); a.Is4() {
		for bits > 0 && b[bits/8-1] == 0 {
			bits -= 8
		}
	}
	return netip.PrefixFrom(a, bits), true
}
