// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"superd/services/config"
)

// Texts are the files of a configuration, as they were when it was read. An upgrade
// hands them to the new superd, which runs what the old one ran whatever has become
// of the files since.
type Texts struct {
	Files map[string][]byte      `json:"files"`
	Dirs  map[string][]FileFacts `json:"dirs"`
	Stats map[string]FileFacts   `json:"stats"`
	None  map[string]bool        `json:"none,omitempty"`  // there was nothing of that name
	Input []byte                 `json:"input,omitempty"` // standard input
}

// FileFacts is what a directory or stat tells of a file.
type FileFacts struct {
	FileName string      `json:"name"`
	Bytes    int64       `json:"size"`
	FileMode fs.FileMode `json:"mode"`
	Modified time.Time   `json:"modified"`
}

// The methods of fs.FileInfo and fs.DirEntry.
func (f FileFacts) Name() string               { return f.FileName }
func (f FileFacts) Size() int64                { return f.Bytes }
func (f FileFacts) Mode() fs.FileMode          { return f.FileMode }
func (f FileFacts) ModTime() time.Time         { return f.Modified }
func (f FileFacts) IsDir() bool                { return f.FileMode.IsDir() }
func (f FileFacts) Sys() any                   { return nil }
func (f FileFacts) Type() fs.FileMode          { return f.FileMode.Type() }
func (f FileFacts) Info() (fs.FileInfo, error) { return f, nil }

func newTexts() *Texts {
	return &Texts{Files: map[string][]byte{}, Dirs: map[string][]FileFacts{}, Stats: map[string]FileFacts{}, None: map[string]bool{}}
}

// without gives the texts but for files that are read anew whenever they change: what
// hosts.deny says is not to be what it said at the last reload.
func (t *Texts) without(names map[string]stamp) *Texts {
	other := *t
	other.Files, other.None = maps.Clone(t.Files), maps.Clone(t.None)
	for name := range names {
		delete(other.Files, name)
		delete(other.None, name)
	}
	return &other
}

// record gives a host that notes down what is read from it.
func (t *Texts) record(h *config.Host) *config.Host {
	kept := *h
	kept.ReadFile = func(name string) ([]byte, error) {
		data, err := h.ReadFile(name)
		if t.found(name, err) {
			t.Files[name] = slices.Clone(data)
		}
		return data, err
	}
	kept.ReadDir = func(name string) ([]fs.DirEntry, error) {
		list, err := h.ReadDir(name)
		if t.found(name, err) {
			t.Dirs[name] = []FileFacts{}
			for _, d := range list {
				t.Dirs[name] = append(t.Dirs[name], FileFacts{FileName: d.Name(), FileMode: d.Type()})
			}
		}
		return list, err
	}
	kept.Stat = func(name string) (fs.FileInfo, error) {
		info, err := h.Stat(name)
		if t.found(name, err) {
			t.Stats[name] = FileFacts{info.Name(), info.Size(), info.Mode(), info.ModTime()}
		}
		return info, err
	}
	return &kept
}

// found notes down that there is no such file.
func (t *Texts) found(name string, err error) bool {
	if errors.Is(err, fs.ErrNotExist) {
		t.None[name] = true
	}
	return err == nil
}

// none is the error for a file that there was not; nil: nobody knows.
func (t *Texts) none(op, name string) error {
	if t.None[name] {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return nil
}

// replay gives a host on which the files are as they were.
func (t *Texts) replay(h *config.Host) *config.Host {
	kept := *h
	kept.ReadFile = func(name string) ([]byte, error) {
		if data, ok := t.Files[name]; ok {
			return data, nil
		}
		if err := t.none("open", name); err != nil {
			return nil, err
		}
		return h.ReadFile(name)
	}
	kept.ReadDir = func(name string) ([]fs.DirEntry, error) {
		facts, ok := t.Dirs[name]
		if err := t.none("open", name); err != nil && !ok {
			return nil, err
		}
		if !ok {
			return h.ReadDir(name)
		}
		list := make([]fs.DirEntry, len(facts))
		for i := range facts {
			list[i] = facts[i]
		}
		return list, nil
	}
	kept.Stat = func(name string) (fs.FileInfo, error) {
		if facts, ok := t.Stats[name]; ok {
			return facts, nil
		}
		if err := t.none("stat", name); err != nil {
			return nil, err
		}
		return h.Stat(name)
	}
	return &kept
}

// Reading is how a daemon reads its configuration: from the machine, and once, after
// an upgrade, from what the superd before it has read.
type Reading struct {
	from  *State // nil: this superd was started in the ordinary way
	input []byte // standard input, as the first superd has read it
	last  *Texts // of the last Host
	// signals is where an upgraded superd gets its signals.
	signals chan os.Signal
	left    []os.Signal // that the superd before it had not looked at
	as      *[2]uint32  // uid and gid that superd is about to have
}

// NewReading looks whether this process is an upgraded superd.
func NewReading(environ []string) (*Reading, error) {
	var signals chan os.Signal
	if hasState(environ) { // first of all: to read a state takes time
		signals = catchSignals()
	}
	s, err := inheritedState(environ)
	r := NewReplay(s)
	r.signals, r.left = signals, leftSignals(environ)
	return r, err
}

// NewReplay is a Reading that goes on with a state; nil is none.
func NewReplay(s *State) *Reading {
	r := &Reading{from: s}
	if s != nil && s.Texts != nil {
		r.input = s.Texts.Input
	}
	return r
}

// Upgraded tells whether the process goes on with what another superd has begun.
func (r *Reading) Upgraded() bool { return r.from != nil }

// become has the next readings see the machine as a user without privileges does.
func (r *Reading) become(uid, gid uint32) { r.as = &[2]uint32{uid, gid} }

// Host is the machine for the next reading. It notes down what is read.
func (r *Reading) Host(h *config.Host) *config.Host {
	r.last = newTexts()
	if r.as != nil {
		plain := *h
		plain.Root, plain.UID, plain.GID = false, r.as[0], r.as[1]
		h = &plain
	}
	if r.from != nil && r.from.Texts != nil {
		h = r.from.Texts.replay(h)
	}
	return r.last.record(h)
}

// Sources gives standard input its content: it can be read once in a superd's life.
func (r *Reading) Sources(list []config.Source) []config.Source {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Path != "-" {
			continue
		}
		if r.from != nil {
			list[i].Data = r.input
		}
		r.last.Input = list[i].Data
	}
	return list
}

// done ends the replay: from now on the machine's files count.
func (r *Reading) done() {
	if r.from != nil {
		r.from.Texts = nil
	}
}
