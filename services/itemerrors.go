// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// ItemErrors are what is wrong with a list, item by item, in their order: one slip is
// seldom alone, and whoever mends it wants to see all. There is at least one.
type ItemErrors []ItemError

// ItemError is what is wrong with one item.
type ItemError struct {
	Item int // from 0
	Err  error
}

// mostItemErrors bounds what a list of a million wrong items costs.
const mostItemErrors = 20

// add tells whether further items are worth a look.
func (e *ItemErrors) add(item int, err error) bool {
	*e = append(*e, ItemError{item, err})
	return len(*e) < mostItemErrors
}

// unfinished says that the items behind the last error were not looked at.
func (e ItemErrors) unfinished() {
	last := &e[len(e)-1]
	last.Err = fmt.Errorf("%w (what is behind it was not looked at)", last.Err)
}

// Error tells all of them, in one line.
func (e ItemErrors) Error() string {
	texts := make([]string, len(e))
	for i, x := range e {
		texts[i] = x.Err.Error()
	}
	return strings.Join(texts, "; ")
}
