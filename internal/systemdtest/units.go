// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// idleTarget stands where Options.Unit is "": systemd wants some unit to start.
const idleTarget = "[Unit]\nDescription=Nothing\nDefaultDependencies=no\n"

func (m *Machine) writeUnits(o Options) error {
	units := filepath.Join(m.dir, "units")
	if err := os.Mkdir(units, 0o755); err != nil {
		return fmt.Errorf("cannot make the units' folder: %v", err)
	}
	write := func(name, text string) error {
		if name != filepath.Base(name) || name == "." {
			return fmt.Errorf("cannot take unit %q: not a plain file name", name)
		}
		if err := os.WriteFile(filepath.Join(units, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("cannot write unit %q: %v", name, err)
		}
		return nil
	}
	if err := write("idle.target", idleTarget); err != nil {
		return err
	}
	for name, text := range o.Units {
		if err := write(name, text); err != nil {
			return err
		}
	}
	return nil
}
