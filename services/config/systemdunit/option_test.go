// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"superd/internal/testneed"
	"superd/services"
	"superd/services/config/systemdunit"
)

// TestTableIsWhole: each option stands once in a section, and what is mapped names
// attributes that there are.
func TestTableIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range systemdunit.Table() {
		for section := range strings.FieldsSeq(o.In.String()) {
			if key := section + o.Name; seen[key] {
				t.Errorf("%s stands twice", key)
			} else {
				seen[key] = true
			}
		}
		if o.Word == systemdunit.Mapped == (o.To == "") || o.Word != systemdunit.Mapped && o.Note == "" {
			t.Errorf("%s is %v, to %q, with the note %q", o.Name, o.Word, o.To, o.Note)
		}
		for name := range strings.FieldsSeq(o.To) {
			if _, ok := services.LookupIn(services.InService, name); !ok {
				t.Errorf("%s is mapped to %q, which is no attribute", o.Name, name)
			}
		}
	}
}

// TestTableHasAllOptions asks the systemd of this machine which ones there are.
func TestTableHasAllOptions(t *testing.T) {
	testneed.Need(t, "systemd")
	out, err := exec.Command("/lib/systemd/systemd", "--dump-configuration-items").Output()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, o := range systemdunit.Table() {
		for section := range strings.FieldsSeq(o.In.String()) {
			have[section+o.Name] = true
		}
	}
	section, found := "", 0
	line := regexp.MustCompile(`^(\w+)=`)
	for text := range strings.Lines(string(out)) {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "[") {
			section = text
		}
		if m := line.FindStringSubmatch(text); m != nil && slices.Contains([]string{"[Unit]", "[Install]", "[Socket]", "[Service]"}, section) {
			if found++; !have[section+m[1]] {
				t.Errorf("%s has no row for %s", section, m[1])
			}
		}
	}
	if found < 500 {
		t.Errorf("systemd names %d options only", found)
	}
}

// TestMissing: each option that is not built yet refuses the service, unless it asks
// for nothing or the administrator has accepted it.
func TestMissing(t *testing.T) {
	for _, o := range systemdunit.Table() {
		if o.Word != systemdunit.Missing || strings.HasPrefix(o.Name, "Listen") {
			continue
		}
		for section := range strings.FieldsSeq(o.In.String()) {
			value := "yes"
			if o.Name == "AcceptFileDescriptors" {
				value = "no"
			}
			socket, service := fmt.Sprintf("%s=%s\n", o.Name, value), ""
			if section == "[Service]" {
				socket, service = "", socket
			}
			files := pair(socket, "ExecStart=/usr/bin/prog\n"+service)
			r := load(t, files, "u/x.socket")
			if s := only(t, r); s.State != services.Refused || !said(r, `"`+o.Name+`": not built yet; --allow-missing `+o.Name) {
				t.Errorf("%s of %s: %v, %v", o.Name, section, s.State, r.Diags)
			}
			r = load(t, files, "u/x.socket", o.Name)
			if s := only(t, r); s.State != services.Enabled || !said(r, o.Name+`": not built yet: the service runs without it`) {
				t.Errorf("%s of %s, accepted: %v, %v", o.Name, section, s.State, r.Diags)
			}
			if r = load(t, pair("", "ExecStart=/usr/bin/prog\n"+o.Name+"=x\n"+o.Name+"=\n"), "u/x.socket"); only(t, r).State != services.Enabled {
				t.Errorf("%s, taken back: %v", o.Name, r.Diags)
			}
		}
	}
}

func TestCanBeMissing(t *testing.T) {
	for name, want := range map[string][2]bool{"PrivateTmp": {true, true}, "ListenSpecial": {true, true}, "StandardOutput": {true, true}, "User": {false, true}, "PrivatTmp": {false, false}} {
		if missing, known := systemdunit.CanBeMissing(name); [2]bool{missing, known} != want {
			t.Errorf("%s: %v, %v", name, missing, known)
		}
	}
}

// TestBounds: what grows without end when it is expanded is refused.
func TestBounds(t *testing.T) {
	long := pair("", "Environment=A="+strings.Repeat("x", 10_000)+"\nExecStart=/usr/bin/prog "+strings.Repeat("${A}", 10_000)+"\n")
	if r := load(t, long, "u/x.socket"); only(t, r).State != services.Refused || !said(r, "the command is longer than") {
		t.Errorf("%v", r.Diags)
	}
	var many strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, "A%d=1\n", i)
	}
	files := pair("", "EnvironmentFile=/many\nExecStart=/usr/bin/prog\n")
	files["many"] = many.String()
	if r := load(t, files, "u/x.socket"); only(t, r).State != services.Refused || !said(r, "there are more than 4096 variables") {
		t.Errorf("%v", r.Diags)
	}
	wide := pair("", "ExecStart=/usr/bin/prog \\\n"+strings.Repeat(strings.Repeat("x", 1000)+"\\\n", 2000)+"\n")
	if r := load(t, wide, "u/x.socket"); only(t, r).State != services.Refused || !said(r, "the line is longer than") {
		t.Errorf("%v", r.Diags)
	}
}
