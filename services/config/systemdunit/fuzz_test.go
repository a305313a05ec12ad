// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/systemdunit"
)

// FuzzUnits asserts of any pair of units, with a drop-in: what is refused has a reason,
// what runs has all it needs, of the right kinds, and every remark points into one
// of the files. Of what Load makes of it the socket unit that Write writes is read
// again, and has the same sockets.
func FuzzUnits(f *testing.F) {
	f.Add("[Socket]\nListenStream=79\nAccept=yes\n", "[Service]\nUser=nobody\nExecStart=-@/bin/cat c '-u' $A \"${B}x\" \\x41 %%\nStandardInput=socket\n", "[Service]\nEnvironment=A=1 'B=2 3'\n")
	f.Add("[Socket]\nListenDatagram=[::]:5%eth0\nBindIPv6Only=both\nBacklog=4294967295\n", "[Service]\nExecStart=!cat ;\nLimitCPU=1min:infinity\n", "[Service]\nUser=1\nSupplementaryGroups=a b\n")
	f.Add("[Unit]\nConditionPathExists=|!/x%i\n[Socket]\nListenSequentialPacket=@a\nListenFIFO=/f\nService=x.service\n", "[Service]\nExecStart=:+/bin/cat %n %P %t\nEnvironmentFile=-/u/*\n", "[Service]\nExecStart=\nExecStart=/bin/sh -c \"a\\\nb\"\nCapabilityBoundingSet=~CAP_KILL\n")
	f.Add("[Unit]\nBindsTo=y.socket\n[Socket]\nListenStream=1\nListenFIFO=/f\nListenDatagram=@d\n", "[Unit]\nWants=%p.socket y.socket\n[Service]\nSockets=y.socket x.socket\nExecStart=/bin/cat $LISTEN_FDNAMES\n", "[Unit]\nRequires=x@1.socket\n")
	f.Add("\uFEFF[Socket\nListenStream=1", "[Service]\r\nX\x00=\\\n;\n\\", "]")
	names, _ := filepath.Glob(filepath.Join(os.Getenv("SUPERD_CORPUS"), "socket", "*", "*.socket"))
	for _, name := range names {
		socket, _ := os.ReadFile(name)
		for _, service := range beside(name) {
			f.Add(string(socket), string(service), "")
		}
	}
	f.Fuzz(func(t *testing.T, socket, service, dropIn string) {
		files := map[string]string{"u/x@.service": service, "u/x.service": service, "u/x.service.d/a.conf": dropIn, "u/x@.service.d/a.conf": dropIn, "u/x.socket.d/b.conf": dropIn,
			"u/y.socket": "[Socket]\nListenStream=/y\nService=x.service\n"}
		sink := &recorder{}
		unit := systemdunit.FrontEnd{AllowMissing: []string{"PrivateTmp"}}.Parse(machine(files), sink, "u/x.socket", []byte(socket))
		files["u/x.socket"] = socket
		sink.places(t, files)
		if len(unit.Entries) == 0 || slices.ContainsFunc(unit.Entries[1:], func(e config.Entry) bool { return !e.Share.Implied }) {
			t.Fatalf("%d entries", len(unit.Entries))
		}
		e := unit.Entries[0]
		if e.State == services.Refused && !sink.refuses {
			t.Error("refused without a reason")
		}
		if e.State == services.Enabled {
			whole(t, e)
		}
		again(t, load(t, files, "u/x.socket"))
	})
}

// beside are the service units in a socket unit's folder.
func beside(name string) (texts [][]byte) {
	names, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*.service"))
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// whole asserts that an entry that is to run has all it needs, of the right kinds.
func whole(t *testing.T, e config.Entry) {
	var has []services.AttrID
	for _, a := range e.Assigns {
		has = append(has, a.Attr)
		if !a.Attr.Row().Holds(a.Value) {
			t.Errorf("%v cannot be %#v", a.Attr, a.Value)
		}
		if _, err := a.Attr.Row().FromTOML(a.Value); err != nil {
			t.Errorf("%v: %v", a.Attr, err)
		}
	}
	for _, need := range []services.AttrID{services.Port, services.Mode, services.Exec, services.Stderr} {
		if !slices.Contains(has, need) {
			t.Errorf("it runs without %v", need)
		}
	}
}

// again reads what Write writes.
func again(t *testing.T, r *config.Result) {
	var out bytes.Buffer
	if lost, err := systemdunit.Write(&out, r); err != nil || len(lost) > 0 || len(r.Services) != 1 || r.Services[0].State != services.Enabled {
		return
	}
	want := map[string]bool{}
	for _, k := range r.Services[0].Sockets {
		want[k.Network] = true
	}
	for _, text := range strings.Split(out.String(), "# superd-x")[1:] {
		_, text, _ = strings.Cut(text, "\n")
		got := load(t, map[string]string{"y.socket": text, "superd.service": "[Service]\nUser=root\nExecStart=/bin/cat\n"}, "y.socket")
		for _, d := range got.Diags {
			if strings.Contains(d.File, "y.socket") && d.Severity == config.Error {
				t.Errorf("of what was written: %v\n%s", d, text)
			}
		}
		for _, k := range got.Services[0].Sockets {
			if !want[k.Network] {
				t.Errorf("%s %s comes of nothing in\n%s", k.Network, k.Address, text)
			}
		}
	}
}

// recorder is a config.Sink that keeps what it is told.
type recorder struct {
	files   []string
	told    []config.Pos
	refuses bool
}

func (r *recorder) File(name string) services.FileID {
	if i := slices.Index(r.files, name); i >= 0 {
		return services.FirstFile + services.FileID(i)
	}
	r.files = append(r.files, name)
	return services.FirstFile + services.FileID(len(r.files)-1)
}

func (r *recorder) Report(sev config.Severity, pos config.Pos, _, _, _ string) {
	r.told = append(r.told, pos)
	r.refuses = r.refuses || sev == config.Error
}

// places asserts that each remark points into its file.
func (r *recorder) places(t *testing.T, files map[string]string) {
	for _, pos := range r.told {
		if pos.File < services.FirstFile {
			t.Errorf("a remark has no file")
			continue
		}
		text := files[r.files[pos.File-services.FirstFile]]
		n := uint32(strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\x00") + 1)
		if pos.Line < 1 || pos.Line > n || pos.Col < 1 || int(pos.Col) > len(text)+2 {
			t.Errorf("%d:%d is not in a file of %d lines", pos.Line, pos.Col, n)
		}
	}
}
