// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"superd/services/config"
)

const (
	// maxDepth ends includes that go round by links, where names do not show it.
	maxDepth = 32
	// maxFiles ends includes that double at each level.
	maxFiles = 100_000
	// maxFile is far above any configuration and below what hurts.
	maxFile = 64 << 20
)

// include reads the files that a pattern stands for. What an included file says of
// the default address and of IPsec ends with it.
func (r *run) include(w word, hosts []word) {
	pattern := w.text
	if !path.IsAbs(pattern) {
		pattern = path.Join(path.Dir(r.stack[len(r.stack)-1]), pattern)
	}
	names, err := r.glob(path.Clean(pattern))
	if err != nil {
		r.refuseFile(w, err)
		return
	}
	for _, name := range names {
		policy, ended := r.policy, r.ended
		r.includeFile(w, name, hosts)
		r.policy, r.ended = policy, ended
	}
}

func (r *run) refuseFile(w word, err error) {
	r.sink.Report(config.Error, w.pos, "", ".include", fmt.Sprintf("cannot read %q: %v", clip(w.text), err))
}

func (r *run) includeFile(w word, name string, hosts []word) {
	if i := slices.Index(r.stack, name); i >= 0 {
		r.sink.Report(config.Warning, w.pos, "", ".include", fmt.Sprintf("%q is passed over: it includes itself: %s",
			name, strings.Join(append(slices.Clone(r.stack[i:]), name), " -> ")))
		return
	}
	if len(r.stack) >= maxDepth {
		r.refuseFile(w, fmt.Errorf("more than %d files include one another", maxDepth))
		return
	}
	if r.files++; r.files > maxFiles {
		if r.files == maxFiles+1 {
			r.refuseFile(w, fmt.Errorf("more than %d files are included", maxFiles))
		}
		return
	}
	data, err := r.readFile(name)
	if err != nil {
		r.refuseFile(word{text: name, pos: w.pos}, errors.New(config.Reason(err)))
		return
	}
	r.stack = append(r.stack, name)
	r.parse(newSource(r, r.sink.File(name), string(data)), hosts)
	r.stack = r.stack[:len(r.stack)-1]
}

// readFile reads a regular file. A pipe would make superd wait, and a device has
// no end.
func (r *run) readFile(name string) ([]byte, error) {
	info, err := r.host.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return r.host.ReadFile(name)
}

// glob lists the files that a pattern stands for, sorted. That there are none is no
// error if the pattern has wildcards.
func (r *run) glob(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, `*?[\`) {
		return []string{pattern}, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, errors.New("bad wildcard")
	}
	found := []string{""}
	for i, part := range strings.Split(pattern, "/") {
		if i == 0 && part == "" {
			found = []string{"/"}
			continue
		}
		var next []string
		for _, dir := range found {
			next = append(next, r.matches(dir, part)...)
		}
		if found = next; len(found) > maxFiles {
			return nil, fmt.Errorf("more than %d files", maxFiles)
		}
	}
	return slices.DeleteFunc(found, func(name string) bool {
		_, err := r.host.Stat(name)
		return err != nil
	}), nil
}

// matches lists what of a folder matches one part of a pattern.
func (r *run) matches(dir, part string) []string {
	if !strings.ContainsAny(part, `*?[\`) {
		return []string{path.Join(dir, part)}
	}
	folder := dir
	if folder == "" {
		folder = "."
	}
	list, err := r.host.ReadDir(folder)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range list {
		ok, _ := path.Match(part, e.Name())
		if ok && (e.Name()[0] != '.' || part[0] == '.') {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	slices.Sort(names)
	return names
}
