// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/xinetd"
)

// FuzzXinetd asserts what holds of any bytes: reading ends, what runs is whole,
// values are of their kinds, ids are unique, and each remark has a place in the
// file. Seeds are the examples of these tests and, if SUPERD_CORPUS names them,
// real files.
func FuzzXinetd(f *testing.F) {
	for _, c := range differenceCases {
		f.Add(c.text)
	}
	for _, c := range syntaxCases {
		f.Add(c.text)
	}
	names, _ := filepath.Glob(filepath.Join(os.Getenv("SUPERD_CORPUS"), "xinetd", "*.conf"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	host := configtest.Host(map[string]string{"etc/xinetd.d/one": finger(), "etc/xinetd.d/loop": "includedir /etc/xinetd.d\n"})
	f.Fuzz(func(t *testing.T, text string) {
		sink := &recorder{}
		unit := xinetd.FrontEnd{}.Parse(host, sink, "f", []byte(text))
		ids := map[string]bool{}
		for _, e := range unit.Entries {
			if e.State == services.Disabled {
				continue
			}
			if ids[e.ID] {
				t.Errorf("the id %q twice", e.ID)
			}
			ids[e.ID] = true
			if e.State == services.Enabled {
				whole(t, e)
			} else if !sink.against(e.ID) {
				t.Errorf("%q is refused without a reason", e.ID)
			}
		}
		if unit.Failed && !sink.against("") {
			t.Error("the file set is refused without a reason")
		}
		sink.places(t, text)
	})
}

// whole asserts that an entry that is to run has all it needs, of the right kinds.
func whole(t *testing.T, e config.Entry) {
	var has []services.AttrID
	for _, a := range e.Assigns {
		has = append(has, a.Attr)
		if !a.Attr.Row().Holds(a.Value) {
			t.Errorf("%q: %v cannot be %#v", e.ID, a.Attr, a.Value)
		}
	}
	for _, need := range []services.AttrID{services.Port, services.Proto, services.Mode, services.Exec, services.User} {
		if !slices.Contains(has, need) {
			t.Errorf("%q runs without %v", e.ID, need)
		}
	}
}

// recorder is a config.Sink that keeps what it is told.
type recorder struct {
	files   []string
	remarks []told
}

type told struct {
	sev     config.Severity
	pos     config.Pos
	service string
	message string
}

func (r *recorder) File(name string) services.FileID {
	r.files = append(r.files, name)
	return services.FirstFile + services.FileID(len(r.files)-1)
}

func (r *recorder) Report(sev config.Severity, pos config.Pos, service, attribute, message string) {
	r.remarks = append(r.remarks, told{sev, pos, service, message})
}

func (r *recorder) against(service string) bool {
	return slices.ContainsFunc(r.remarks, func(x told) bool { return x.sev == config.Error && x.service == service })
}

// places asserts that each remark on the file itself points into it.
func (r *recorder) places(t *testing.T, text string) {
	lines := strings.Split(text, "\n")
	for _, x := range r.remarks {
		if x.pos.File != services.FirstFile {
			continue
		}
		if x.pos.Line < 1 || int(x.pos.Line) > len(lines) || x.pos.Col < 1 || int(x.pos.Col) > len(lines[x.pos.Line-1])+3 {
			t.Errorf("%d:%d is not in the file: %s", x.pos.Line, x.pos.Col, x.message)
		}
	}
}
