// SPDX-License-Identifier: Apache-2.0

package scripttest_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"superd/internal/scripttest"
)

func TestLanguage(t *testing.T) {
	testscript.Run(t, scripttest.Params("testdata", nil))
}
