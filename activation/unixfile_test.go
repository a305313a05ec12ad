// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// bound binds a socket that the registry knows nothing of.
func bound(t *testing.T, kind int, path string) int {
	t.Helper()
	fd := rawSocket(t, unix.AF_UNIX, kind|unix.SOCK_NONBLOCK)
	if err := rawBind(fd, encodeUnix(path)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestWhatIsInTheWay(t *testing.T) {
	left := func(t *testing.T, path string) { // closed without removing its file
		fd := rawSocket(t, unix.AF_UNIX, unix.SOCK_STREAM)
		if err := rawBind(fd, encodeUnix(path)); err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
	}
	living := func(kind int, listens bool) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			fd := bound(t, kind, path)
			if !listens {
				return
			}
			if err := unix.Listen(fd, 1); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if nfd, errno := Accept(fd, new(Peer)); errno != unix.EAGAIN {
					t.Errorf("the living server got a connection: %d, %v", nfd, errno)
				}
			})
		}
	}
	const inUse = "address already in use (another process listens there)"
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string // "": it is replaced
	}{
		"nothing":             {func(*testing.T, string) {}, ""},
		"stale socket":        {left, ""},
		"listening stream":    {living(unix.SOCK_STREAM, true), inUse},
		"bound stream":        {living(unix.SOCK_STREAM, false), inUse},
		"listening seqpacket": {living(unix.SOCK_SEQPACKET, true), inUse},
		"datagram socket":     {living(unix.SOCK_DGRAM, false), inUse},
		"file":                {func(t *testing.T, p string) { must(t, os.WriteFile(p, []byte("data"), 0o600)) }, "a regular file is in the way and is left alone"},
		"directory":           {func(t *testing.T, p string) { must(t, os.Mkdir(p, 0o700)) }, "a directory is in the way and is left alone"},
		"dangling symlink":    {func(t *testing.T, p string) { must(t, os.Symlink("nowhere", p)) }, "a symbolic link is in the way and is left alone"},
		"fifo":                {func(t *testing.T, p string) { must(t, unix.Mkfifo(p, 0o600)) }, "a special file is in the way and is left alone"},
		"symlink to a stale":  {func(t *testing.T, p string) { left(t, p+".real"); must(t, os.Symlink(p+".real", p)) }, "a symbolic link is in the way and is left alone"},
		"connected to another": {func(t *testing.T, p string) {
			fd := bound(t, unix.SOCK_DGRAM, p)
			bound(t, unix.SOCK_DGRAM, p+".peer")
			must(t, rawCall(unix.SYS_CONNECT, fd, encodeUnix(p+".peer")))
		}, inUse},
	} {
		for _, network := range []string{"unix", "unixgram", "unixpacket"} {
			t.Run(name+"/"+network, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "s")
				c.make(t, path)
				before, _ := os.Lstat(path)
				files, _ := os.ReadDir(dir)
				r := registry(t)
				_, err := r.Acquire(at(network, path))
				if c.want == "" {
					if err != nil {
						t.Fatal(err)
					}
					unix.Close(dial(t, network, path))
					return
				}
				if err == nil || !strings.HasSuffix(err.Error(), ": "+c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
				after, err := os.Lstat(path)
				if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() {
					t.Errorf("what was there is no longer: %v %v", after, err)
				}
				if now, _ := os.ReadDir(dir); len(now) != len(files) {
					t.Errorf("files left behind: %v", now)
				}
			})
		}
	}
}

// TestOneOfTwoStartersWins: superd started twice at the same time over one stale
// file. Neither may end with a socket that no path leads to.
func TestOneOfTwoStartersWins(t *testing.T) {
	testneed.Need(t, "root") // only root can ask a socket for its file while that is moved about
	for range 100 {
		path := filepath.Join(t.TempDir(), "s")
		stale := rawSocket(t, unix.AF_UNIX, unix.SOCK_STREAM)
		if err := rawBind(stale, encodeUnix(path)); err != nil {
			t.Fatal(err)
		}
		unix.Close(stale)
		var sockets [2]*Socket
		var errs [2]error
		var both sync.WaitGroup
		for i := range 2 {
			r := New(200)
			t.Cleanup(func() { r.Close() })
			both.Go(func() { sockets[i], errs[i] = r.Acquire(at("unix", path)) })
		}
		both.Wait()
		winner := sockets[0]
		if winner == nil {
			winner = sockets[1]
		}
		if winner == nil || sockets[0] != nil && sockets[1] != nil {
			t.Fatalf("of two starters %v won, errors %v", sockets, errs)
		}
		dial(t, "unix", path)
		take(t, winner, new(Peer))
	}
}

func TestOwnerAndMode(t *testing.T) {
	testneed.Need(t, "root")
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	for _, network := range []string{"unix", "unixgram", "unixpacket"} {
		r := registry(t)
		path := filepath.Join(t.TempDir(), "s")
		spec := at(network, path)
		for _, c := range []struct {
			mode     uint32
			uid, gid int
		}{{0o666, Unset, Unset}, {0o600, Unset, 4711}, {0o660, 4712, Unset}, {0o777, 4713, 4714}, {0, 0, 0}} {
			spec.Mode, spec.UID, spec.GID = c.mode, c.uid, c.gid
			s := acquire(t, r, spec)
			var st unix.Stat_t
			if err := unix.Lstat(path, &st); err != nil {
				t.Fatal(err)
			}
			if st.Mode&0o7777 != c.mode || c.uid != Unset && st.Uid != uint32(c.uid) || c.gid != Unset && st.Gid != uint32(c.gid) {
				t.Errorf("%s: %#o %d:%d, want %#o %d:%d", s, st.Mode, st.Uid, st.Gid, c.mode, c.uid, c.gid)
			}
		}
	}
}

// TestModeIsNeverWiderThanAsked looks at the file between bind and chmod.
func TestModeIsNeverWiderThanAsked(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	path := filepath.Join(t.TempDir(), "s")
	fd := rawSocket(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	defer unix.Close(fd)
	if err := unix.Fchmod(fd, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := rawBind(fd, encodeUnix(path)); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(path); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("bind made %v, %v", st.Mode(), err)
	}
}

// TestReplacedFileIsLeftAlone: somebody puts another file in the socket's place;
// neither a reload nor the end touches that.
func TestReplacedFileIsLeftAlone(t *testing.T) {
	testneed.Need(t, "root")
	for _, name := range []string{"file", "symlink", "socket"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, victim := dir+"/s", dir+"/victim"
			if err := os.WriteFile(victim, []byte("data"), 0o640); err != nil {
				t.Fatal(err)
			}
			r := New(200)
			spec := at("unix", path)
			acquire(t, r, spec)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "file":
				os.Rename(victim, path)
				victim = path
			case "symlink":
				os.Symlink(victim, path)
			case "socket":
				bound(t, unix.SOCK_STREAM, path)
				victim = path
			}
			before, err := os.Lstat(victim)
			if err != nil {
				t.Fatal(err)
			}
			spec.Mode, spec.UID = 0o777, 4711
			acquire(t, r, spec)
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			after, err := os.Lstat(victim)
			if err != nil || !os.SameFile(before, after) || before.Mode() != after.Mode() || ownerOf(before) != ownerOf(after) {
				t.Errorf("the file was %v and is %v, %v", before, after, err)
			}
			if _, err := os.Lstat(path); err != nil {
				t.Error(err)
			}
		})
	}
}

func ownerOf(fi os.FileInfo) uint32 { return fi.Sys().(*syscall.Stat_t).Uid }

func TestCloseRemovesItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := New(200)
	s := acquire(t, r, at("unix", path))
	if err := r.Release(s); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
