// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"superd/cmd/superd/internal/cli"
	"superd/spawn/shim"
)

// bin is a folder that everybody can read, with this test's own binary under
// the names that it answers to.
var bin string

// TestMain lets the test's binary be superd, inet-shim, and the programs that
// the tests need.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "superd":
		os.Exit(cli.Main(os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	case "inet-shim":
		os.Exit(shim.Main(os.Args, os.Environ(), os.Stderr))
	case "faulty", "setuid":
		if err := faulty(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "superd-faults"); err == nil {
		defer os.RemoveAll(bin)
		if err = os.Chmod(bin, 0o755); err == nil {
			err = install()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func install() error {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer self.Close()
	f, err := os.OpenFile(filepath.Join(bin, "superd"), os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, self); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Symlink("superd", filepath.Join(bin, "faulty"))
}
