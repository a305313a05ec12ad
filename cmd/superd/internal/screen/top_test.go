// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"superd/services/event/control"
)

var update = flag.Bool("update", false, "write the frames into testdata")

// recorded reads states that a superd has told: one JSON document a line.
func recorded(t testing.TB) []*control.Status {
	t.Helper()
	data, err := os.ReadFile("testdata/states.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []*control.Status
	for line := range bytes.Lines(data) {
		st := new(control.Status)
		if err := json.Unmarshal(line, st); err != nil {
			t.Fatal(err)
		}
		out = append(out, st)
	}
	return out
}

// press sends keys as a terminal would; what it is asked to kill is "killed".
func press(t *Top, keys string) (asked []Command) {
	for _, k := range Keys([]byte(keys)) {
		if c := t.Key(k); c != (Command{}) {
			asked = append(asked, c)
		}
		if t.Service() != "" && t.detail == nil {
			t.TakeService(serviceOf(t.now, t.Service()))
		}
	}
	return asked
}

func serviceOf(st *control.Status, id string) *control.Service {
	for i := range st.Services {
		if st.Services[i].ID == id {
			return &st.Services[i]
		}
	}
	return nil
}

// TestFrames draws frames of recorded states and compares them with those in
// testdata.
func TestFrames(t *testing.T) {
	states := recorded(t)
	for name, c := range map[string]struct {
		keys          string
		width, height int
		style         Style
	}{
		"plain":         {"", 80, 24, Style{Plain: true}},
		"wide":          {"", 132, 16, Style{Plain: true}},
		"tiny":          {"", 10, 4, Style{Plain: true}},
		"by-state":      {"sssss", 80, 12, Style{Plain: true}},
		"reversed":      {"sr", 80, 12, Style{Plain: true}},
		"moved":         {"\x1b[B\x1b[Bjj\x1b[6~", 80, 10, Style{Plain: true}},
		"filter":        {"/mirror", 80, 12, Style{Plain: true}},
		"filtered":      {"/mirrox\x7fr\r", 80, 12, Style{Plain: true}},
		"filtered-none": {"/zzz\r", 80, 12, Style{Plain: true}},
		"help":          {"h", 80, 24, Style{Plain: true}},
		"sessions":      {"/mirror-000\r\r", 80, 12, Style{Plain: true}},
		"kill":          {"/mirror-000\r\rjk", 80, 12, Style{Plain: true}},
		"kill-nothing":  {"k", 80, 8, Style{Plain: true}},
		"vt100":         {"sssss", 80, 12, Style{}},
		"colours":       {"sssss", 80, 12, Style{Color: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var top Top
			for _, st := range states {
				top.Take(st)
			}
			press(&top, c.keys)
			got := top.Frame(c.width, c.height, c.style)
			file := filepath.Join("testdata", name+".frame")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestKill: y kills the session that was asked about, nothing else does.
func TestKill(t *testing.T) {
	var top Top
	top.Take(recorded(t)[0])
	if got := press(&top, "/mirror-000\r\rkn"); len(got) != 0 || !strings.Contains(top.foot(), "nothing was killed") {
		t.Errorf("n: %v, %q", got, top.foot())
	}
	session := top.names()[0]
	if got := press(&top, "ky"); len(got) != 1 || got[0].Kill != session {
		t.Errorf("y: %v, want %s", got, session)
	}
	if got := press(&top, "q"); len(got) != 0 || top.Service() != "" {
		t.Errorf("q leaves the sessions: %v, %q", got, top.Service())
	}
	if got := press(&top, "q"); len(got) != 1 || !got[0].Quit {
		t.Errorf("q quits: %v", got)
	}
	top = Top{}
	if got := press(&top, "/abc\x03"); len(got) != 1 || !got[0].Quit {
		t.Errorf("an interrupt quits: %v", got)
	}
}

// TestRate: clients a second, between two states of one superd.
func TestRate(t *testing.T) {
	at := time.Unix(1000, 0)
	state := func(pid int, after time.Duration, n uint64) *control.Status {
		return &control.Status{Pid: pid, Time: at.Add(after), Services: []control.Service{{ID: "x", PerMinute: 120, Counts: control.Counts{Accepted: n}}}}
	}
	var top Top
	for _, c := range []struct {
		st   *control.Status
		want float64
	}{
		{state(1, 0, 10), 2}, // the first: by the minute
		{state(1, 2*time.Second, 30), 10},
		{state(1, 3*time.Second, 30), 0},
		{state(1, 4*time.Second, 5), 0}, // the service was added anew
		{state(2, 5*time.Second, 100), 2},
	} {
		top.Take(c.st)
		if got := top.rate(&top.now.Services[0]); got != c.want {
			t.Errorf("%v: %v, want %v", c.st.Time, got, c.want)
		}
	}
}

// TestAnyFrame: whatever states, keys and sizes come, a frame has its size and holds
// nothing that its terminal could take for a command of somebody else's.
func TestAnyFrame(t *testing.T) {
	states := recorded(t)
	hostile := *states[0]
	hostile.Services = []control.Service{{ID: "\x1b[2J\u009b31m語é\xff", State: control.Rejected, Reason: "\x07", Mode: "inet",
		Sockets: []control.Socket{{Network: "unix", Address: "/tmp/\n\r\x1b]0;x\x07"}}, Sessions: []control.Session{{ID: "1\x1b", Peer: "\u202e"}}}}
	states = append(states, &hostile, &control.Status{})
	rapid.Check(t, func(t *rapid.T) {
		var top Top
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			top.Take(rapid.SampledFrom(states).Draw(t, "state"))
			press(&top, rapid.StringOfN(rapid.SampledFrom([]rune("jkrsh/qy\r\x1b\x7fgGma ")), 0, 6, -1).Draw(t, "keys"))
		}
		width, height := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "height")
		plain := top.Frame(width, height, Style{Plain: true})
		for line := range strings.Lines(plain) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > width || Clean(line) != line {
				t.Fatalf("%d columns: %q", width, line)
			}
		}
		frame := top.Frame(width, height, Style{Color: true})
		if n := strings.Count(frame, "\n"); n >= max(height, 1) {
			t.Fatalf("%d lines in %d rows", n+1, height)
		}
		for _, part := range strings.Split(frame, "\x1b")[1:] {
			if !strings.HasPrefix(part, "[H") && !strings.HasPrefix(part, "[K") && !strings.HasPrefix(part, "[m") && !strings.HasPrefix(part, "[7m") &&
				!strings.HasPrefix(part, "[1m") && !strings.HasPrefix(part, "[31m") && !strings.HasPrefix(part, "[33m") {
				t.Fatalf("ESC %.10q", part)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	for in, want := range map[string][]Key{
		"a":                     {'a'},
		"\x1b":                  {KeyEscape},
		"\x1b[A\x1bOB":          {KeyUp, KeyDown},
		"\x1b[5~\x1b[6~":        {KeyPageUp, KeyPageDown},
		"\x1b[1;5A":             nil, // with Control
		"\x1b[200~x":            {'x'},
		"\x1b[":                 nil,
		"\x1bx":                 {KeyEscape, 'x'},
		"\r\x7f\x03":            {KeyEnter, KeyBackspace, KeyInterrupt},
		"ä\xff\x01":             {'ä'},
		"\x1b[H\x1b[4~\x1bOH\n": {KeyHome, KeyEnd, KeyHome, KeyEnter},
	} {
		if got := Keys([]byte(in)); !cmp.Equal(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, s := range []string{"q", "\x1b[A", "\x1b[12;99;", "\x1bO", "\xf0\x9f"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if n := len(Keys(in)); n > len(in) {
			t.Fatalf("%d keys of %d bytes", n, len(in))
		}
	})
}

func TestTable(t *testing.T) {
	table := NewTable(20, Column{Title: "NAME", Min: 6}, Column{Title: "N", Right: true}, Column{Title: "WHERE", Min: 5})
	rows := [][]string{{"a", "1", "x"}, {"longest-name", "1234", "somewhere-else"}, {"b\x1b[31m", "", ""}, {"short"}}
	for _, r := range rows {
		table.Fit(r)
	}
	got := table.Header() + "\n"
	for _, r := range rows {
		got += table.Row(r) + "\n"
	}
	want := "NAME       N  WHERE\na          1  x\nlonge+  1234  somew+\nb\\x1b+\nshort\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0s", 59 * time.Second: "59s", time.Minute: "1m00s", time.Hour + 5*time.Second: "1h00m", 25 * time.Hour: "1d01h",
	} {
		if got := Age(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
