// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// The form in which a Program reaches the shim: every field of every step, numbers
// as uvarints, strings with their length before them. Both ends are one build of
// one program, so it has no version.

func appendSteps(b []byte, steps []Step) []byte {
	b = binary.AppendUvarint(b, uint64(len(steps)))
	for _, s := range steps {
		late := byte(0)
		if s.late {
			late = 1
		}
		b = append(b, byte(s.kind), late)
		b = binary.AppendVarint(b, int64(s.num))
		b = binary.AppendUvarint(b, s.a)
		b = binary.AppendUvarint(b, s.b)
		b = appendWords(b, s.text)
		b = binary.AppendUvarint(b, uint64(len(s.gids)))
		for _, g := range s.gids {
			b = binary.AppendUvarint(b, uint64(g))
		}
	}
	return b
}

func appendWords(b []byte, w words) []byte {
	b = binary.AppendUvarint(b, uint64(len(w)))
	return append(b, w...)
}

// appendBinding writes the descriptors of a start, by the numbers that the reader
// finds them at.
func appendBinding(b []byte, d Binding) []byte {
	b = binary.AppendVarint(b, int64(d.Conn))
	b = binary.AppendVarint(b, int64(d.Log))
	b = binary.AppendUvarint(b, uint64(len(d.Files)))
	for _, fd := range d.Files {
		b = binary.AppendVarint(b, int64(fd))
	}
	return b
}

// appendProgram writes p, with the environment words of one connection.
func appendProgram(b []byte, p *Program, conn words) []byte {
	b = appendSteps(b, p.setup)
	b = appendWords(b, p.exec)
	b = appendWords(b, p.env)
	return appendWords(b, conn)
}

var errWire = errors.New("not a spawn program")

// reader reads the form back. After the first error all it gives is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.err, r.b = errWire, nil
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) varint() int64 {
	n, k := binary.Varint(r.b)
	if k <= 0 {
		r.err, r.b = errWire, nil
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.err = errWire
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// count reads a number of things that take at least one byte each.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.err, r.b = errWire, nil
		return 0
	}
	return int(n)
}

// words reads a block, which is empty or ends in a NUL.
func (r *reader) words() words {
	n := r.count()
	w := words(r.b[:n])
	r.b = r.b[n:]
	if n > 0 && w[n-1] != 0 {
		r.err = errWire
		return ""
	}
	return w
}

func (r *reader) step() Step {
	s := Step{kind: kind(r.byte()), late: r.byte() != 0}
	num := r.varint()
	if s.kind >= kindExec || num < math.MinInt32 || num > math.MaxInt32 {
		r.err = errWire
	}
	s.num = int32(num)
	s.a, s.b = r.uvarint(), r.uvarint()
	if s.kind == kindAside && (s.num < firstFile || s.a >= maxFiles) || s.kind == kindStdio && s.a >= fromFiles+maxFiles {
		r.err = errWire
	}
	s.text = r.words()
	for n := r.count(); n > 0; n-- {
		s.gids = append(s.gids, uint32(r.uvarint()))
	}
	return s
}

// parseBinding reads what appendBinding wrote, and gives what follows it.
func parseBinding(b []byte) (d Binding, rest []byte, err error) {
	r := &reader{b: b}
	d.Conn, d.Log = r.fd(), r.fd()
	for n := r.count(); n > 0 && r.err == nil; n-- {
		d.Files = append(d.Files, r.fd())
	}
	if r.err != nil {
		return Binding{}, nil, r.err
	}
	return d, r.b, nil
}

// fd reads a descriptor's number, or -1.
func (r *reader) fd() int {
	n := r.varint()
	if n < -1 || n > math.MaxInt32 {
		r.err = errWire
		return -1
	}
	return int(n)
}

// parseProgram reads what appendProgram wrote.
func parseProgram(b []byte) (p *Program, conn words, err error) {
	r := &reader{b: b}
	p = &Program{}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		p.setup = append(p.setup, r.step())
	}
	p.exec, p.env, conn = r.words(), r.words(), r.words()
	if r.err == nil && (len(r.b) != 0 || strings.Count(string(p.exec), "\x00") < 2) {
		r.err = errWire
	}
	if r.err != nil {
		return nil, "", r.err
	}
	return p, conn, nil
}
