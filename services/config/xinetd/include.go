// SPDX-License-Identifier: Apache-2.0

package xinetd

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

// InDir tells whether includedir reads a file of that name: xinetd passes over
// names with a dot anywhere and names that end in "~".
func InDir(name string) bool {
	return name != "" && !strings.Contains(name, ".") && !strings.HasSuffix(name, "~")
}

// include carries out an include or includedir line.
func (r *run) include(key string, args []word, l line) {
	if len(args) == 0 {
		r.sink.Report(config.Error, l.pos, "", key, "there is no name after it")
		return
	}
	name, pos := args[0].text, args[0].pos
	if len(args) > 1 {
		r.sink.Report(config.Warning, args[1].pos, "", key, fmt.Sprintf("%q is passed over: one name is read", args[1].text))
	}
	if !path.IsAbs(name) {
		r.sink.Report(config.Warning, pos, "", key, fmt.Sprintf("%q is looked for in the directory that superd is started in; xinetd looks for it in / when it reads its configuration again", name))
	}
	if strings.EqualFold(key, "include") {
		r.includeFile(key, name, pos)
		return
	}
	r.includeDir(key, name, pos)
}

func (r *run) includeDir(key, dir string, pos config.Pos) {
	list, err := r.host.ReadDir(dir)
	if err != nil {
		r.sink.Report(config.Error, pos, "", key, fmt.Sprintf("cannot read %q: %s", dir, config.Reason(err)))
		r.unit.Unread = append(r.unit.Unread, path.Clean(dir))
		return
	}
	names := make([]string, 0, len(list))
	for _, e := range list {
		if InDir(e.Name()) {
			names = append(names, e.Name())
		} else if looksMeant(e.Name()) {
			r.sink.Report(config.Warning, pos, "", key, fmt.Sprintf("%q is not read, since its name has a dot", path.Join(dir, e.Name())))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		name = path.Join(dir, name)
		if info, err := r.host.Stat(name); err == nil && !info.Mode().IsRegular() {
			r.sink.Report(config.Warning, pos, "", key, fmt.Sprintf("%q is not a regular file, and so passed over", name))
			continue
		}
		r.includeFile(key, name, pos)
	}
}

// looksMeant tells whether a person may expect a file of that name to be read,
// although it has a dot.
func looksMeant(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return false
	}
	switch path.Ext(name) {
	case ".conf", ".cfg", ".xinetd", ".service", ".xinet":
		return true
	}
	return false
}

func (r *run) includeFile(key, name string, pos config.Pos) {
	clean := path.Clean(name)
	refuse := func(why string) {
		r.sink.Report(config.Error, pos, "", key, fmt.Sprintf("cannot read %q: %s", name, why))
	}
	if slices.Contains(r.stack, clean) {
		refuse("it includes itself: " + strings.Join(append(r.stack[slices.Index(r.stack, clean):len(r.stack):len(r.stack)], clean), " -> "))
		return
	}
	if len(r.stack) >= maxDepth {
		refuse(fmt.Sprintf("more than %d files include one another", maxDepth))
		return
	}
	if r.files++; r.files > maxFiles {
		if r.files == maxFiles+1 {
			refuse(fmt.Sprintf("more than %d files are included", maxFiles))
		}
		return
	}
	data, err := r.readFile(clean)
	if err != nil {
		refuse(config.Reason(err))
		r.unit.Unread = append(r.unit.Unread, clean)
		return
	}
	r.stack = append(r.stack, clean)
	r.parse(&source{run: r, file: r.sink.File(name), rest: string(data)})
	r.stack = r.stack[:len(r.stack)-1]
}

// readFile reads a regular file. A pipe would make superd wait, and a device has
// no end.
func (r *run) readFile(name string) ([]byte, error) {
	info, err := r.host.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return r.host.ReadFile(name)
}
