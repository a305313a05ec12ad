// SPDX-License-Identifier: Apache-2.0

package screen

import "unicode/utf8"

// Key is a key as it was pressed: a rune, or one of those below.
type Key rune

// The keys that are no runes.
const (
	KeyNone Key = -iota - 1
	KeyUp
	KeyDown
	KeyPageUp
	KeyPageDown
	KeyHome
	KeyEnd
	KeyEnter
	KeyEscape
	KeyBackspace
	KeyInterrupt
)

// sequences are what terminals send for a key, behind ESC.
var sequences = map[string]Key{
	"[A": KeyUp, "[B": KeyDown, "OA": KeyUp, "OB": KeyDown, "[5~": KeyPageUp, "[6~": KeyPageDown,
	"[H": KeyHome, "[F": KeyEnd, "OH": KeyHome, "OF": KeyEnd, "[1~": KeyHome, "[4~": KeyEnd, "[7~": KeyHome, "[8~": KeyEnd,
}

// Keys reads what a terminal has sent at once. What is no key is passed over.
func Keys(in []byte) []Key {
	var out []Key
	for len(in) > 0 {
		k, n := key(in)
		if in = in[n:]; k != KeyNone {
			out = append(out, k)
		}
	}
	return out
}

func key(in []byte) (Key, int) {
	switch c := in[0]; c {
	case 0x1b:
		return escaped(in)
	case '\r', '\n':
		return KeyEnter, 1
	case 0x08, 0x7f:
		return KeyBackspace, 1
	case 0x03, 0x04:
		return KeyInterrupt, 1
	case 0x0e:
		return KeyDown, 1
	case 0x10:
		return KeyUp, 1
	}
	r, n := utf8.DecodeRune(in)
	if r == utf8.RuneError || r < ' ' {
		return KeyNone, n
	}
	return Key(r), n
}

// escaped reads an escape sequence; ESC with nothing behind it is the key of that name.
func escaped(in []byte) (Key, int) {
	if len(in) == 1 {
		return KeyEscape, 1
	}
	n := 2
	switch in[1] {
	case '[':
		for n < len(in) && (in[n] < '@' || in[n] > '~') {
			n++
		}
		n = min(n+1, len(in))
	case 'O':
		n = min(3, len(in))
	default:
		return KeyEscape, 1
	}
	if k, ok := sequences[string(in[1:n])]; ok {
		return k, n
	}
	return KeyNone, n
}
