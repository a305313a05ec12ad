// SPDX-License-Identifier: Apache-2.0

//go:build !superd_next

package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"superd/services/config"
	"superd/spawn"
)

// A state of version 1 is accepted, and each of its fields is still the same one:
// whoever renames a field, or gives it another meaning, makes a new version.
func TestGoldenState(t *testing.T) {
	golden := goldenState(t)
	s, err := ParseState(golden)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal(golden, &want), json.Unmarshal(again, &got)); err != nil {
		t.Fatal(err)
	}
	for _, lost := range lostFields("state", want, got) {
		t.Error(lost)
	}
	if n := len(s.Engine.Descriptors()) + len(s.descriptors()); n != 23 {
		t.Errorf("%d descriptors cross, of 23", n)
	}
}

func goldenState(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/state-1.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// lostFields lists what is in want and is not, or is otherwise, in got. A field that is
// empty may be left out.
func lostFields(at string, want, got any) (lost []string) {
	switch want := want.(type) {
	case map[string]any:
		other, _ := got.(map[string]any)
		for name, x := range want {
			if y, ok := other[name]; ok || !isEmpty(x) {
				lost = append(lost, lostFields(at+"."+name, x, y)...)
			}
		}
	case []any:
		other, _ := got.([]any)
		if len(other) != len(want) {
			return append(lost, fmt.Sprintf("%s: %d of %d", at, len(other), len(want)))
		}
		for i := range want {
			lost = append(lost, lostFields(fmt.Sprintf("%s[%d]", at, i), want[i], other[i])...)
		}
	default:
		if want != got {
			lost = append(lost, fmt.Sprintf("%s: %v, was %v", at, got, want))
		}
	}
	return lost
}

func isEmpty(x any) bool { return x == nil || x == false || x == 0.0 || x == "" }

func TestParseStateRefuses(t *testing.T) {
	golden := string(goldenState(t))
	for change, want := range map[[2]string]string{
		{"", ""}:                              "",
		{`"version": 1`, `"version": 99`}:     "the state is of version 99, and this superd knows",
		{`"version": 1`, `"version": 0`}:      "it is no state",
		{`"texts"`, `"other"`}:                "it is no state",
		{`"place": 7`, `"place": 8`}:          "has no place of its own",
		{`"place": 7`, `"place": 2000000000`}: "has no place of its own",
		{`"place": 7`, `"place": -1`}:         "has no place of its own",
		{`"role": 5`, `"role": 6`}:            "session 5 is none",
		{`"role": 5`, `"role": 300`}:          "it is no state",
		{`"role": 4`, `"role": 3`}:            "is a worker of no pool",
		{`"service": 4`, `"service": 5`}:      "session 4 is none",
		{`"state": 7`, `"state": 9`}:          "worker 0 of pool 1 is none",
		{`"fd": 1027`, `"fd": -1`}:            "it is no state",
		{`"way": 2`, `"way": 3`}:              "pool 1 is none",
		{`"session": 7`, `"session": 0`}:      "worker 0 of pool 1 is none",
	} {
		_, err := ParseState([]byte(strings.Replace(golden, change[0], change[1], 1)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", change, err, want)
		}
	}
}

func FuzzParseState(f *testing.F) {
	f.Add(goldenState(f))
	f.Add([]byte(`{"version":1,"texts":{},"engine":{"sessions":[{"place":1e9}]}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseState(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("what was parsed cannot be written: %v", err)
		}
		if _, err := ParseState(again); err != nil {
			t.Fatalf("what was written cannot be parsed: %v", err)
		}
	})
}

// What is replayed is what was read, be it that there was nothing; what nobody has read
// comes from the machine.
func TestReplay(t *testing.T) {
	machine := map[string]string{"/a": "one", "/hosts": "old"}
	host := &config.Host{
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := machine[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
		ReadDir: func(string) ([]fs.DirEntry, error) { return nil, fs.ErrNotExist },
		Stat: func(name string) (fs.FileInfo, error) {
			return FileFacts{FileName: name, Bytes: int64(len(machine[name]))}, nil
		},
	}
	first := NewReplay(nil)
	h := first.Host(host)
	for _, name := range []string{"/a", "/none", "/hosts"} {
		_, _ = h.ReadFile(name)
		_, _ = h.Stat(name)
	}
	texts := first.last.without(map[string]stamp{"/hosts": {}})
	data, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var crossed Texts
	if err := json.Unmarshal(data, &crossed); err != nil {
		t.Fatal(err)
	}
	machine = map[string]string{"/a": "two", "/none": "some", "/hosts": "new", "/b": "b"}
	next := NewReplay(&State{Texts: &crossed})
	h = next.Host(host)
	for name, want := range map[string]string{"/a": "one", "/none": "", "/hosts": "new", "/b": "b"} {
		if got, err := h.ReadFile(name); string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if info, err := h.Stat("/a"); err != nil || info.Size() != 3 {
		t.Errorf("stat: %v, %v", info, err)
	}
	next.done()
	h = next.Host(host)
	if got, _ := h.ReadFile("/a"); string(got) != "two" {
		t.Errorf("after the first reading: %q", got)
	}
}

// Standard input is what the first superd has read, for ever.
func TestReplayOfStandardInput(t *testing.T) {
	r := NewReplay(&State{Texts: &Texts{Input: []byte("conf")}})
	for range 2 {
		r.Host(&config.Host{})
		list := r.Sources([]config.Source{{Path: "-", Data: []byte{}}})
		if string(list[0].Data) != "conf" || string(r.last.Input) != "conf" {
			t.Errorf("%q, and %q to hand on", list[0].Data, r.last.Input)
		}
		r.done()
	}
}

func TestAskJudge(t *testing.T) {
	dir := t.TempDir()
	program := func(body string) string {
		name := filepath.Join(dir, fmt.Sprint(len(body), time.Now().UnixNano()))
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, test := range []struct{ program, want string }{
		{program("cat >/dev/null; echo " + StateAccepted), ""},
		{program("echo " + StateAccepted), ""}, // it need not read
		{program("echo " + StateAccepted + "; exit 1"), "takes the state over"},
		{program("echo no; echo more; exit 3"), "it does not take over: no"},
		{program("exit 3"), "it ended with status 3, signal 0"},
		{program("kill -9 $$"), "signal 9"},
		{program("yes | head -c 3000"), "it ended with status 0"},
		{program("sleep 1000 & wait"), "it did not say in"},
		{program("exec sleep 1000"), "it did not say in"},
		{dir, "it cannot be asked"},
		{dir + "/none", "no such file"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		err := askJudge(ctx, new(spawn.Runner), test.program, []string{"superd"}, make([]byte, 1<<20))
		cancel()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}
