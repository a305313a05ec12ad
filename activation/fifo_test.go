// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// TestFIFO: it has its mode whatever the umask, is readable when somebody has written,
// and goes with its last user.
func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	r := registry(t)
	sp := at("fifo", path)
	sp.Mode = 0o622
	s, err := r.Acquire(sp)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != os.ModeNamedPipe|0o622 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if flags, _ := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFL, 0); flags&(unix.O_ACCMODE|unix.O_NONBLOCK) != unix.O_RDWR|unix.O_NONBLOCK || s.FD() < 200 {
		t.Errorf("descriptor %d with flags %#x", s.FD(), flags)
	}
	if s.IsStream() || !s.IsFIFO() || s.Inode()>>63 != 1 {
		t.Errorf("%v is none, inode %d", s, s.Inode())
	}
	must(t, os.WriteFile(path, []byte("x"), 0))
	if n, err := unix.IoctlGetInt(s.FD(), unix.TIOCINQ); n != 1 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	sp.Mode = 0o600
	if again, err := r.Acquire(sp); err != nil || again != s {
		t.Fatalf("%v, %v", again, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new mode: %v, %v", info.Mode(), err)
	}
	must(t, errors.Join(r.Release(s), r.Release(s)))
	if _, err := os.Lstat(path); err == nil {
		t.Error("it is left")
	}
}

// TestFIFOInTheWay: what lies there is taken if it is a FIFO of ours that nobody reads,
// with whoever waits for a reader; all else is left alone.
func TestFIFOInTheWay(t *testing.T) {
	mkfifo := func(t *testing.T, path string) { must(t, unix.Mkfifo(path, 0o640)) }
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string // "": it is taken
	}{
		"stale": {mkfifo, ""},
		"read by another": {func(t *testing.T, path string) {
			mkfifo(t, path)
			fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			must(t, err)
			t.Cleanup(func() { unix.Close(fd) })
		}, "address already in use (another process has it open for reading)"},
		"file":    {func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("data"), 0o600)) }, "a regular file is in the way and is left alone"},
		"symlink": {func(t *testing.T, path string) { mkfifo(t, path+".real"); must(t, os.Symlink(path+".real", path)) }, "a symbolic link is in the way and is left alone"},
		"socket":  {func(t *testing.T, path string) { bound(t, unix.SOCK_STREAM, path) }, "a special file is in the way and is left alone"},
		"another's": {func(t *testing.T, path string) {
			testneed.Need(t, "root")
			mkfifo(t, path)
			must(t, os.Chown(path, 1, -1))
		}, "a FIFO of user 1 is in the way and is left alone"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			c.make(t, path)
			before, err := os.Lstat(path)
			must(t, err)
			s, err := registry(t).Acquire(at("fifo", path))
			after, statErr := os.Lstat(path)
			if statErr != nil || !os.SameFile(before, after) {
				t.Fatalf("it is another file: %v", statErr)
			}
			switch {
			case c.want == "" && (err != nil || after.Mode().Perm() != 0o666):
				t.Errorf("%v, mode %v", err, after.Mode())
			case c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+c.want) || before.Mode() != after.Mode()):
				t.Errorf("%v: error %v, want %q", s, err, c.want)
			}
		})
	}
}

// TestFIFOWaitsForReader: a writer who waits in open(2) since before superd came is
// heard.
func TestFIFOWaitsForReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	must(t, unix.Mkfifo(path, 0o600))
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(path, []byte("x"), 0) }()
	s, err := registry(t).Acquire(at("fifo", path))
	if err != nil {
		t.Fatal(err)
	}
	must(t, <-wrote)
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(s.FD()), Events: unix.POLLIN}}, 10_000); n != 1 {
		t.Errorf("nothing comes: %v", err)
	}
}

// TestFIFOErrors: what cannot be had is said, and leaves nothing.
func TestFIFOErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "f"):      "does not exist",
		"@f":                                 "a FIFO has an absolute path",
		"":                                   "the name is empty",
		dir + "/a\x00b":                      "NUL byte",
		dir + "/" + strings.Repeat("x", 300): "file name too long",
	} {
		if s, err := registry(t).Acquire(at("fifo", path)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v, want %q", path, s, err, want)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}

// TestFIFOComesBack: one that the service manager has kept is superd's own again, file
// and all; without its file it is still itself.
func TestFIFOComesBack(t *testing.T) {
	for _, gone := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "f")
		first, second := registry(t), registry(t)
		s, err := first.Acquire(at("fifo", path))
		must(t, err)
		must(t, os.WriteFile(path, []byte("x"), 0))
		kept, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
		must(t, err)
		inode := s.Inode()
		s.LeaveFile()
		must(t, first.Release(s))
		if gone {
			must(t, os.Remove(path))
		}
		o, err := Take(Inherited{FD: kept, Name: "s0"}, 300)
		must(t, err)
		if o.Spec.Path != path || o.Inode != inode {
			t.Errorf("gone %t: it is %v of inode %d, was %d", gone, o.Spec, o.Inode, inode)
		}
		o.Ours = true
		second.Offer(o)
		again, err := second.Acquire(at("fifo", path))
		must(t, err)
		if n, _ := unix.IoctlGetInt(again.FD(), unix.TIOCINQ); n != 1 {
			t.Errorf("gone %t: %d bytes are left", gone, n)
		}
		must(t, second.Release(again))
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("gone %t: it is left", gone)
		}
	}
}

// TestFIFODeclined: one that nobody wants any more goes with its file.
func TestFIFODeclined(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	r := registry(t)
	must(t, unix.Mkfifo(path, 0o600))
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	must(t, err)
	o, err := Take(Inherited{FD: fd, Name: "s0"}, 300)
	must(t, err)
	o.Ours = true
	r.Offer(o)
	must(t, r.Decline(o))
	if _, err := os.Lstat(path); err == nil {
		t.Error("it is left")
	}
}

// TestFIFOConflicts: a path is one thing at a time.
func TestFIFOConflicts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	r := registry(t)
	s, err := r.Acquire(at("fifo", path))
	must(t, err)
	if found := r.Conflicts(at("unix", path)); len(found) != 1 || found[0] != s {
		t.Errorf("conflicts: %v", found)
	}
	if found := r.Conflicts(at("fifo", path)); len(found) != 0 {
		t.Errorf("with itself: %v", found)
	}
}
