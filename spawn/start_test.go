// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"strings"
	"testing"

	"superd/spawn"
)

func TestStart(t *testing.T) {
	l := launcher(t, spawn.Options{})
	mode, why := l.Mode()
	t.Log(mode, why)
	s := spec(probePath(t), "one", "", "three")
	s.Self = self(t)
	s.Env = []string{"A=1", "REMOTE_HOST=old", "A=2"}
	got := runIt(t, l, compile(t, s), "REMOTE_HOST=192.0.2.1", "PROTO=TCP")
	if got.err != nil {
		t.Fatal(got.err)
	}

	for _, want := range []string{"argc=4", "argv1=one", "argv2=", "env=A=2", "env=REMOTE_HOST=192.0.2.1", "env=PROTO=TCP", "end=1"} {
		if !strings.Contains(got.output, want+"\n") {
			t.Errorf("no line %q in\n%s", want, got.output)
		}
	}
	if strings.Contains(got.output, "old") || strings.Contains(got.output, "A=1") {
		t.Errorf("a word that was overridden in\n%s", got.output)
	}
}
