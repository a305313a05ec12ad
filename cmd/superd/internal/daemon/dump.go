// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/json"
	"os"
	"path/filepath"

	"superd/services"
	"superd/services/event"
)

// dump writes the state to dump_file: what "superd status --json" prints.
func (d *Daemon) dump() {
	name := d.settings.Str(services.DumpFile)
	doc := d.document(true)
	data, err := json.MarshalIndent(doc, "", "  ")
	if err == nil {
		err = replaceFile(name, append(data, '\n'), 0o600)
	}
	if err != nil {
		d.post(event.Event{Kind: event.Note, Level: event.LevelError, Text: "no dump was written", Err: err.Error()})
		return
	}
	d.note(event.LevelNotice, "", "state written to "+name)
}

// replaceFile puts data in name's place by a new file and a rename: a reader sees
// the old content or the new, and a link planted under the name is replaced, not
// followed (xinetd's dump once lay in /tmp under a fixed name).
func replaceFile(name string, data []byte, mode os.FileMode) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}
