// SPDX-License-Identifier: Apache-2.0

package testneed

import (
	"os"
	"path/filepath"
	"testing"
)

// fake is a test that notes what becomes of it.
type fake struct{ skipped, failed bool }

func (f *fake) Skip(...any)  { f.skipped = true }
func (f *fake) Fatal(...any) { f.failed = true }
func (f *fake) Name() string { return "TestFake" }

func TestMissingIsSkippedAndListed(t *testing.T) {
	list := filepath.Join(t.TempDir(), "skips")
	t.Setenv("SUPERD_CI", "")
	t.Setenv("SUPERD_SKIPS", list)
	f := &fake{}
	Need(f, "no-such-program")
	if !f.skipped || f.failed {
		t.Errorf("skipped %v, failed %v", f.skipped, f.failed)
	}
	b, err := os.ReadFile(list)
	if want := "TestFake: " + Have("no-such-program").Error() + "\n"; string(b) != want {
		t.Errorf("list is %q, %v; want %q", b, err, want)
	}
}

func TestMissingFailsInCI(t *testing.T) {
	t.Setenv("SUPERD_CI", "1")
	t.Setenv("SUPERD_SKIPS", "") // the fake goes on after Fatal
	f := &fake{}
	Need(f, "no-such-program")
	if !f.failed {
		t.Error("a missing need passed in CI")
	}
}

func TestMachinesOwnProgram(t *testing.T) {
	if err := Have("machine:sh"); err != nil {
		t.Error(err)
	}
	if err := Have("machine:no-such-program"); err == nil {
		t.Error("a program that is not there was found")
	}
}

func TestMetNeedDoesNothing(t *testing.T) {
	f := &fake{}
	Need(f)
	if f.skipped || f.failed {
		t.Errorf("skipped %v, failed %v", f.skipped, f.failed)
	}
}
