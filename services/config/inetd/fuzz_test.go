// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/inetd"
)

// FuzzInetd asserts of any text, in any dialect: ids are unique, what is refused has
// a reason, what runs has all it needs, and every remark points into the file.
func FuzzInetd(f *testing.F) {
	for _, c := range differenceCases {
		f.Add(c.text, uint8(0))
	}
	f.Add("finger on # x\n protocol = tcp4, args = \"a\\x41\" ; ftp off user=root;\n.include *\n#@ in ipsec x\n", uint8(3))
	f.Add(":root:mail:660:/run/x stream unix nowait/1/2/3 root:mail/c /bin/cat 'a b' \"c\n\t#d\\\r\n", uint8(2))
	f.Add("1.2.3.4,[::1],*:\n*: ftp stream,3:f tcp,sndbuf=1k wait:3 a.b internal\n\x00\n#<off># x dgram udp46 wait. u s\n", uint8(1))
	names, _ := filepath.Glob(filepath.Join(os.Getenv("SUPERD_CORPUS"), "inetd", "*.conf"))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(string(data), uint8(0))
		}
	}
	f.Fuzz(func(t *testing.T, text string, dialect uint8) {
		sink := &recorder{}
		front := inetd.FrontEnd{Dialect: inetd.Dialect(dialect % 5), Libwrap: dialect&8 != 0}
		unit := front.Parse(configtest.Host(map[string]string{"f": text}), sink, "f", []byte(text))
		ids := map[string]bool{}
		for _, e := range unit.Entries {
			if ids[e.ID] || e.ID == "" {
				t.Errorf("the id %q is empty, or there twice", e.ID)
			}
			ids[e.ID] = true
			switch e.State {
			case services.Enabled:
				whole(t, e)
			case services.Refused:
				if !sink.against(e.ID) {
					t.Errorf("%q is refused without a reason", e.ID)
				}
			}
		}
		if front.Dialect != inetd.NetBSD { // .include reads the file again
			sink.places(t, text)
		}
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
		if v, err := a.Attr.Row().FromTOML(a.Value); err != nil {
			t.Errorf("%q: %v: %v", e.ID, a.Attr, err)
		} else if got, want := a.Attr.Row().Format(v), a.Attr.Row().Format(a.Value); got != want {
			t.Errorf("%q: %v is %q, and read again %q", e.ID, a.Attr, want, got)
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
	if i := slices.Index(r.files, name); i >= 0 {
		return services.FirstFile + services.FileID(i)
	}
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
