// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"slices"
	"strings"
)

// Program is a compiled Spec: the list of the steps that make a handler out of a
// fresh process. It is a value: never changed after Compile.
//
// It is kept in three parts, of which programs share the first and the last.
type Program struct {
	setup []Step // all but the execve
	exec  words  // path, then argv
	env   words  // what every handler gets
}

// Steps lists the steps, first to last.
func (p *Program) Steps() []Step {
	return append(slices.Clip(p.setup), p.execStep())
}

func (p *Program) execStep() Step { return Step{kind: kindExec, text: p.exec} }

// Env lists the environment that every handler gets, as KEY=value; the words of a
// connection are added at Start.
func (p *Program) Env() []string { return p.env.list() }

// String prints one line for each step, with the reason for its place.
func (p *Program) String() string {
	var b strings.Builder
	for _, s := range p.Steps() {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Equal tells whether two Programs do the same.
func (p *Program) Equal(q *Program) bool {
	return p.exec == q.exec && p.env == q.env && slices.EqualFunc(p.setup, q.setup, Step.equal)
}

// step gives the step of an index as the child reports it.
func (p *Program) step(i int) Step {
	if i >= 0 && i < len(p.setup) {
		return p.setup[i]
	}
	return p.execStep()
}

// connects tells whether the Program gives a connection.
func (p *Program) connects() bool {
	for i := range p.setup {
		switch s := &p.setup[i]; {
		case s.kind > kindClose:
			return false
		case s.kind == kindStdio && s.a == fromConn:
			return true
		}
	}
	return false
}

// files is how many of the Binding's files the Program gives.
func (p *Program) files() int {
	n := 0
	for n+1 < len(p.setup) && p.setup[n+1].kind == kindAside {
		n++
	}
	return n
}

// uid gives the uid that the Program changes to.
func (p *Program) uid() (uid uint32, ok bool) {
	for _, s := range p.setup {
		if s.kind == kindSetuid {
			return uint32(s.num), true
		}
	}
	return 0, false
}
