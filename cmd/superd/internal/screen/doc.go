// SPDX-License-Identifier: Apache-2.0

// Package screen lays superd's state out for people: the tables of status, and the
// frames of top.
//
// Owns: columns, their widths, top's keys and what they do. Does not know: terminals,
// sockets, clocks. A frame is a function of states that were told, and of a size.
//
// Concurrency: values alone. Errors: none.
package screen
