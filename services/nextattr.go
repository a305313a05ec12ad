// SPDX-License-Identifier: Apache-2.0

//go:build !superd_next_attribute

package services

// NumAttrs is how many attributes there are.
const NumAttrs = lastAttr

var nextRows []Attribute
