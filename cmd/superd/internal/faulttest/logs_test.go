// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

func logged(p int, more string) string {
	return fmt.Sprintf(`[daemon]
log_level = 4
stop_timeout = 1
dump_file = "$DIR/dump.json"
%s
[services.cat]
host = "127.0.0.1"
port = %d
user = "nobody"
exec = ["/bin/cat"]
[services.noise]
port = "$DIR/noise.sock|unix"
user = "nobody"
exec = ["/bin/sh", "-c", "echo noise >&2"]
`, more, p)
}

// A full disk costs log lines, and the log says how many, once, when there is
// room again.
func TestLogDiskFull(t *testing.T) {
	testneed.Need(t, "root", "namespaces")
	p, disk := port(t), folder(t)
	conf := strings.ReplaceAll(logged(p, `log_file = "$DISK/superd.log"`), "$DISK", disk)
	s := start(t, with{flags: unix.CLONE_NEWNS, wrap: []string{"tmpfs=" + disk}, log: disk + "/superd.log"}, conf)
	seen := fmt.Sprintf("/proc/%d/root%s", s.pid, disk)
	fill, err := os.Create(seen + "/fill")
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	fill.Close()
	for range 5 { // more lines than what is left of the file's last page
		unharmed(t, address(p))
	}
	s.idles("the disk of the log is full")
	s.signal(syscall.SIGHUP)
	readAll(t, dial(t, "unix", s.path("noise.sock")))
	if err := os.Remove(seen + "/fill"); err != nil {
		t.Fatal(err)
	}
	unharmed(t, address(p))
	s.waitLog(`event=dropped.*count=\d`)
	for range 2 {
		unharmed(t, address(p))
	}
	if n := s.count(`event=dropped`); n != 1 {
		t.Errorf("the loss is told of %d times", n)
	}
	for _, line := range strings.Split(strings.TrimSuffix(s.text(), "\n"), "\n") {
		if line != "noise" && strings.Count(line, "time=") > 1 {
			t.Errorf("a line that is not whole: %q", line)
		}
	}
}

// A log file that was moved away is made anew by HUP, also as the stderr of
// handlers.
func TestLogRotated(t *testing.T) {
	p := port(t)
	s := start(t, with{log: "$DIR/superd.log"}, logged(p, `log_file = "$DIR/superd.log"`))
	for _, away := range []func() error{
		func() error { return os.Remove(s.path("superd.log")) },
		func() error { return os.Rename(s.path("superd.log"), s.path("superd.log.1")) },
	} {
		if err := away(); err != nil {
			t.Fatal(err)
		}
		unharmed(t, address(p))
		s.signal(syscall.SIGHUP)
		s.waitLog(`msg=reload`)
		readAll(t, dial(t, "unix", s.path("noise.sock")))
		s.waitLog(`^noise$`)
		unharmed(t, address(p))
		s.waitLog(`event=exit service=cat`)
	}
}

// A standard error that nobody reads must not keep superd: not from serving, not
// from reloading, not from ending.
func TestLogStuck(t *testing.T) {
	for _, kind := range []string{"pipe", "socket", "closed"} {
		t.Run(kind, func(t *testing.T) {
			r, w := stuck(t, kind)
			defer r.Close()
			p := port(t)
			s := start(t, with{stderr: w}, logged(p, ""))
			w.Close()
			if kind == "closed" {
				r.Close()
			}
			s.until("it to listen", func() bool {
				c, err := net.DialTimeout("tcp", address(p), time.Second)
				if err == nil {
					c.Close()
				}
				return err == nil
			})
			load(t, address(p), 3000, 4, nil, same) // more events than superd keeps
			unharmed(t, address(p))
			for range 3 {
				s.signal(syscall.SIGHUP)
				s.signal(syscall.SIGUSR1)
				s.until("a dump", func() bool { return os.Remove(s.path("dump.json")) == nil })
			}
			unharmed(t, address(p))
			s.idles("nobody reads its log")
			s.signal(syscall.SIGTERM)
			if code := s.waitEnd(10 * time.Second); code != 0 {
				t.Errorf("superd ended with %d", code)
			}
		})
	}
}

// stuck gives a descriptor that takes no more, and the end that nobody reads.
func stuck(t *testing.T, kind string) (r, w *os.File) {
	t.Helper()
	fds := make([]int, 2)
	var err error
	if kind != "socket" {
		err = unix.Pipe2(fds, unix.O_CLOEXEC)
	} else {
		var pair [2]int
		pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		fds = pair[:]
	}
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(fds[1], true)
	for err == nil {
		_, err = unix.Write(fds[1], make([]byte, 512))
	}
	unix.SetNonblock(fds[1], false)
	return os.NewFile(uintptr(fds[0]), kind), os.NewFile(uintptr(fds[1]), kind)
}
