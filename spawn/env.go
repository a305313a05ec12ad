// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"net/netip"
	"strconv"
	"unsafe"
)

// Sizes of an Env: ten words about a connection, of which the paths of a unix
// socket (108 bytes) are the longest, need a third of it.
const (
	envBytes = 2048
	envWords = 48
)

// Env builds the environment words of one connection in a fixed buffer. Each word
// overrides the Program's word of the same key. Words that do not fit make Start
// answer E2BIG, as execve would.
type Env struct {
	buf  []byte // words with their NULs; its capacity is never exceeded
	at   [envWords]uint16
	n    int
	full bool
}

// Reset forgets all words.
func (e *Env) Reset() { e.buf, e.n, e.full = e.buf[:0], 0, false }

// Add adds KEY=value. Neither may hold a NUL; the word ends there if one does.
func (e *Env) Add(key, value string) {
	if e.begin(key, len(value)) {
		e.buf = append(e.buf, value...)
		e.end()
	}
}

// AddAddr adds KEY=address, without zone. The zero Addr gives an empty value.
func (e *Env) AddAddr(key string, a netip.Addr) {
	if !e.begin(key, len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")) {
		return
	}
	if a.IsValid() {
		e.buf = a.WithZone("").AppendTo(e.buf)
	}
	e.end()
}

// AddPort adds KEY=port in decimal.
func (e *Env) AddPort(key string, port uint16) {
	if e.begin(key, len("65535")) {
		e.buf = strconv.AppendUint(e.buf, uint64(port), 10)
		e.end()
	}
}

// begin writes KEY= if a value of at most n bytes fits, too.
func (e *Env) begin(key string, n int) bool {
	if e.n == envWords || cap(e.buf)-len(e.buf) < len(key)+n+2 {
		e.full = true
		return false
	}
	e.at[e.n] = uint16(len(e.buf))
	e.n++
	e.buf = append(e.buf, key...)
	e.buf = append(e.buf, '=')
	return true
}

func (e *Env) end() { e.buf = append(e.buf, 0) }

// words is a copy of what was added.
func (e *Env) words() words { return words(e.buf) }

// appendPointers adds the address of each word to ptrs.
func (e *Env) appendPointers(ptrs []uintptr) []uintptr {
	base := uintptr(unsafe.Pointer(unsafe.SliceData(e.buf)))
	for _, at := range e.at[:e.n] {
		ptrs = append(ptrs, base+uintptr(at))
	}
	return ptrs
}

// has tells whether a word has the key of the word that w starts with.
func (e *Env) has(w words) bool {
	for _, at := range e.at[:e.n] {
		if sameKey(w, e.buf[at:]) {
			return true
		}
	}
	return false
}

// sameKey compares two words up to their "=". Almost always the first byte tells,
// which is why this needs no table.
func sameKey(a words, b []byte) bool {
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '=' {
			return true
		}
	}
	return false
}

// take makes the words of a block this Env's.
func (e *Env) take(w words) {
	e.Reset()
	for s := range w.all() {
		e.at[e.n] = uint16(len(e.buf))
		e.n++
		e.buf = append(append(e.buf, s...), 0)
	}
}
