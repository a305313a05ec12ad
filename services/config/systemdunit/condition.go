// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"path"
	"strings"

	"superd/services/config"
)

// tests are the conditions that superd looks at, once, when it reads the unit.
var tests = map[string]func(r *run, name string) bool{
	"PathExists":       (*run).there,
	"PathExistsGlob":   func(r *run, name string) bool { return len(r.existing(name)) > 0 },
	"PathIsDirectory":  (*run).isFolder,
	"FileNotEmpty":     (*run).isFull,
	"FileIsExecutable": func(r *run, name string) bool { return r.host.Executable(name) == nil },
	"DirectoryNotEmpty": func(r *run, name string) bool {
		list, err := r.host.ReadDir(name)
		return err == nil && len(list) > 0
	},
}

func (r *run) isFull(name string) bool {
	info, err := r.host.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

func (r *run) existing(pattern string) []string {
	var found []string
	for _, name := range r.glob(pattern) {
		if r.there(name) {
			found = append(found, name)
		}
	}
	return found
}

// conditions switches the service off if the unit would not start. Of those that
// begin with "|" one is enough; one that superd cannot look at counts as true, which
// its row of the table tells.
func (e *entry) conditions(u *unit) {
	var failed, alternative setting
	alternatives, met := 0, 0
	for _, name := range u.order {
		kind, ok := strings.CutPrefix(name[1], "Condition")
		if !ok {
			kind, ok = strings.CutPrefix(name[1], "Assert")
		}
		if !ok || name[0] != "Unit" || byName[name] == nil {
			continue
		}
		for _, s := range u.settings[name].list() {
			rest, either := strings.CutPrefix(s.value, "|")
			holds := e.holds(u, s, kind, strings.Trim(rest, blanks))
			switch {
			case either:
				alternatives, alternative = alternatives+1, s
				if holds {
					met++
				}
			case !holds && failed.key == "":
				failed = s
			}
		}
	}
	if alternatives > 0 && met == 0 && failed.key == "" {
		failed = alternative
	}
	if failed.key != "" {
		e.switchOff(failed)
	}
}

func (e *entry) holds(u *unit, s setting, kind, value string) bool {
	test := tests[kind]
	if test == nil {
		return true
	}
	name, not := strings.CutPrefix(value, "!")
	text, err := specifiers{run: e.run, unit: u, connection: e.accept && u == e.service}.expand(strings.Trim(name, blanks))
	if err != nil || !path.IsAbs(text) {
		e.refuse(s, "%q: want an absolute path", clip(name))
		return true
	}
	return test(e.run, text) != not
}

// switchOff says why a service is off, which is not seen in its text.
func (e *entry) switchOff(s setting) {
	if !e.off {
		e.run.sink.Report(config.Warning, s.pos, e.id, s.key, "does not hold: the service is off until it holds and the configuration is read again")
	}
	e.off = true
}
