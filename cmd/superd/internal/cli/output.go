// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// say prints a line on standard output, whatever stands in it as something that no
// terminal takes for a command.
func (inv *invocation) say(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	body := strings.TrimSuffix(text, "\n")
	if _, err := fmt.Fprint(inv.stdout, printable(body), text[len(body):]); err != nil {
		return failf("cannot write: %v", err)
	}
	return nil
}

// sayJSON prints a document on standard output.
func (inv *invocation) sayJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = inv.stdout.Write(append(printableJSON(data), '\n'))
	}
	if err != nil {
		return failf("cannot write: %v", err)
	}
	return nil
}

// printable is text in which everything that does not print stands as an escape.
func printable(s string) string {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			quoted := strconv.Quote(s)
			return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
		}
	}
	return s
}

// printableJSON is the same of a JSON document: what does not print can stand in its
// strings alone. Newlines are those of the document.
func printableJSON(data []byte) []byte {
	if !bytes.ContainsFunc(data, odd) {
		return data
	}
	var out bytes.Buffer
	for _, r := range string(data) {
		switch {
		case !odd(r):
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

func odd(r rune) bool { return r != '\n' && (r == utf8.RuneError || !unicode.IsPrint(r)) }
