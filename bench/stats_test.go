// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 100, 1, 2}, 3},
	} {
		before := slices.Clone(c.in)
		if got := median(c.in); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.in, got, c.want)
		}
		if !slices.Equal(before, c.in) {
			t.Errorf("median changed its argument %v to %v", before, c.in)
		}
	}
}

func TestMedianLiesInTheMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 20).Draw(t, "values")
		m, below, above := median(v), 0, 0
		for _, x := range v {
			if x < m {
				below++
			}
			if x > m {
				above++
			}
		}
		if 2*below > len(v) || 2*above > len(v) {
			t.Fatalf("median(%v) = %v: %d below, %d above", v, m, below, above)
		}
	})
}

func TestRatiosPairRounds(t *testing.T) {
	// The machine was twice as slow in the second round; the ratio does not see it.
	if d := cmp.Diff([]float64{2, 2}, ratios([]float64{20, 40, 7}, []float64{10, 20})); d != "" {
		t.Error(d)
	}
	if got := ratios([]float64{1}, []float64{0}); got != nil {
		t.Errorf("a ratio to nothing: %v", got)
	}
}

func TestParseCPUStat(t *testing.T) {
	got, err := parseCPUStat("usage_usec 1500\nuser_usec 500\nsystem_usec 1000\n")
	if err != nil || got != 1500*time.Microsecond {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseCPUStat("user_usec 500\n"); err == nil {
		t.Error("no usage_usec, no error")
	}
}

func TestParseStatSurvivesNames(t *testing.T) {
	const rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	for _, name := range []string{"(superd)", "(a) S 1 (b)", "()"} {
		got, err := parseStat([]byte("17 " + name + rest))
		if want := (11 + 12 + 13 + 14) * 10 * time.Millisecond; err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := parseStat([]byte("17 (x) S 1")); err == nil {
		t.Error("a short line, no error")
	}
}

func TestFamilyHasGrandchildren(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "exec 3<&0; cat <&3 >/dev/null & echo $!; wait")
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { hold.Close(); _ = cmd.Wait() }()
	var child int
	if _, err := fmt.Fscan(out, &child); err != nil {
		t.Fatal(err)
	}
	all := family(os.Getpid())
	if all[0] != os.Getpid() || !slices.Contains(all, cmd.Process.Pid) || !slices.Contains(all, child) {
		t.Errorf("family is %v, want %d, %d and %d in it", all, os.Getpid(), cmd.Process.Pid, child)
	}
	if slices.Contains(family(child), cmd.Process.Pid) {
		t.Error("a parent is in its child's family")
	}
}

// TestRusageCountsTheLiving: workers that outlive their clients are not waited for.
func TestRusageCountsTheLiving(t *testing.T) {
	// The inner shell works until it has used a tick or more, then waits.
	const script = `/bin/sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo worked; read end'; :`
	cmd := exec.Command("/bin/sh", "-c", script)
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { hold.Close(); _ = cmd.Wait() }()
	var said string
	if _, err := fmt.Fscan(out, &said); err != nil {
		t.Fatal(err)
	}
	if used, err := (rusageMeter{}).used(cmd.Process.Pid); err != nil || used < 20*time.Millisecond {
		t.Errorf("used %v (%v), want 20 ms at least", used, err)
	}
}

func TestCompareProbe(t *testing.T) {
	said := parseProbe("uid=1:1:1\ngroups=\nnice=5\n")
	if err := compareProbe(map[string]string{"uid": "1:1:1", "groups": ""}, said); err != nil {
		t.Error(err)
	}
	err := compareProbe(map[string]string{"nice": "0", "as": "1:1", "uid": "1:1:1"}, said)
	if want := `as is "", not "1:1", nice is "5", not "0"`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	// A value that is absent is not an empty one.
	if compareProbe(map[string]string{"core": ""}, said) == nil {
		t.Error("an absent value passed for an empty one")
	}
}

func TestServicesDoNotShareAddresses(t *testing.T) {
	seen := map[string]bool{}
	for i := range 10000 {
		a := serviceAddr(i)
		if host, port := service(i); seen[a] || host == stranger || port < 20000 || port >= 32768 {
			t.Fatalf("service %d has %s", i, a)
		}
		seen[a] = true
	}
}
