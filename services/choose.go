// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
)

// Choice is what a list of modes came to on this machine.
type Choice struct {
	Mode   string       // the first that works; "": none does
	Passed []PassedOver // those before it, in their order
}

// PassedOver is a mode that was not chosen though it stands first.
type PassedOver struct {
	Mode, Reason string
	Unknown      bool // it is no mode: rather a slip than a wish
}

// Choose finds the first of a service's modes that works here: it is one of superd's
// and built, what it needs of attributes is there and allowed, and there is a program
// to run if it needs one. program is what the machine has against that, or nil. Of a
// service whose mode is one word there is nothing to choose; the result is nil.
func Choose(s *Service, program error) *Choice { return choose(s, program, laterModes) }

func choose(s *Service, program error, later []string) *Choice {
	x, _ := s.Settings.Find(Mode)
	words, ok := x.Value.([]string)
	if !ok {
		return nil
	}
	c := &Choice{}
	for _, word := range words {
		reason := ""
		unknown := ModeOf(word) == 0
		switch {
		case unknown:
			reason = unknownMode(word)
		case slices.Contains(later, word):
			reason = "not built yet"
		default:
			reason = whyNot(s, word, program)
		}
		if reason == "" {
			c.Mode = word
			break
		}
		_, never := serverTypesNever[word]
		c.Passed = append(c.Passed, PassedOver{Mode: word, Reason: reason, Unknown: unknown && !never})
	}
	return c
}

// whyNot says what would be wrong with the service in a mode, as far as that hangs on
// the mode; "" for nothing.
func whyNot(s *Service, mode string, program error) string {
	as := *s
	as.Choice = &Choice{Mode: mode}
	c := checker{s: &as, mode: ModeOf(mode)}
	for _, check := range modeChecks {
		check(&c)
	}
	if i := slices.IndexFunc(c.problems, func(p Problem) bool { return !p.Warning }); i >= 0 {
		return fmt.Sprintf("attribute %q: %s", c.problems[i].Attr, c.problems[i].Message)
	}
	if program != nil && c.mode&programless == 0 {
		return program.Error()
	}
	return ""
}
