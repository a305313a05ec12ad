// SPDX-License-Identifier: Apache-2.0

//go:build superd_next_attribute

package services

// A superd that knows one attribute more, for the tests of upgrades.
const (
	Motto = lastAttr + iota

	NumAttrs
)

var nextRows = []Attribute{{
	ID: Motto, Name: "motto", Kind: KindText,
	Scope: perService, Reload: Retune,
	Doc: "Words to live by.",
}}
