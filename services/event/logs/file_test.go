// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/services/event"
)

// bare is an Encoder of nothing but what the tests look at.
func bare(buf []byte, e *event.Event) []byte {
	buf = append(buf, e.Kind.String()+" "+e.Text+e.Err...)
	return append(appendNumber(append(buf, ' '), e.Count), '\n')
}

func openFile(t *testing.T, path string) *File {
	t.Helper()
	f, err := OpenFile(path, 150, bare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func write(f *File, texts ...string) {
	for _, text := range texts {
		f.Emit(note(text))
	}
	f.Flush()
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFile(t *testing.T) {
	defer unix.Umask(unix.Umask(0))
	path := filepath.Join(t.TempDir(), "log")
	f := openFile(t, path)
	write(f, "a", "b")
	// A handler's stderr is a copy of the descriptor.
	if _, err := unix.Write(f.FD(), []byte("handler\n")); err != nil {
		t.Fatal(err)
	}
	write(f, "c")
	if got := content(t, path); got != "note a 0\nnote b 0\nhandler\nnote c 0\n" {
		t.Errorf("%q", got)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode() != 0o640 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if flags, _ := unix.FcntlInt(uintptr(f.FD()), unix.F_GETFD, 0); f.FD() < 150 || flags != unix.FD_CLOEXEC {
		t.Errorf("descriptor %d has flags %d", f.FD(), flags)
	}
	if flags, _ := unix.FcntlInt(uintptr(f.FD()), unix.F_GETFL, 0); flags&unix.O_NONBLOCK != 0 {
		t.Error("handlers would get a non-blocking stderr")
	}
	write(openFile(t, path), "d") // opened again: nothing is cut
	if got := content(t, path); !strings.HasSuffix(got, "note c 0\nnote d 0\n") {
		t.Errorf("%q", got)
	}
}

func TestReopenKeepsTheNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := openFile(t, path)
	fd := f.FD()
	write(f, "a")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	f.Emit(note("b")) // not yet written: belongs to the old file
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(f, "c")
	if content(t, path+".1") != "note a 0\nnote b 0\n" || content(t, path) != "note c 0\n" || f.FD() != fd {
		t.Errorf("old %q, new %q, descriptor %d, was %d", content(t, path+".1"), content(t, path), f.FD(), fd)
	}
	if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags != unix.FD_CLOEXEC {
		t.Error("not close-on-exec")
	}
	// If it cannot, it goes on with the old one.
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := f.Reopen(); err == nil || f.FD() != fd {
		t.Errorf("reopened a directory: %v", err)
	}
	write(f, "d")
}

func TestWhatIsNoLogFile(t *testing.T) {
	dir := t.TempDir()
	target := dir + "/target"
	for _, err := range []error{os.WriteFile(target, nil, 0o600), os.Symlink(target, dir+"/link"), os.Symlink("nowhere", dir+"/dangling"),
		unix.Mkfifo(dir+"/fifo", 0o600), unix.Mkfifo(dir+"/read", 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	reader, err := unix.Open(dir+"/read", unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(reader)
	for name, want := range map[string]string{
		"link": "it is a symbolic link", "dangling": "it is a symbolic link", ".": "is a directory",
		"fifo": "no such device or address", "read": "it is neither a regular file nor a device", "none/log": "no such file or directory",
	} {
		f, err := OpenFile(dir+"/"+name, 150, bare)
		if err == nil {
			f.Close()
		}
		if text := `cannot open the log file "` + dir + "/" + name + `": ` + want; err == nil || err.Error() != text {
			t.Errorf("error %v, want %s", err, text)
		}
	}
}

func TestFullDisk(t *testing.T) {
	testneed.Need(t, "root", "namespaces")
	runtime.LockOSThread() // a mount namespace of this thread, which ends with it
	dir := t.TempDir()
	for _, err := range []error{unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	path := dir + "/log"
	f := openFile(t, path)
	write(f, "first")
	if err := os.WriteFile(dir+"/filler", make([]byte, 48<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1000)
	for range 40 { // three pages are left
		write(f, long, long)
	}
	if f.lost == 0 {
		t.Fatal("the disk is not full")
	}
	lost := f.lost
	write(f, "lost too")
	if f.lost != lost+1 {
		t.Errorf("%d lines lost, want %d", f.lost, lost+1)
	}
	if err := os.Remove(dir + "/filler"); err != nil {
		t.Fatal(err)
	}
	write(f, "back")
	write(f, "on")
	got := content(t, path)
	said := "\ndropped no space left on device " + string(appendNumber(nil, lost+1)) + "\nnote back 0\nnote on 0\n"
	if !strings.HasPrefix(got, "note first 0\nnote xxx") || !strings.HasSuffix(got, said) || strings.Count(got, "dropped") != 1 {
		t.Errorf("the log ends %q, want %q", got[max(0, len(got)-200):], said)
	}
	// What stands there whole, the torn line, and what was counted are all lines.
	whole := int64(strings.Count(got, "note "+long+" 0\n"))
	if torn := strings.Count(got, "\nnote xxx") - int(whole); whole+lost != 80 || torn > 1 {
		t.Errorf("%d lines whole, %d lost, %d torn, of 80", whole, lost, torn)
	}
}

// A write to a standard error that nobody reads ends, whatever that is and however
// its owner has set it up.
func TestStderrThatNobodyReads(t *testing.T) {
	pipe := func(flags int) func() ([2]int, error) {
		return func() (p [2]int, err error) { err = unix.Pipe2(p[:], flags|unix.O_CLOEXEC); return }
	}
	for name, open := range map[string]func() ([2]int, error){
		"pipe":              pipe(0),
		"non-blocking pipe": pipe(unix.O_NONBLOCK),
		"socket":            func() ([2]int, error) { return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			p, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(p[1])
			testUnread(t, Descriptor(p[1], bare), p)
		})
	}
	t.Run("pipe without /proc", func(t *testing.T) {
		p, err := pipe(0)()
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[1])
		testUnread(t, &File{fd: p[1], out: outlet{fd: p[1], ask: true}, encode: bare}, p)
	})
	if fd := Stderr(bare).FD(); fd != 2 {
		t.Errorf("standard error is %d", fd)
	}
}

func testUnread(t *testing.T, f *File, p [2]int) {
	for f.lost == 0 {
		write(f, strings.Repeat("x", 10000)) // ends, after 100 ms, when it is full
	}
	if f.cause != unix.EAGAIN {
		t.Errorf("the cause is %v", f.cause)
	}
	if err := unix.Close(p[0]); err != nil {
		t.Fatal(err)
	}
	write(f, "x")
	if f.cause != unix.EAGAIN && f.cause != unix.EPIPE { // and we are still here: no SIGPIPE
		t.Errorf("the cause is %v", f.cause)
	}
	if err := f.Reopen(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := unix.FcntlInt(uintptr(p[1]), unix.F_GETFD, 0); err != nil {
		t.Error("Close closed standard error")
	}
}

func TestManyLinesAreOneWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := openFile(t, path)
	for range 100 {
		f.Emit(note("x"))
	}
	if got := content(t, path); got != "" {
		t.Errorf("written before Flush: %d bytes", len(got))
	}
	f.Emit(note(strings.Repeat("x", 3*writeSize))) // too much to wait with
	if got := content(t, path); strings.Count(got, "\n") != 101 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
	if cap(f.buf) > 2*writeSize {
		t.Errorf("%d bytes are kept after one long line", cap(f.buf))
	}
}
