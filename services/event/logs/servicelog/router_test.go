// SPDX-License-Identifier: Apache-2.0

package servicelog

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/services/event"
	"superd/services/event/logs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	client = netip.MustParseAddrPort("192.0.2.1:4711")
	noon   = time.Date(2026, 11, 24, 12, 0, 0, 0, time.Local)
)

func started(service string) *event.Event {
	return &event.Event{Time: noon, Kind: event.Start, Service: service, Pid: 7, Peer: client}
}

func refused(service string) *event.Event {
	return &event.Event{Time: noon, Kind: event.Refuse, Service: service, Reason: "address", Peer: client}
}

// open gives a Router with one service that has a file.
func open(t *testing.T, spec Spec) *Router {
	t.Helper()
	r := New(Options{HighBase: 100})
	t.Cleanup(func() { r.Close() })
	put(t, r, "ftp", spec)
	return r
}

func put(t *testing.T, r *Router, service string, spec Spec) {
	t.Helper()
	own, err := r.Open(service, spec, logs.FieldPid|logs.FieldHost, logs.FieldHost)
	if err != nil {
		t.Fatal(err)
	}
	r.Put(service, &own)
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const startLine = "26/11/24@12:00:00: START: ftp pid=7 from=192.0.2.1\n"

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ftp.log")
	r := open(t, Spec{Path: path})
	for _, alone := range []bool{false, true} {
		r.Alone(alone)
		if got := r.Take(started("ftp"), noon); got != alone {
			t.Errorf("alone %t: taken %t", alone, got)
		}
	}
	r.Alone(true)
	r.Take(refused("ftp"), noon)
	for _, e := range []*event.Event{
		started("other"),
		{Time: noon, Kind: event.Exit, Service: "ftp"}, // of which no field is wanted
		{Time: noon, Kind: event.Timeout, Service: "ftp"},
		{Time: noon, Kind: event.Note, Text: "x"},
		{Time: noon, Kind: event.SpawnFail, Service: "ftp", Peer: client}, // superd's log knows the step
	} {
		if r.Take(e, noon) {
			t.Errorf("%v of %q: superd's own log does not get it", e.Kind, e.Service)
		}
	}
	r.Flush()
	want := startLine + startLine + "26/11/24@12:00:00: FAIL: ftp address from=192.0.2.1\n26/11/24@12:00:00: FAIL: ftp fork from=192.0.2.1\n"
	if got := content(t, path); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&^0o022 != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSharedAndSwept(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	r := open(t, Spec{Path: one})
	put(t, r, "telnet", Spec{Path: one})
	if len(r.outputs) != 1 {
		t.Fatalf("%d files for one path", len(r.outputs))
	}
	put(t, r, "telnet", Spec{Path: two})
	r.Put("ftp", nil)
	// A service whose log is opened but not yet named.
	if _, err := r.Open("new", Spec{Path: filepath.Join(dir, "new")}, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := r.Sweep(); err != nil {
		t.Error(err)
	}
	if _, ok := r.outputs[Spec{Path: two}]; !ok || len(r.outputs) != 1 {
		t.Errorf("left: %v", r.outputs)
	}
	r.Take(started("telnet"), noon)
	r.Take(started("ftp"), noon)
	r.Flush()
	if content(t, one) != "" || strings.Count(content(t, two), "\n") != 1 {
		t.Errorf("one: %s\ntwo: %s", content(t, one), content(t, two))
	}
}

func TestLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ftp.log")
	line := int64(len(startLine))
	r := open(t, Spec{Path: path, Soft: line, Hard: 3 * line})
	for i, want := range []string{"", "soft limit", "", "hard limit", "", ""} {
		r.Take(started("ftp"), noon)
		notes := r.Notes(noon)
		if (len(notes) == 1) != (want != "") || len(notes) == 1 && !strings.HasPrefix(notes[0].Text, want) {
			t.Errorf("line %d: %+v, want %q", i+1, notes, want)
		}
	}
	r.Flush()
	if got := content(t, path); got != strings.Repeat(startLine, 4) {
		t.Errorf("%s", got)
	}
	// Rotated, it begins anew; not rotated, it says so once more.
	if err := r.Reopen(); err != nil {
		t.Error(err)
	}
	if notes := r.Notes(noon); len(notes) != 2 {
		t.Errorf("not rotated: %v", notes)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := r.Reopen(); err != nil {
		t.Error(err)
	}
	r.Take(started("ftp"), noon)
	r.Flush()
	if got := content(t, path); got != startLine || len(r.Notes(noon)) != 0 {
		t.Errorf("rotated: %s", got)
	}
}

// TestAnOldFileCounts: a file that is over its limit when it is opened gets
// nothing, as in xinetd.
func TestAnOldFileCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ftp.log")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, Spec{Path: path, Soft: 10, Hard: 20})
	r.Take(started("ftp"), noon)
	r.Flush()
	if got := content(t, path); len(got) != 200 || len(r.Notes(noon)) != 2 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := New(Options{HighBase: 100})
	defer r.Close()
	for _, path := range []string{dir, "none/such.log", "link", "fifo"} {
		if path != dir {
			path = filepath.Join(dir, path)
		}
		if _, err := r.Open("ftp", Spec{Path: path}, 0, 0); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("cannot open the log file %q: ", path)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if len(r.outputs) != 0 {
		t.Errorf("%v", r.outputs)
	}
}

func TestStandardError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := New(Options{HighBase: 100, Std: map[string]int{"/dev/stderr": int(f.Fd())}})
	put(t, r, "ftp", Spec{Path: "/dev/stderr"})
	r.Take(started("ftp"), noon)
	r.Flush()
	if err := r.Reopen(); err != nil {
		t.Error(err)
	}
	r.Take(started("ftp"), noon)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := content(t, path); got != startLine+startLine {
		t.Errorf("%s", got)
	}
}

func TestFlood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ftp.log")
	r := open(t, Spec{Path: path})
	for range maxEach + 23 {
		r.Take(refused("ftp"), noon)
	}
	if notes := r.Notes(noon.Add(window / 2)); len(notes) != 0 || r.Idle() {
		t.Errorf("too early: %v", notes)
	}
	notes := r.Notes(noon.Add(window))
	if len(notes) != 1 || !strings.HasPrefix(notes[0].Text, "23 refusals more") || !r.Idle() {
		t.Errorf("%v", notes)
	}
	r.Take(refused("ftp"), noon.Add(window))
	if r.Flush(); strings.Count(content(t, path), "FAIL: ftp address") != maxEach+1 {
		t.Errorf("%d lines", strings.Count(content(t, path), "FAIL"))
	}
}

// TestFullDisk: what the file lost stands in the file.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		testneed.Missing(t, "there is no /dev/full")
	}
	path := filepath.Join(t.TempDir(), "ftp.log")
	r := open(t, Spec{Path: path})
	o := r.outputs[Spec{Path: path}].(*file)
	full, err := unix.Open("/dev/full", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(full)
	kept, err := unix.Dup(o.f.FD())
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(kept)
	unix.Dup3(full, o.f.FD(), unix.O_CLOEXEC)
	r.Take(started("ftp"), noon)
	r.Take(started("ftp"), noon)
	r.Flush()
	unix.Dup3(kept, o.f.FD(), unix.O_CLOEXEC)
	r.Take(started("ftp"), noon)
	r.Flush()
	lines := strings.SplitAfter(content(t, path), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[0], ": 2 lines were lost: no space left on device\n") || lines[1] != startLine {
		t.Errorf("%q", lines)
	}
}

// TestLog: events on their way through a Log reach the services' logs whatever
// the level, and what is over the limits is told.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ftp.log")
	r := open(t, Spec{Path: path, Soft: 1})
	r.Alone(true)
	var main strings.Builder
	out := &sink{&main}
	ring := logs.NewRing()
	l := logs.New(ring, out)
	l.Route(r)
	l.SetLevel(event.LevelWarning)
	l.Start()
	e := *started("ftp")
	e.Level = event.LevelDebug
	ring.Put(&e)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if content(t, path) != startLine || !strings.Contains(main.String(), "soft limit exceeded") || strings.Contains(main.String(), "START") {
		t.Errorf("%s\n%s", content(t, path), main.String())
	}
}

type sink struct{ text *strings.Builder }

func (s *sink) Emit(e *event.Event) { s.text.Write(logs.XinetdBare(nil, e)) }
func (s *sink) Flush()              {}
func (s *sink) Reopen() error       { return nil }
func (s *sink) Close() error        { return nil }
