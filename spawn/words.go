// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"iter"
	"strings"
	"unsafe"
)

// words are strings that the kernel is to read: each with its NUL, in one block.
// A block costs a tenth of a slice of strings with their headers and pointers,
// and a daemon with 10,000 services keeps 20,000 of them.
type words string

// makeWords joins list, of which no string may hold a NUL.
func makeWords(list ...string) words {
	n := 0
	for _, s := range list {
		n += len(s) + 1
	}
	var b strings.Builder
	b.Grow(n)
	for _, s := range list {
		b.WriteString(s)
		b.WriteByte(0)
	}
	return words(b.String())
}

func (w words) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(w) > 0 {
			i := nulAt(w)
			if !yield(string(w[:i])) {
				return
			}
			w = w[i+1:]
		}
	}
}

func (w words) list() []string {
	var list []string
	for s := range w.all() {
		list = append(list, s)
	}
	return list
}

// appendPointers adds the address of each word to ptrs. The addresses hold for as
// long as the block is kept alive: the collector does not move it.
func (w words) appendPointers(ptrs []uintptr) []uintptr {
	base := address(w)
	for i := 0; i < len(w); {
		ptrs = append(ptrs, base+uintptr(i))
		i += nulAt(w[i:]) + 1
	}
	return ptrs
}

// nulAt is where the first word of a block ends.
func nulAt(w words) int { return strings.IndexByte(string(w), 0) }

// address is where a block starts.
func address(w words) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(string(w)))) }
