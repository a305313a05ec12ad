// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"io/fs"
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
	return &Texts{Files: map[string][]byte{}, Dirs: map[string][]FileFacts{}, Stats: map[string]FileFacts{}}
}

// record gives a host that notes down what is read from it.
func (t *Texts) record(h *config.Host) *config.Host {
	kept := *h
	kept.ReadFile = func(name string) ([]byte, error) {
		data, err := h.ReadFile(name)
		if err == nil {
			t.Files[name] = slices.Clone(data)
		}
		return data, err
	}
	kept.ReadDir = func(name string) ([]fs.DirEntry, error) {
		list, err := h.ReadDir(name)
		if err == nil {
			t.Dirs[name] = []FileFacts{}
			for _, d := range list {
				t.Dirs[name] = append(t.Dirs[name], FileFacts{FileName: d.Name(), FileMode: d.Type()})
			}
		}
		return list, err
	}
	kept.Stat = func(name string) (fs.FileInfo, error) {
		info, err := h.Stat(name)
		if err == nil {
			t.Stats[name] = FileFacts{info.Name(), info.Size(), info.Mode(), info.ModTime()}
		}
		return info, err
	}
	return &kept
}

// replay gives a host on which the files are as they were.
func (t *Texts) replay(h *config.Host) *config.Host {
	kept := *h
	kept.ReadFile = func(name string) ([]byte, error) {
		if data, ok := t.Files[name]; ok {
			return data, nil
		}
		return h.ReadFile(name)
	}
	kept.ReadDir = func(name string) ([]fs.DirEntry, error) {
		facts, ok := t.Dirs[name]
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
		return h.Stat(name)
	}
	return &kept
}

// Reading is how a daemon reads its configuration: from the machine, and once, after
// an upgrade, from what the superd before it has read.
type Reading struct {
	from *State // nil: this superd was started in the ordinary way
	last *Texts // of the last Host
}

// NewReading looks whether this process is an upgraded superd.
func NewReading(environ []string) (*Reading, error) {
	s, err := inheritedState(environ)
	return &Reading{from: s}, err
}

// NewReplay is a Reading for whoever checks whether a state can be taken over.
func NewReplay(s *State) *Reading { return &Reading{from: s} }

// Upgraded tells whether the process goes on with what another superd has begun.
func (r *Reading) Upgraded() bool { return r.from != nil }

// Host is the machine for the next reading. It notes down what is read.
func (r *Reading) Host(h *config.Host) *config.Host {
	r.last = newTexts()
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
		if r.from != nil && r.from.Texts != nil {
			list[i].Data = r.from.Texts.Input
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
