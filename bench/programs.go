// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sources is where the C and Python programs lie, from the repository's root.
const sources = "bench/programs"

// buildPrograms compiles the C programs into dir and copies the others there.
func buildPrograms(dir string) error {
	for _, p := range []string{"floor", "floor-equal", "probe", "load"} {
		if err := cc(filepath.Join(dir, p), p, "-static", "-pthread"); err != nil {
			return err
		}
	}
	// One small segment, no start code: an exec as cheap as execs get.
	err := cc(filepath.Join(dir, "handler"), "handler", "-nostdlib", "-static", "-s",
		"-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none,-n")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(sources, "handler.py"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "handler.py"), text, 0o644)
}

func cc(out, name string, flags ...string) error {
	args := append([]string{"-O2", "-Wall", "-o", out, filepath.Join(sources, name+".c")}, flags...)
	if msg, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %q: %v\n%s", name, err, msg)
	}
	return os.Chmod(out, 0o755)
}

// handler is a program that answers "ok\n".
type handler struct {
	name string
	argv []string
}

// handlers are the programs that connections are measured with. A Python that
// the handlers' user cannot run (a version manager's, in root's home) is none.
func (b *bench) handlers() []handler {
	hs := []handler{{"handler without libc", []string{b.program("handler")}}}
	for _, py := range []string{"/usr/bin/python3", "/usr/local/bin/python3"} {
		if fi, err := os.Stat(py); err == nil && fi.Mode()&0o111 != 0 {
			v, _ := exec.Command(py, "--version").Output()
			name := "Python handler (" + strings.TrimSpace(string(v)) + ")"
			return append(hs, handler{name, []string{py, b.program("handler.py")}})
		}
	}
	b.missing = append(b.missing, "Python handler: no /usr/bin/python3")
	return hs
}

func (b *bench) program(name string) string { return filepath.Join(b.dir, name) }
