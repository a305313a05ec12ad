// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"errors"
	"os"
	"testing"
)

// Start boots a Machine for a test and ends it with the test. Where systemd
// cannot be booted the test is skipped with the reason, or fails if SUPERD_CI=1.
func Start(t testing.TB, o Options) *Machine {
	t.Helper()
	m, err := Boot(t.Context(), o)
	switch {
	case errors.Is(err, ErrUnavailable) && os.Getenv("SUPERD_CI") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}
