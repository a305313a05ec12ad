// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

// BenchmarkStart starts, settles and reaps a handler that only exits, one at a
// time: bare, and with user, limits, umask and nice. cpu-us/op is the processor time
// of parent and child, which other load disturbs less than ns/op.
func BenchmarkStart(b *testing.B) {
	testneed.Need(b, "root", "cc")
	bare := spec(exiter(b))
	full := bare
	full.Self = self(b)
	full.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "USER=nobody", "LOGNAME=nobody", "SHELL=/bin/sh"}
	full.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65534}
	full.Umask, full.Nice, full.NoNewPrivs = 0o22, 5, true
	full.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_NOFILE, Soft: 256, Hard: 256}, {Resource: unix.RLIMIT_CORE}, {Resource: unix.RLIMIT_AS, Soft: 1 << 30, Hard: 1 << 30}}
	b.Run("bare", func(b *testing.B) { benchmarkStart(b, compile(b, bare)) })
	b.Run("full", func(b *testing.B) { benchmarkStart(b, compile(b, full)) })
}

func benchmarkStart(b *testing.B, p *spawn.Program) {
	l := launcher(b, spawn.Options{})
	done := func(o spawn.Outcome) {
		if o.Err != nil {
			b.Error(o.Err)
		}
	}
	b.ReportAllocs()
	before := cpuTime()
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
	b.ReportMetric(float64(cpuTime()-before)/1000/float64(b.N), "cpu-us/op")
}

// cpuTime is what this process and its children have used, in nanoseconds.
func cpuTime() (sum int64) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var ru unix.Rusage
		_ = unix.Getrusage(who, &ru)
		sum += ru.Utime.Nano() + ru.Stime.Nano()
	}
	return sum
}

// exiter builds a handler of a few instructions that any user may run.
func exiter(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	src, bin := filepath.Join(dir, "exit.c"), filepath.Join(dir, "exit")
	call := map[string]string{
		"amd64": `"syscall" :: "a"(231), "D"(0)`,
		"arm64": `"mov x8, #94; mov x0, #0; svc #0" ::`,
	}[runtime.GOARCH]
	if err := os.WriteFile(src, []byte("void _start(void) { __asm__ volatile("+call+"); }"), 0o644); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("cc", "-O1", "-static", "-nostdlib", "-o", bin, src).CombinedOutput(); err != nil {
		testneed.Missing(b, string(out))
	}
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755)
	}
	return bin
}
