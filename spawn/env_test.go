// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func TestEnvWords(t *testing.T) {
	e := &newFrame().env
	e.Add("A", "")
	e.Add("B", "x=y")
	e.AddAddr("C", netip.MustParseAddr("fe80::1%eth0"))
	e.AddAddr("D", netip.Addr{})
	e.AddPort("E", 65535)
	want := []string{"A=", "B=x=y", "C=fe80::1", "D=", "E=65535"}
	if got := e.words().list(); !slices.Equal(got, want) || e.full {
		t.Errorf("got %q, full %t", got, e.full)
	}
	e.Reset()
	if len(e.words()) != 0 {
		t.Errorf("after Reset: %q", e.words())
	}
}

func TestEnvIsFull(t *testing.T) {
	e := &newFrame().env
	for range envWords {
		e.Add("K", "v")
	}
	if e.full {
		t.Error("full before its time")
	}
	if e.AddPort("K", 1); !e.full {
		t.Error("a word too many is lost without a word")
	}
	e.Reset()
	e.Add("K", strings.Repeat("x", envBytes-len("K=\x00")))
	if e.full || len(e.words()) != envBytes {
		t.Errorf("full %t with %d bytes", e.full, len(e.words()))
	}
	e.Reset()
	if e.Add("K", strings.Repeat("x", envBytes)); !e.full {
		t.Error("a word too long is lost without a word")
	}
}

// TestEnvironmentIsAsAMap: what the handler finds is the Program's words with the
// connection's put over them, however often a frame is used.
func TestEnvironmentIsAsAMap(t *testing.T) {
	word := rapid.StringMatching(`[AB]{1,2}=[xy]{0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		p, err := Compile(Spec{Path: "/x", Argv: []string{"x"}, Umask: -1, Env: rapid.SliceOf(word).Draw(t, "static")})
		if err != nil {
			t.Fatal(err)
		}
		f := newFrame()
		for range 3 {
			conn := rapid.SliceOfNDistinct(word, 0, 4, func(w string) string { k, _, _ := strings.Cut(w, "="); return k }).Draw(t, "conn")
			f.env.Reset()
			want := map[string]string{}
			for _, w := range append(p.Env(), conn...) {
				k, v, _ := strings.Cut(w, "=")
				want[k] = v
			}
			for _, w := range conn {
				k, v, _ := strings.Cut(w, "=")
				f.env.Add(k, v)
			}
			f.lower(p, Binding{Conn: 5, Log: -1}, target{keep: -1})
			got := map[string]string{}
			words := environOf(f, p)
			for _, w := range words {
				k, v, _ := strings.Cut(w, "=")
				got[k] = v
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || len(words) != len(want) {
				t.Fatalf("static %q, connection %q: got %q", p.Env(), conn, words)
			}
		}
	})
}

// environOf reads the words that the frame's pointers lead to.
func environOf(f *frame, p *Program) []string {
	var list []string
	static, conn := address(p.env), uintptr(unsafe.Pointer(unsafe.SliceData(f.env.buf)))
	for _, at := range f.envp[:len(f.envp)-1] {
		w := string(f.env.buf)
		off := at - conn
		if at >= static && at < static+uintptr(len(p.env)) {
			w, off = string(p.env), at-static
		}
		w = w[off:]
		list = append(list, w[:strings.IndexByte(w, 0)])
	}
	return list
}
