// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"hash/maphash"
	"slices"
)

// Interner makes equal Programs one, and shares what unequal ones have in common:
// the steps before the execve, and the environment. The zero value is ready. It
// holds what it has seen, so it lives for one load of the configuration; Intern
// the running Programs first, and unchanged services keep theirs.
type Interner struct {
	seed   maphash.Seed
	setups map[uint64][][]Step // by hash, those that share it
	envs   map[words]words
	whole  map[programKey]*Program
}

// programKey tells Programs of shared parts apart.
type programKey struct {
	setup *Step
	env   words
	exec  words
}

// Intern gives the one Program that stands for all that are equal to p.
func (in *Interner) Intern(p *Program) *Program {
	if in.whole == nil {
		in.seed = maphash.MakeSeed()
		in.setups = map[uint64][][]Step{}
		in.envs = map[words]words{}
		in.whole = map[programKey]*Program{}
	}
	setup := in.setup(p.setup)
	env, ok := in.envs[p.env]
	if !ok {
		env = p.env
		in.envs[env] = env
	}
	key := programKey{&setup[0], env, p.exec}
	if q, ok := in.whole[key]; ok {
		return q
	}
	q := &Program{setup: setup, exec: p.exec, env: env}
	in.whole[key] = q
	return q
}

func (in *Interner) setup(steps []Step) []Step {
	var h maphash.Hash
	h.SetSeed(in.seed)
	h.Write(appendSteps(nil, steps))
	sum := h.Sum64()
	for _, have := range in.setups[sum] {
		if slices.EqualFunc(have, steps, Step.equal) {
			return have
		}
	}
	steps = slices.Clone(steps)
	in.setups[sum] = append(in.setups[sum], steps)
	return steps
}
