// SPDX-License-Identifier: Apache-2.0

package native

import (
	"fmt"
	"strconv"
	"strings"

	"superd/services"
)

// Literal writes a value as this format has it.
func Literal(v services.Value) string {
	switch v := v.(type) {
	case string:
		return Quote(v)
	case []string:
		items := make([]string, len(v))
		for i, s := range v {
			items[i] = Quote(s)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []int64:
		items := make([]string, len(v))
		for i, n := range v {
			items[i] = strconv.FormatInt(n, 10)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// Quote writes a basic string of TOML. Its escapes keep a terminal safe from
// what a file may hold. Text that is not UTF-8 cannot be written: what is wrong in
// it comes out as U+FFFD.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || (r >= 0x7f && r < 0xa0):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteKey writes one part of a key: bare where TOML allows that.
func quoteKey(s string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !bare(r) }) {
		return s
	}
	return Quote(s)
}
