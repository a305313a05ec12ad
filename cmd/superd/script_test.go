// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"superd/cmd/superd/internal/cli"
	"superd/internal/scripttest"
	"superd/spawn/shim"
)

// TestMain lets this test's own binary be superd and inet-shim, so that the
// scripts run what was compiled with the tests, with -race and -cover if they
// are.
func TestMain(m *testing.M) {
	if os.Getenv("SUPERD_TEST_CLIENT") != "" {
		os.Exit(clientMain(os.Args[1:]))
	}
	superd := func() { os.Exit(cli.Main(os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)) }
	testscript.Main(m, map[string]func(){
		"go-worker":  goWorkerMain,
		"superd":     superd,
		"xinetd":     superd,
		"inetd":      superd,
		"worker":     workerMain,
		"net-server": superd,
		"inet-shim": func() {
			os.Exit(shim.Main(os.Args, os.Environ(), os.Stderr))
		},
	})
}

// TestScript runs testdata/script/*.txtar: one file, one promise.
func TestScript(t *testing.T) {
	testscript.Run(t, scripttest.Params("../../testdata/script", setup))
}

// setup tells scripts where superd is under each of its names, for other programs to
// start them.
func setup(env *testscript.Env) error {
	env.Setenv("SLOWER", slower())
	env.Setenv("SUPERD_CONTROL", "none") // scripts run beside each other, and the usual one is for one of them
	contrib, err := filepath.Abs("../../contrib")
	if err != nil {
		return err
	}
	env.Setenv("CONTRIB", contrib)
	for name, prog := range map[string]string{"SUPERD": "superd", "XINETD": "xinetd", "INETD": "inetd", "SHIM": "inet-shim", "WORKER": "worker"} {
		path, err := exec.LookPath(prog)
		if err != nil {
			return err
		}
		env.Setenv(name, path)
	}
	return nil
}

// slower is by how much what is run here may take longer than what is shipped.
func slower() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				return "10"
			}
		}
	}
	return "1"
}
