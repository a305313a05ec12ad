// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

// BenchmarkStart starts, settles and reaps a handler that only exits, one at a
// time; user, limits, umask and nice are on.
func BenchmarkStart(b *testing.B) {
	testneed.Need(b, "root", "cc")
	dir := b.TempDir()
	src, bin := filepath.Join(dir, "exit.c"), filepath.Join(dir, "exit")
	text := `void _start(void) { __asm__ volatile("syscall" :: "a"(231), "D"(0)); }`
	if err := os.WriteFile(src, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("cc", "-O1", "-static", "-nostdlib", "-o", bin, src).CombinedOutput(); err != nil {
		testneed.Missing(b, string(out))
	}
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755)
	}
	l := launcher(b, spawn.Options{})
	s := spec(bin)
	s.Self = self(b)
	s.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "USER=nobody", "LOGNAME=nobody", "SHELL=/bin/sh"}
	s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65534}
	s.Umask, s.Nice, s.NoNewPrivs = 0o22, 5, true
	s.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_NOFILE, Soft: 256, Hard: 256}, {Resource: unix.RLIMIT_CORE}, {Resource: unix.RLIMIT_AS, Soft: 1 << 30, Hard: 1 << 30}}
	p := compile(b, s)
	done := func(o spawn.Outcome) {
		if o.Err != nil {
			b.Error(o.Err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		pidfd, ok := startNull(b, l, p)
		if !ok {
			b.Fatal("no slot")
		}
		poll := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		for n := 0; n != 1; {
			n, _ = unix.Poll(poll, -1)
		}
		if l.Settle(now(), done) >= 0 {
			b.Fatal("ended, and still in flight")
		}
		if _, err := spawn.Reap(pidfd); err != nil {
			b.Fatal(err)
		}
		unix.Close(pidfd)
	}
}
