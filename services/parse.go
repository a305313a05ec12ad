// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse makes a Value of the attribute's kind from text, as it stands behind
// KEY= on a command line. In lists of plain words, and of modes, blanks and commas
// part the items; in lists whose items may hold these (env, port, host, proto, ipv, allow,
// deny) the text is one item. The error does not name the attribute.
func (a *Attribute) Parse(text string) (Value, error) {
	k := &kinds[a.Kind]
	if a.Kind == KindMode && strings.ContainsAny(text, ", \t") {
		return modeList(a, splitModes(text))
	}
	if !a.Kind.isList() {
		return k.text(a, text)
	}
	items := []string{text}
	if k.words {
		items = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	}
	return a.listOf(items)
}

// FromTOML makes a Value of the attribute's kind from a decoded TOML value:
// string, bool, int64, int, float64, []any of these, []string or []int64. Where
// a list is wanted, one string or number is a list of one. The error does not
// name the attribute; that of a list's items is an ItemErrors.
func (a *Attribute) FromTOML(v any) (Value, error) {
	k := &kinds[a.Kind]
	switch v := v.(type) {
	case string:
		if k.typed {
			return nil, fmt.Errorf("%q is text: want %s", clip(v), k.want)
		}
		return a.fromString(v)
	case bool:
		if a.Kind == KindBool {
			return v, nil
		}
	case int:
		return a.FromTOML(int64(v))
	case int64:
		if k.whole != nil {
			return k.whole(a, v)
		}
	case float64:
		if k.float != nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return k.float(a, v)
		}
	case []string:
		if a.Kind.isList() {
			return a.listOf(v)
		}
		return a.fromList(anys(v))
	case []int64:
		return a.fromList(anys(v))
	case []any:
		return a.fromList(v)
	}
	return nil, fmt.Errorf("want %s, not %s", k.want, describe(v))
}

func (a *Attribute) fromString(s string) (Value, error) {
	if a.Kind == KindArgv && strings.ContainsAny(s, " \t") {
		return nil, fmt.Errorf("%q: want %s: no shell parts the words", clip(s), kinds[a.Kind].want)
	}
	if a.Kind.isList() {
		return a.listOf([]string{s})
	}
	return kinds[a.Kind].text(a, s)
}

// fromList takes the kinds that are lists, and of the others those that may be
// written as one.
func (a *Attribute) fromList(list []any) (Value, error) {
	words := make([]string, len(list))
	var wrong ItemErrors
	for i, x := range list {
		var err error
		switch x := x.(type) {
		case string:
			words[i] = x
		case int64:
			// A number where the list wants numbers: port = [79, 80]. Elsewhere
			// exec = ["sleep", 5] is a slip that text in quotes makes clear.
			if a.Kind.isList() && kinds[a.Kind].whole == nil {
				err = fmt.Errorf("item %d is a number: want text, as \"%d\"", i+1, x)
			}
			words[i] = strconv.FormatInt(x, 10)
		default:
			err = fmt.Errorf("item %d is %s: want %s", i+1, describe(x), kinds[a.Kind].want)
		}
		if err != nil && !wrong.add(i, err) {
			break
		}
	}
	if wrong != nil && !a.Kind.isList() {
		return nil, wrong
	}
	switch a.Kind {
	case KindRate, KindPrefixes, KindGroups:
		return kinds[a.Kind].text(a, strings.Join(words, " "))
	case KindMode:
		return modeList(a, words)
	}
	if a.Kind.isList() {
		return a.listWithout(words, wrong)
	}
	return nil, fmt.Errorf("want %s, not a list", kinds[a.Kind].want)
}

func (a *Attribute) listOf(items []string) (Value, error) { return a.listWithout(items, nil) }

// listWithout makes a list of items, of which some are known to be wrong.
func (a *Attribute) listWithout(items []string, known ItemErrors) (Value, error) {
	k := &kinds[a.Kind]
	out := make([]string, 0, len(items))
	var wrong ItemErrors
	for i, s := range items {
		var made []string
		var err error
		if len(known) > 0 && known[0].Item == i {
			err, known = known[0].Err, known[1:]
		} else {
			made, err = k.item(a, s)
		}
		if err != nil && !wrong.add(i, err) {
			if i < len(items)-1 {
				wrong.unfinished()
			}
			break
		}
		out = append(out, made...)
	}
	if wrong != nil {
		return nil, wrong
	}
	if k.list == nil {
		return out, nil
	}
	out, err := k.list(a, out)
	if err != nil {
		return nil, err // not a Value that holds a nil list
	}
	return out, nil
}

// Format writes a Value so that Parse reads it back: of a list, so that Parse
// reads each item back, with blanks between them.
func (a *Attribute) Format(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		if a.Kind == KindMode && len(v) == 1 {
			return v[0] + "," // a list nevertheless
		}
		return strings.Join(v, " ")
	case []int64:
		return strings.Trim(fmt.Sprint(v), "[]")
	}
	return ""
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "true or false"
	case int, int64:
		return fmt.Sprintf("the number %d", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case []any, []string, []int64:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// clip keeps a hostile value from filling the terminal with itself.
func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

// Holds tells whether a value is of the Go type that the attribute's kind has.
func (a *Attribute) Holds(v Value) bool {
	switch v := v.(type) {
	case string:
		switch a.Kind {
		case KindText, KindPath, KindWord, KindMode, KindUser, KindGroups, KindOctal, KindLogFile, KindControl, KindLogsock, KindIdent, KindFDName:
			return true
		case KindCount, KindTimeout, KindRate:
			return v == Unlimited
		case KindRlimit, KindRlimitN:
			return v == Unlimited || strings.Contains(v, ":")
		}
	case bool:
		return a.Kind == KindBool
	case int64:
		switch a.Kind {
		case KindInt, KindWholeSeconds, KindBytes, KindCount, KindRlimit, KindRlimitN:
			return true
		}
	case float64:
		return a.Kind == KindFloat || a.Kind == KindSeconds || a.Kind == KindTimeout
	case []string:
		return a.Kind.isList() || a.Kind == KindMode && len(v) > 0
	case []int64:
		return (a.Kind == KindRate || a.Kind == KindPrefixes) && len(v) == 2
	}
	return false
}
