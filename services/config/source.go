// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"superd/services"
)

// source reads one -c.
func (l *loader) source(src Source) {
	from := len(l.remarks)
	unit, format, ok := l.readSource(src)
	if !ok {
		l.failed = true
		return
	}
	l.read = append(l.read, &readUnit{unit, format, from, len(l.remarks)})
}

func (l *loader) readSource(src Source) (Unit, Format, bool) {
	if src.Unit != nil {
		return *src.Unit, Format{Name: src.Unit.Format}, true
	}
	if src.Data == nil {
		if info, err := l.host.Stat(src.Path); err == nil && info.IsDir() {
			return l.directory(src)
		}
	}
	return l.file(src)
}

// file reads and parses one file.
func (l *loader) file(src Source) (Unit, Format, bool) {
	id := l.File(src.Path)
	fail := func(format string, args ...any) (Unit, Format, bool) {
		l.Report(Error, Pos{File: id}, "", "", fmt.Sprintf(format, args...))
		return Unit{}, Format{}, false
	}
	data := src.Data
	if data == nil {
		var err error
		if data, err = l.host.ReadFile(src.Path); err != nil {
			return fail("cannot read: %s", Reason(err))
		}
	}
	name := src.Format
	if name == "" {
		if name = Detect(src.Path, data); name == "" {
			return fail("cannot tell what format this is; name it: -c FORMAT:FILE")
		}
	}
	format, ok := l.format(name)
	if !ok {
		return fail("unknown format %q", name)
	}
	front := format.FrontEnd
	if src.Dialect != "" {
		if front, ok = format.Dialects[src.Dialect]; !ok && format.FrontEnd != nil {
			return fail("format %q has no dialect %q", name, src.Dialect)
		}
	}
	if front == nil {
		return fail("format %q is not built yet", name)
	}
	unit := l.parse(front, src.Path, data)
	unit.Format = format.Name
	return unit, format, true
}

// parse keeps a mistake of ours, or of a parser that we use, from ending a
// daemon that reads its files again while it serves.
func (l *loader) parse(front FrontEnd, name string, data []byte) (u Unit) {
	defer func() {
		if p := recover(); p != nil {
			l.Report(Error, Pos{File: l.File(name)}, "", "", fmt.Sprintf("internal error: %v", p))
			u = Unit{Failed: true}
		}
	}()
	return front.Parse(l.host, l, name, data)
}

func (l *loader) format(name string) (Format, bool) {
	i := slices.IndexFunc(l.formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return l.formats[i], true
}

// directory reads the files of a -c DIR as one file set: what one of them says
// in its defaults reaches the services of all.
func (l *loader) directory(src Source) (Unit, Format, bool) {
	names, err := l.list(src.Path)
	if err != nil {
		l.Report(Error, Pos{File: l.File(src.Path)}, "", "", "cannot read the directory: "+Reason(err))
		return Unit{}, Format{}, false
	}
	if src.Format == "" {
		src.Format = dirFormat(names)
	}
	format, ok := l.format(src.Format)
	set := Unit{Format: src.Format, Failed: !ok}
	read := 0
	for _, name := range names {
		if format.InDir == nil || !format.InDir(name) {
			continue
		}
		read++
		file := src
		file.Path = filepath.Join(src.Path, name)
		unit, _, ok := l.file(file)
		set.Failed = set.Failed || unit.Failed || !ok
		set.Defaults = append(set.Defaults, unit.Defaults...)
		set.Unread = append(set.Unread, unit.Unread...)
		set.Daemon = append(set.Daemon, unit.Daemon...)
		set.Entries = append(set.Entries, unit.Entries...)
		if set.FormatDefaults == nil {
			set.FormatDefaults = unit.FormatDefaults
		}
	}
	if read == 0 && len(names) > 0 {
		l.Report(Warning, Pos{File: l.File(src.Path)}, "", "", "none of its files is read as "+src.Format)
	}
	return set, format, true
}

// list names the files of a directory, sorted.
func (l *loader) list(dir string) ([]string, error) {
	entries, err := l.host.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// dirFormat tells a directory's format by its files' names. Files without a dot
// are xinetd's, which reads no others.
func dirFormat(names []string) string {
	has := func(suffix string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, suffix) })
	}
	plain := slices.ContainsFunc(names, func(n string) bool { return !strings.Contains(n, ".") && !strings.HasSuffix(n, "~") })
	switch {
	case has(".toml"):
		return "native"
	case has(".socket"):
		return "systemd"
	case plain:
		return "xinetd"
	}
	return "native"
}

// describe words a place for a message that names another one.
func (l *loader) describe(pos Pos) string {
	r := Result{Files: l.files}
	if pos.Line == 0 && pos.File >= services.FirstFile {
		return r.FileName(pos.File)
	}
	return r.Origin("", pos.Origin())
}
