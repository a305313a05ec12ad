// SPDX-License-Identifier: Apache-2.0

package services

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

var cat = []string{"/bin/cat"}

func TestChoose(t *testing.T) {
	missing := errors.New(`cannot run "/bin/cat": no such file`)
	noWorker := "attribute \"worker\": is missing."
	for name, test := range map[string]struct {
		s       *Service
		program error
		later   []string
		mode    string
		passed  []PassedOver // of a reason the beginning
	}{
		"the first":            {s: service(nil, Mode, []string{"single", "inet"}, Exec, cat), mode: "single"},
		"no worker":            {s: service(nil, Mode, []string{"prefork", "inet"}, Exec, cat), mode: "inet", passed: []PassedOver{{"prefork", noWorker, false}}},
		"a worker":             {s: service(nil, Mode, []string{"prefork", "inet"}, Exec, cat, Worker, "pass"), mode: "prefork"},
		"for later":            {s: service(nil, Mode, []string{"http", "inet"}, Exec, cat), later: []string{"http"}, mode: "inet", passed: []PassedOver{{"http", "not built yet", false}}},
		"no program":           {s: service(nil, Mode, []string{"inet", "http"}), mode: "http", passed: []PassedOver{{"inet", "attribute \"exec\": is missing", false}}},
		"a program that's not": {s: service(nil, Mode, []string{"inet", "wait"}, Exec, cat), program: missing, passed: []PassedOver{{"inet", missing.Error(), false}, {"wait", missing.Error(), false}}},
		"none for a program":   {s: service(nil, Mode, []string{"inet", "http"}, Exec, cat), program: missing, mode: "http", passed: []PassedOver{{"inet", missing.Error(), false}}},
		"unknown": {s: service(nil, Mode, []string{"Thread", "Exotic", "singel", "inet"}, Exec, cat), mode: "inet", passed: []PassedOver{
			{"Thread", "threads are Perl's own affair", false}, {"Exotic", "there is no such mode", true}, {"singel", `there is no such mode; did you mean "single"?`, true}}},
		"nothing known": {s: service(nil, Mode, []string{"Exotic"}, Exec, cat), passed: []PassedOver{{"Exotic", "there is no such mode", true}}},
		"rules that wait cannot keep": {s: service(tcp("0.0.0.0:79"), Mode, []string{"wait", "inet"}, Exec, cat, OnlyFrom, []string{"10.0.0.0/8"}), mode: "inet",
			passed: []PassedOver{{"wait", `attribute "only_from": does not protect`, false}}},
		"rules that accept cannot keep": {s: service(tcp("0.0.0.0:79"), Mode, []string{"prefork", "inet"}, Exec, cat, Worker, "accept", CPS, []int64{5, 1}), mode: "inet",
			passed: []PassedOver{{"prefork", `attribute "cps": cannot be kept with worker = "accept"`, false}}},
		"what is wrong in each mode": {s: service(nil, Mode, []string{"inet", "single"}, Exec, cat, SessionTimeout, 0.0), mode: "inet"},
	} {
		got := choose(test.s, test.program, test.later)
		for i := range got.Passed {
			if i < len(test.passed) && len(test.passed[i].Reason) < len(got.Passed[i].Reason) {
				got.Passed[i].Reason = got.Passed[i].Reason[:len(test.passed[i].Reason)]
			}
		}
		if got.Mode != test.mode || !slices.Equal(got.Passed, test.passed) {
			t.Errorf("%s: %+v; want %q and %+v", name, *got, test.mode, test.passed)
		}
		test.s.Choice = got
		if test.s.Mode() != test.mode {
			t.Errorf("%s: mode %q", name, test.s.Mode())
		}
	}
	if c := Choose(service(nil, Exec, cat), nil); c != nil {
		t.Errorf("of one mode %+v is chosen", c)
	}
}

// What is not built yet is passed over in a list too.
func TestChooseBuilt(t *testing.T) {
	for _, word := range laterModes {
		c := Choose(service(nil, Mode, []string{word, "inet"}, Exec, cat, Worker, "pass"), nil)
		if want := (&Choice{"inet", []PassedOver{{word, "not built yet", false}}}); !reflect.DeepEqual(c, want) {
			t.Errorf("%s, inet: %+v", word, c)
		}
	}
}

// A service that is chosen no mode for is not said to be wrong in mode "".
func TestValidateWithoutMode(t *testing.T) {
	s := service(tcp("0.0.0.0:79"), Mode, []string{"Exotic", "Thread"}, MinServers, int64(1))
	s.Choice = Choose(s, nil)
	if got := Validate(s); len(got) > 0 {
		t.Errorf("%s", renderProblems(got))
	}
}

func TestDiffOfChosenModes(t *testing.T) {
	list := func(chosen string, words ...string) *Service {
		s := service(tcp("0.0.0.0:79"), Mode, words, Exec, cat)
		s.Choice = &Choice{Mode: chosen}
		return s
	}
	inet := service(tcp("0.0.0.0:79"), Exec, cat)
	for name, test := range map[string]struct {
		old, new *Service
		want     Change
	}{
		"the same of another list": {list("inet", "prefork", "inet"), list("inet", "inet", "wait"), Same},
		"a list for a word":        {inet, list("inet", "prefork", "inet"), Same},
		"a word for a list":        {list("inet", "prefork", "inet"), inet, Same},
		"another of the same list": {list("inet", "wait", "inet"), list("wait", "wait", "inet"), Replace},
	} {
		if got := Diff(test.old, test.new); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
