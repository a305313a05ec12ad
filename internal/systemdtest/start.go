// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"errors"
	"testing"

	"superd/internal/testneed"
)

// Start boots a Machine for a test and ends it with the test. Where systemd
// cannot be booted, testneed decides what becomes of the test.
func Start(t testing.TB, o Options) *Machine {
	t.Helper()
	m, err := Boot(t.Context(), o)
	switch {
	case errors.Is(err, ErrUnavailable):
		testneed.Missing(t, err.Error())
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}
