// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"superd/internal/testneed"
	"superd/spawn"
)

// both gives a Launcher for each interpreter.
func both(t testing.TB) (here, shim *spawn.Launcher) {
	here = launcher(t, spawn.Options{Slots: 4})
	shim = launcher(t, spawn.Options{Slots: 4, AllShim: true})
	for l, want := range map[*spawn.Launcher]string{here: "clone3", shim: "shim"} {
		if mode, why := l.Mode(); mode != want {
			t.Fatalf("mode %s (%s), want %s", mode, why, want)
		}
	}
	return here, shim
}

// jail is a directory that holds the probe, and one that only root may enter.
func jail(t testing.TB) string {
	dir := filepath.Join(filepath.Dir(probePath(t)), "jail")
	for _, d := range []string{dir, dir + "/in"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir+"/closed", 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(probePath(t))
	if err == nil {
		err = os.WriteFile(dir+"/probe", b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestInterpretersAgree runs random Programs by a clone and by the shim: the
// handler finds the same, and a failure is the same step with the same errno.
func TestInterpretersAgree(t *testing.T) {
	testneed.Need(t, "root")
	here, shim := both(t)
	me := self(t)
	dir := jail(t)
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t, dir)
		s.Self = me
		p, err := spawn.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		a, b := runRapid(t, here, p), runRapid(t, shim, p)
		if got, want := fmt.Sprint(b.err), fmt.Sprint(a.err); got != want {
			t.Fatalf("shim: %s; clone: %s\n%s", got, want, p)
		}
		if x, y := masked(a.output), masked(b.output); x != y {
			t.Fatalf("clone:\n%s\nshim:\n%s\nprogram:\n%s", x, y, p)
		}
		if a.err == nil && !strings.HasSuffix(a.output, "end=1\n") {
			t.Fatalf("the probe says\n%s\nexit %+v\n%s", a.output, a.exit, p)
		}
	})
}

// drawSpec draws what the probe can live with, and some things that fail.
func drawSpec(t *rapid.T, dir string) spawn.Spec {
	s := spawn.Spec{
		Path: dir + "/probe", Argv: rapid.SliceOfN(rapid.StringMatching(`[ -~]{0,9}`), 1, 4).Draw(t, "argv"),
		Env:        rapid.SliceOfN(rapid.StringMatching(`[A-Z]{1,3}=[ -~]{0,9}`), 0, 5).Draw(t, "env"),
		Umask:      rapid.IntRange(-1, 0o777).Draw(t, "umask"),
		Nice:       rapid.IntRange(-10, 20).Draw(t, "nice"),
		Setsid:     true,
		NoNewPrivs: rapid.Bool().Draw(t, "nnp"),
		Bounding:   rapid.Uint64().Draw(t, "bounding"),
		Stdio:      spawn.Stdio(rapid.IntRange(0, 1).Draw(t, "stdio")),
		Stderr:     spawn.Stderr(rapid.IntRange(0, 2).Draw(t, "stderr")),
	}
	if s.Stdio == spawn.StdioNull {
		s.Env = append(s.Env, "PROBE_FD=3")
	}
	if rapid.Bool().Draw(t, "id") {
		id := rapid.Uint32Range(1, 70000)
		s.Identity = spawn.Identity{Set: true, UID: id.Draw(t, "uid"), GID: id.Draw(t, "gid"), Groups: rapid.SliceOfN(id, 0, 20).Draw(t, "groups")}
	}
	if rapid.Bool().Draw(t, "chroot") {
		s.Chroot, s.Path = dir, "/probe"
	}
	s.Dir = rapid.SampledFrom([]string{"", "/", "in", "/in", "/closed", "/nowhere", "/usr"}).Draw(t, "dir")
	for _, res := range rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 0, 5, rapid.ID).Draw(t, "limits") {
		// Enough for a small static program; the hard one now and then above ours.
		soft := rapid.Uint64Range(50, 1<<20).Draw(t, "soft")
		if slices.Contains([]int{unix.RLIMIT_AS, unix.RLIMIT_DATA, unix.RLIMIT_STACK, unix.RLIMIT_RSS, unix.RLIMIT_FSIZE}, res) {
			soft += 16 << 20
		}
		s.Rlimits = append(s.Rlimits, spawn.Rlimit{Resource: res, Soft: soft, Hard: rapid.SampledFrom([]uint64{soft, soft + 7, 1 << 20, unix.RLIM_INFINITY}).Filter(func(h uint64) bool { return h >= soft }).Draw(t, "hard")})
	}
	return s
}

func runRapid(t *rapid.T, l *spawn.Launcher, p *spawn.Program) result {
	res, err := exchange(l, p, "REMOTE_HOST=192.0.2.1", "A=connection")
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// masked hides what must differ: the pid.
func masked(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "env=LISTEN_PID=") {
			line = "env=LISTEN_PID=\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// TestStepsFail makes each step fail that can, under both interpreters.
func TestStepsFail(t *testing.T) {
	testneed.Need(t, "root")
	here, shim := both(t)
	dir := jail(t)
	write := func(name, text string, mode os.FileMode) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	noexec := write("noexec", "#!/bin/sh\n", 0o644)
	noformat := write("noformat", "echo hello\n", 0o755)
	nointerpreter := write("nointerpreter", "#!/no/such/interpreter\n", 0o755)
	nobody := spawn.Identity{Set: true, UID: 65534, GID: 65534}
	many := make([]string, 40)
	for i := range many {
		many[i] = strings.Repeat("x", 120000)
	}
	nrOpen := uint64(1<<31 - 1)
	for _, c := range []struct {
		name   string
		change func(*spawn.Spec)
		want   string
		errno  syscall.Errno
	}{
		{"chroot", func(s *spawn.Spec) { s.Chroot = "/srv/no jail" }, `chroot "/srv/no jail": no such file or directory`, syscall.ENOENT},
		{"chroot to a file", func(s *spawn.Spec) { s.Chroot = noexec }, `chroot ` + fmt.Sprintf("%q", noexec) + `: not a directory`, syscall.ENOTDIR},
		{"directory", func(s *spawn.Spec) { s.Dir = "/no/such" }, `chdir "/no/such": no such file or directory`, syscall.ENOENT},
		{"directory that the user may not enter", func(s *spawn.Spec) { s.Identity, s.Dir = nobody, dir+"/closed" }, `chdir "` + dir + `/closed": permission denied`, syscall.EACCES},
		{"limit", func(s *spawn.Spec) { s.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_NOFILE, Soft: 9, Hard: nrOpen}} }, "rlimit_files 9:2147483647: operation not permitted", syscall.EPERM},
		{"bounding set", func(s *spawn.Spec) { s.Self, s.Bounding = &spawn.Self{LastCap: 63, Bounding: 1 << 63}, 0 }, "capability_bounding_set none: invalid argument", syscall.EINVAL},
		{"signal", func(s *spawn.Spec) { s.Self = &spawn.Self{Ignored: 1 << (unix.SIGKILL - 1)} }, "rt_sigaction 9: invalid argument", syscall.EINVAL},
		{"missing program", func(s *spawn.Spec) { s.Path = "/no/such" }, `execve "/no/such": no such file or directory`, syscall.ENOENT},
		{"not executable", func(s *spawn.Spec) { s.Path = noexec }, `execve "` + noexec + `": permission denied`, syscall.EACCES},
		{"directory as program", func(s *spawn.Spec) { s.Path = "/tmp" }, `execve "/tmp": permission denied`, syscall.EACCES},
		{"no format", func(s *spawn.Spec) { s.Path = noformat }, `execve "` + noformat + `": exec format error`, syscall.ENOEXEC},
		{"no interpreter", func(s *spawn.Spec) { s.Path = nointerpreter }, `execve "` + nointerpreter + `": no such file or directory`, syscall.ENOENT},
		{"too long", func(s *spawn.Spec) { s.Argv = many }, `execve "/bin/true": argument list too long`, syscall.E2BIG},
		{"under a small address space", func(s *spawn.Spec) {
			s.Path = "/no/such"
			s.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_AS, Soft: 4096, Hard: 4096}}
		}, `execve "/no/such": no such file or directory`, syscall.ENOENT},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := spec("/bin/true")
			c.change(&s)
			p := compile(t, s)
			for name, l := range map[string]*spawn.Launcher{"clone": here, "shim": shim} {
				got := runIt(t, l, p)
				if got.err == nil || got.err.Error() != c.want || got.err.Errno != c.errno {
					t.Errorf("%s: got %v, want %s", name, got.err, c.want)
				}
			}
		})
	}
}
