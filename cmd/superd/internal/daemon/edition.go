// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/binary"
	"hash/fnv"
	"path"
	"strings"

	"superd/services"
)

// mostEditionFiles bounds how many words of a command line are looked up.
const mostEditionFiles = 64

// edition is another number when a file that a pool's command line names is another
// than it was, by its size or time: the program, or the script behind an interpreter.
// Workers that run the old one are replaced then, by a reload, as Net::Server's HUP
// does. Files that the program loads by itself superd does not know.
//
// All is asked of the Host, which replays what it told before an upgrade: that
// replaces nobody.
func (c *compiler) edition(s *services.Service) uint64 {
	if !s.Pool() {
		return 0
	}
	sum := fnv.New64a()
	root, dir := s.Str(services.Chroot), s.Str(services.WorkingDirectory)
	argv := s.List(services.Exec)
	for i, word := range argv[:min(len(argv), mostEditionFiles)] {
		name := word
		switch {
		case path.IsAbs(word):
		case i > 0 && (dir == "" || word == "" || strings.HasPrefix(word, "-")):
			continue
		default:
			name = path.Join("/", dir, word)
		}
		info, err := c.host.Stat(path.Join(root, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		var facts [8 + 8 + 1]byte
		binary.LittleEndian.PutUint64(facts[:], uint64(info.Size()))
		binary.LittleEndian.PutUint64(facts[8:], uint64(info.ModTime().UnixNano()))
		facts[16] = byte(i)
		sum.Write(facts[:])
	}
	return sum.Sum64()
}
