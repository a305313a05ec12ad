// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"strings"

	"superd/services"
)

// ParseAssign makes KEY=VALUE of the command line an assignment by the same
// table that files go through. key is a native name, dashes allowed, of a service
// or else of [daemon]; a trailing + or - of the key (KEY+=VALUE) adds to or takes
// from a list.
func ParseAssign(key, value string) (Assign, error) {
	name, op := key, Set
	switch {
	case strings.HasSuffix(name, "+"):
		name, op = name[:len(name)-1], Add
	case strings.HasSuffix(name, "-"):
		name, op = name[:len(name)-1], Remove
	}
	name = strings.ReplaceAll(name, "-", "_")
	attr, ok := services.LookupIn(services.InService, name)
	if !ok {
		attr, ok = services.LookupIn(services.InDaemon, name)
	}
	if !ok {
		return Assign{}, fmt.Errorf("attribute %q: %v", key, Unknown(name))
	}
	if attr == services.Include {
		return Assign{}, fmt.Errorf("attribute %q: belongs in a file", name)
	}
	row := attr.Row()
	if op != Set && !row.Lists {
		return Assign{}, fmt.Errorf("attribute %q: is no list: += and -= do not apply", name)
	}
	v, err := row.Parse(value)
	if err != nil {
		return Assign{}, fmt.Errorf("attribute %q: %v", name, err)
	}
	return Assign{Attr: attr, Op: op, Value: v, Pos: Pos{File: services.FromCommandLine}}, nil
}

// Unknown words that there is no such attribute, with the one that may be meant.
func Unknown(name string) error {
	if meant := services.Suggest(name); meant != "" {
		return fmt.Errorf("unknown attribute; did you mean %q?", meant)
	}
	return errors.New("unknown attribute")
}
