// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// decode turns a value's node into string, bool, int64, float64 or []any of
// these; message says why it cannot.
func decode(n *unstable.Node) (v any, message string) {
	switch n.Kind {
	case unstable.String:
		return decodeText(n.Data)
	case unstable.Bool:
		return n.Data[0] == 't', ""
	case unstable.Integer:
		return decodeInteger(string(n.Data))
	case unstable.Float:
		return decodeFloat(string(n.Data))
	case unstable.Array:
		list := []any{}
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.Array {
				return nil, "is a list of lists"
			}
			item, message := decode(it.Node())
			if message != "" {
				return nil, message
			}
			list = append(list, item)
		}
		return list, ""
	case unstable.InlineTable:
		return nil, "is no table"
	}
	return nil, "dates and times of TOML have no use here; write a string"
}

// longestText is the kernel's MAX_ARG_STRLEN: no argument, variable or path can
// be longer.
const longestText = 128<<10 - 1

func decodeText(data []byte) (any, string) {
	switch {
	case len(data) > longestText:
		return nil, fmt.Sprintf("is %d bytes long; the kernel passes on %d", len(data), longestText)
	case bytes.IndexByte(data, 0) >= 0:
		return nil, "holds a NUL character"
	}
	return string(data), ""
}

// decodeInteger reads a decimal, 0x, 0o or 0b number.
func decodeInteger(s string) (any, string) {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 0, 64)
	if err != nil {
		return nil, "number " + strconv.Quote(s) + " is out of range"
	}
	return n, ""
}

func decodeFloat(s string) (any, string) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, "number " + strconv.Quote(s) + " is out of range"
	}
	return f, ""
}
