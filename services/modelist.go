// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
	"strings"
)

// serverTypes are Net::Server's personalities, which are names of Perl modules and
// so spelled in one way only, with the modes that they are here.
var serverTypes = map[string]string{
	"Fork":          "inet",
	"INET":          "inet",
	"Single":        "single",
	"PreFork":       "prefork",
	"PreForkSimple": "prefork-simple",
	"Multiplex":     "multiplex",
	"HTTP":          "http",
	"PSGI":          "app",
}

// serverTypesNever are those of Net::Server's words that are no mode of superd's,
// with the reason.
var serverTypesNever = map[string]string{
	"Thread":    "threads are Perl's own affair",
	"MultiType": "it is a list of modes itself",
}

// maxModes bounds a list of modes: each word that is passed over is a remark.
const maxModes = 32

// parseMode reads one mode. Net::Server's names are told of, but one thing has one
// name here.
func parseMode(a *Attribute, s string) (Value, error) {
	if mode, ok := nativeMode(a, s); ok {
		return mode, nil
	}
	if mode, ok := serverTypes[s]; ok {
		return nil, fmt.Errorf("%q: did you mean %q?", clip(s), mode)
	}
	if why, ok := serverTypesNever[s]; ok {
		return nil, fmt.Errorf("%q is no mode: %s", s, why)
	}
	if words := splitModes(s); len(words) > 1 {
		return nil, fmt.Errorf(`%q: want a list, as ["prefork", "inet"]`, clip(s))
	}
	return nil, notOneOf(s, a.Words)
}

func nativeMode(a *Attribute, s string) (string, bool) {
	i := slices.IndexFunc(a.Words, func(w string) bool { return strings.EqualFold(w, s) })
	if i < 0 {
		return "", false
	}
	return a.Words[i], true
}

// splitModes parts the words of a command line.
func splitModes(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

// modeList reads a list of modes, as Net::Server's MultiType has it: its names and
// superd's, each once. A word that is no mode stays as it is written, to be passed
// over with a warning. A list of one mode is that mode.
func modeList(a *Attribute, items []string) (Value, error) {
	if len(items) == 0 {
		return nil, fmt.Errorf("empty: want a mode")
	}
	if len(items) > maxModes {
		return nil, fmt.Errorf("%d modes: want at most %d", len(items), maxModes)
	}
	var out []string
	for _, s := range items {
		word, err := modeWord(a, s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	if len(out) == 1 && ModeOf(out[0]) != 0 {
		return out[0], nil
	}
	return out, nil
}

func modeWord(a *Attribute, s string) (string, error) {
	if mode, ok := serverTypes[s]; ok {
		return mode, nil
	}
	if mode, ok := nativeMode(a, s); ok {
		return mode, nil
	}
	if err := plain(s); err != nil {
		return "", err
	}
	if words := splitModes(s); len(s) > 60 || len(words) != 1 || words[0] != s {
		return "", fmt.Errorf("%q: want one mode, without blanks and commas", clip(s))
	}
	return s, nil
}

// unknownMode words why a word of a list is no mode.
func unknownMode(word string) string {
	if why, ok := serverTypesNever[word]; ok {
		return why
	}
	if w := nearest(word, modeNames[:]); w != "" {
		return fmt.Sprintf("there is no such mode; did you mean %q?", w)
	}
	return "there is no such mode"
}
