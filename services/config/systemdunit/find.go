// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"superd/services/config"
)

// systemDirs are where systemd looks for units of the system, the strongest first.
var systemDirs = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// maxFile is far above any unit and below what hurts.
const maxFile = 8 << 20

// unit is a unit with its drop-ins.
type unit struct {
	unitName
	file     string
	settings map[[2]string]values // by section and key
	order    [][2]string
	count    int
	broken   bool // it cannot be read as a whole
	masked   bool // an empty file: systemd starts no such unit
	begins   config.Pos
}

func (u *unit) section() string {
	if u.kind == "service" {
		return "Service"
	}
	return "Socket"
}

func (u *unit) add(s setting) {
	name := [2]string{s.section, s.key}
	if u.settings == nil {
		u.settings = map[[2]string]values{}
	}
	if u.settings[name] == nil {
		u.order = append(u.order, name)
	}
	u.count++
	s.order = u.count
	u.settings[name] = append(u.settings[name], s)
}

// get gives what stands of a key; nil if nothing does.
func (u *unit) get(section, key string) values { return u.settings[[2]string{section, key}] }

// one gives the value that counts; false if there is none, or an empty one.
func (u *unit) one(section, key string) (setting, bool) {
	v := u.get(section, key)
	if v == nil || v.last().value == "" {
		return setting{}, false
	}
	return v.last(), true
}

// searchPath lists the folders in which the units beside a file may lie. Of one of
// systemd's own they are all of these: a drop-in of the administrator's lies in /etc,
// the unit that it belongs to in /usr/lib.
func searchPath(name string) []string {
	dir := path.Dir(name)
	if base := path.Base(dir); strings.HasSuffix(base, ".wants") || strings.HasSuffix(base, ".requires") {
		dir = path.Dir(dir)
	}
	if slices.Contains(systemDirs, dir) {
		return systemDirs
	}
	return []string{dir}
}

// socketUnit reads the unit that the user has named, whose content is data.
func (r *run) socketUnit(name string, data []byte) *unit {
	u := &unit{unitName: parseName(path.Base(name)), file: name}
	r.fill(u, string(data))
	own := path.Dir(name)
	for _, dir := range r.dirs[:max(0, slices.Index(r.dirs, own))] {
		if other := path.Join(dir, u.full); r.there(other) {
			r.sink.Report(config.Warning, u.begins, "", "", fmt.Sprintf("%s stands in its place for systemd", other))
			break
		}
	}
	return u
}

// unit finds a unit by its name, or the template that it is made of.
func (r *run) unit(name string) (*unit, error) {
	n := parseName(name)
	names := []string{name}
	if n.template && n.instance != "" {
		names = append(names, n.templateName())
	}
	for _, name := range names {
		for _, dir := range r.dirs {
			file := path.Join(dir, name)
			data, err := r.readFile(file)
			if errors.Is(err, errAbsent) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("cannot read %q: %w", file, err)
			}
			u := &unit{unitName: n, file: file}
			if r.fill(u, data); u.masked {
				return nil, fmt.Errorf("%q is masked", file)
			}
			return u, nil
		}
	}
	return nil, fmt.Errorf("there is no %s beside it", strings.Join(names, " or "))
}

// fill reads a unit's file and its drop-ins.
func (r *run) fill(u *unit, data string) {
	id := r.sink.File(u.file)
	u.begins = config.Pos{File: id, Line: 1, Col: 1}
	u.masked = data == ""
	r.parse(u, id, data)
	for _, file := range r.dropIns(u.unitName) {
		if text, err := r.readFile(file); err != nil {
			u.broken = true
			r.sink.Report(config.Error, config.Pos{File: r.sink.File(file)}, "", "", fmt.Sprintf("cannot read: %v", err))
		} else {
			r.parse(u, r.sink.File(file), text)
		}
	}
}

// dropIns lists the drop-ins of a unit by their names. Of two with one name that of
// the stronger folder counts.
func (r *run) dropIns(n unitName) []string {
	found := map[string]string{}
	for _, dir := range r.dirs {
		for _, folder := range n.folders() {
			list, err := r.host.ReadDir(path.Join(dir, folder))
			if err != nil {
				continue
			}
			for _, e := range list {
				if name := e.Name(); !e.IsDir() && strings.HasSuffix(name, ".conf") && name[0] != '.' && found[name] == "" {
					found[name] = path.Join(dir, folder, name)
				}
			}
		}
	}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		files = append(files, found[name])
	}
	return files
}

func (r *run) there(name string) bool {
	_, err := r.host.Stat(name)
	return err == nil
}

var errAbsent = errors.New("no such file")

// readFile reads a regular file. A pipe would make superd wait; /dev/null, to which
// a masked unit is linked, is an empty one.
func (r *run) readFile(name string) (string, error) {
	info, err := r.host.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errAbsent
	case err != nil:
		return "", errors.New(config.Reason(err))
	case info.Mode().IsRegular() && info.Size() > maxFile:
		return "", fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeDevice == 0:
		return "", errors.New("it is not a regular file")
	case !info.Mode().IsRegular():
		return "", nil
	}
	data, err := r.host.ReadFile(name)
	if err != nil {
		return "", errors.New(config.Reason(err))
	}
	return string(data), nil
}
