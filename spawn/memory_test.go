// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"runtime"
	"testing"
)

// TestMemoryOfManyPrograms: ten thousand services that share user, limits and
// environment, as the files of one machine do, cost a Program each of its path and
// arguments, and little else.
func TestMemoryOfManyPrograms(t *testing.T) {
	const n = 10000
	self := rootSelf()
	var in Interner
	kept := make([]*Program, n)
	before := heap()
	for i := range n {
		var env []string
		for k := range 25 {
			env = append(env, fmt.Sprintf("VARIABLE_%d=some value or other", k))
		}
		p, err := Compile(Spec{
			Path: fmt.Sprintf("/usr/libexec/handler%d", i), Argv: []string{"handler", fmt.Sprint("-", i)}, Env: env,
			Identity: Identity{Set: true, UID: 65534, GID: 65534}, Umask: 0o22, Self: self,
			Rlimits: []Rlimit{{7, 64, 64}, {9, 1 << 30, 1 << 30}},
		})
		if err != nil {
			t.Fatal(err)
		}
		kept[i] = in.Intern(p)
	}
	in = Interner{}
	per := float64(heap()-before) / n
	t.Logf("%.0f bytes a Program", per)
	if per > 200 {
		t.Errorf("%.0f bytes a Program", per)
	}
	runtime.KeepAlive(kept)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
