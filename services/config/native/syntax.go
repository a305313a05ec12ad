// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"

	"superd/services/config"
)

// key is one part of a dotted key.
type key struct {
	name string
	pos  config.Pos
}

// document is one file's text with a cursor that turns offsets into places.
// Offsets come nearly in order, so the cursor goes a short way each time; a
// table of all lines would cost more than the file.
type document struct {
	id     config.Pos // File only
	data   []byte
	toml   unstable.Parser
	offset int
	line   int // of offset, from 1
	start  int // offset of the line's first byte
}

// text checks what TOML's parser does not: the bytes themselves. It returns the
// text without a byte order mark, or what is wrong and where.
func text(data []byte) (clean []byte, message string, offset int) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, "NUL byte: this is not a text file", i
	}
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, "invalid UTF-8", i
		}
		i += n
	}
	return bytes.TrimPrefix(data, []byte("\uFEFF")), "", 0
}

// pos turns an offset into a place.
func (d *document) pos(offset int) config.Pos {
	if offset >= d.offset {
		between := d.data[d.offset:offset]
		if n := bytes.Count(between, []byte{'\n'}); n > 0 {
			d.line += n
			d.start = d.offset + bytes.LastIndexByte(between, '\n') + 1
		}
	} else {
		d.line -= bytes.Count(d.data[offset:d.offset], []byte{'\n'})
		d.start = bytes.LastIndexByte(d.data[:offset], '\n') + 1
	}
	d.offset = offset
	return config.Pos{File: d.id.File, Line: uint32(d.line), Col: uint32(offset - d.start + 1)}
}

// key lists the parts of a node's dotted key.
func (d *document) key(it unstable.Iterator) []key {
	var path []key
	for it.Next() {
		n := it.Node()
		path = append(path, key{string(n.Data), d.pos(int(n.Raw.Offset))})
	}
	return path
}

// value finds where the value of a key = value begins. Arrays carry no place of
// their own, so it is looked for behind the key.
func (d *document) value(kv *unstable.Node) config.Pos {
	v := kv.Value()
	if v.Raw.Length > 0 {
		return d.pos(int(v.Raw.Offset))
	}
	end := 0
	for it := kv.Key(); it.Next(); {
		raw := it.Node().Raw
		end = int(raw.Offset + raw.Length)
	}
	for end < len(d.data) && (d.data[end] == ' ' || d.data[end] == '\t' || d.data[end] == '=') {
		end++
	}
	return d.pos(end)
}

// parseError gives the place and words of the parser's own error.
func (d *document) parseError(err error) (config.Pos, string) {
	pe, ok := errors.AsType[*unstable.ParserError](err)
	if !ok {
		return d.id, err.Error()
	}
	message := pe.Message
	if strings.HasPrefix(message, "expected keyword") || strings.HasSuffix(message, "at start of value") {
		message = "no value; text stands in quotes" // the most frequent slip: user = nobody
	}
	return d.pos(min(cap(d.data)-cap(pe.Highlight), len(d.data))), message
}
