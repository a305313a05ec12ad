// SPDX-License-Identifier: Apache-2.0

package spawn

import "errors"

// Program is a compiled Spec: the list of the steps that make a handler out of a
// fresh process. It is a value: never changed after Compile.
type Program struct{}

// Steps lists the steps, first to last.
func (p *Program) Steps() []Step { return nil }

// String prints one line for each step, with the reason for its place.
func (p *Program) String() string { return "" }

// Equal tells whether two Programs do the same.
func (p *Program) Equal(q *Program) bool { return p == q }

// Step is one step of a Program.
type Step struct{}

// Compile turns a Spec into a Program. It is pure. The error tells what is wrong
// with the Spec.
func Compile(s Spec) (*Program, error) { return nil, errors.New("not built yet") }

// Interner makes equal Programs one, and shares what unequal ones have in common.
// The zero value is ready. It lives for one load of the configuration.
type Interner struct{}

// Intern gives the one Program that stands for all that are equal to p.
func (in *Interner) Intern(p *Program) *Program { return p }
