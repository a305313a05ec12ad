// SPDX-License-Identifier: Apache-2.0

package spawn_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
	"superd/spawn"
)

// refusal is a system call that a filter answers in the kernel's place.
type refusal struct {
	nr    uint32
	arg   uint32 // the first argument must be this, unless it is anyArg
	errno syscall.Errno
}

const anyArg = ^uint32(0)

// underFilter runs the test again in a process that has the filter, and there gives
// true. In the first process it gives false when that is done.
func underFilter(t *testing.T, r refusal) bool {
	t.Helper()
	const variable = "SPAWN_TEST_FILTERED"
	if os.Getenv(variable) == t.Name() {
		install(t, r)
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil && strings.Contains(string(out), "--- SKIP"):
		testneed.Missing(t, string(out))
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// install puts the filter over all threads of this process.
func install(t *testing.T, r refusal) {
	t.Helper()
	const nrAt, argAt = 0, 16 // in struct seccomp_data; the lower half on little endian
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	unless := func(k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: skip}
	}
	ret := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	filter := []unix.SockFilter{load(nrAt), unless(r.nr, 1)}
	if r.arg != anyArg {
		filter = []unix.SockFilter{load(nrAt), unless(r.nr, 3), load(argAt), unless(r.arg, 1)}
	}
	filter = append(filter, ret(unix.SECCOMP_RET_ERRNO|uint32(r.errno)), ret(unix.SECCOMP_RET_ALLOW))
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	if os.Geteuid() != 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if e != 0 {
		testneed.Missing(t, "needs seccomp: "+e.Error())
	}
}

// TestClone3Refused: old container engines refuse it.
func TestClone3Refused(t *testing.T) {
	if !underFilter(t, refusal{unix.SYS_CLONE3, anyArg, unix.ENOSYS}) {
		return
	}
	l := launcher(t, spawn.Options{})
	if mode, why := l.Mode(); mode != "clone" || why != "clone3: function not implemented" {
		t.Fatalf("mode %s: %s", mode, why)
	}
	got := runIt(t, l, compile(t, spec(probePath(t))))
	if got.err != nil || !strings.Contains(got.output, "sigignored=0000000000000000\nsigcaught=0000000000000000\n") {
		t.Errorf("%v\n%s", got.err, got.output)
	}
	s := spec("/bin/true")
	s.Chroot = "/no/such"
	if got := runIt(t, l, compile(t, s)); fmt.Sprint(got.err) != `chroot "/no/such": no such file or directory` {
		t.Errorf("got %v", got.err)
	}
	if failed := burst(t, l, compile(t, spec("/bin/true")), 200); len(failed) != 0 {
		t.Errorf("failures %v", failed)
	}
}

// TestNoCloseRange: before Linux 5.9 there is none, and no Program can run.
func TestNoCloseRange(t *testing.T) {
	if !underFilter(t, refusal{unix.SYS_CLOSE_RANGE, anyArg, unix.ENOSYS}) {
		return
	}
	_, err := spawn.NewLauncher(spawn.Options{})
	const want = "cannot start programs on this kernel: close_range: function not implemented (Linux 5.9 has it)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestShimThatIsNone: a program that takes no Program is a failure, not a handler.
func TestShimThatIsNone(t *testing.T) {
	for _, shim := range []string{"/bin/true", "/bin/false"} {
		l := launcher(t, spawn.Options{AllShim: true, Shim: []string{shim}})
		if got := runIt(t, l, compile(t, spec("/bin/true"))); fmt.Sprint(got.err) != "shim: protocol error" {
			t.Errorf("%s: %v", shim, got.err)
		}
	}
}

// TestCallsRefused makes steps fail that do not by themselves, and one lie: a
// sandbox may answer that it has done what it has not (errno 0).
func TestCallsRefused(t *testing.T) {
	testneed.Need(t, "root")
	probePath(t)
	const eperm = unix.EPERM
	for _, c := range []struct {
		name string
		refusal
		want string // "" = no failure
	}{
		{"dup3", refusal{unix.SYS_DUP3, anyArg, eperm}, "dup3 connection as 0: operation not permitted"},
		{"umask", refusal{unix.SYS_UMASK, anyArg, eperm}, "umask 027: operation not permitted"},
		{"chdir", refusal{unix.SYS_CHDIR, anyArg, eperm}, `chdir "/": operation not permitted`},
		{"setgroups", refusal{unix.SYS_SETGROUPS, anyArg, eperm}, "setgroups 7: operation not permitted"},
		{"setresgid", refusal{unix.SYS_SETRESGID, anyArg, eperm}, "setresgid 65533: operation not permitted"},
		{"setresuid", refusal{unix.SYS_SETRESUID, anyArg, eperm}, "setresuid 65534: operation not permitted"},
		{"setresuid lies", refusal{unix.SYS_SETRESUID, anyArg, 0}, "identity uid 65534, gid 65533, 1 groups: the kernel says otherwise after it was set"},
		{"setresgid lies", refusal{unix.SYS_SETRESGID, anyArg, 0}, "identity uid 65534, gid 65533, 1 groups: the kernel says otherwise after it was set"},
		{"setgroups lies", refusal{unix.SYS_SETGROUPS, anyArg, 0}, "identity uid 65534, gid 65533, 1 groups: the kernel says otherwise after it was set"},
		{"no_new_privs", refusal{unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, eperm}, "no_new_privs: operation not permitted"},
		{"capability", refusal{unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, eperm}, "capability_bounding_set less CAP_NET_RAW: operation not permitted"},
		{"nice", refusal{unix.SYS_SETPRIORITY, anyArg, eperm}, "nice 5: operation not permitted"},
		{"execve", refusal{unix.SYS_EXECVE, anyArg, unix.EAGAIN}, `execve "/bin/true": the user has more processes than RLIMIT_NPROC of superd allows`},
		{"setsid", refusal{unix.SYS_SETSID, anyArg, eperm}, ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if !underFilter(t, c.refusal) {
				return
			}
			s := spec("/bin/true")
			s.Identity = spawn.Identity{Set: true, UID: 65534, GID: 65533, Groups: []uint32{7}}
			s.Umask, s.Nice, s.NoNewPrivs = 0o27, 5, true
			s.Bounding &^= 1 << unix.CAP_NET_RAW
			l := launcher(t, spawn.Options{})
			got := runIt(t, l, compile(t, s))
			if (got.err == nil) != (c.want == "") || got.err != nil && got.err.Error() != c.want {
				t.Errorf("got %v, want %s", got.err, c.want)
			}
			s.Nice = -5
			if c.name == "nice" {
				if got := runIt(t, l, compile(t, s)); got.err != nil {
					t.Errorf("a favour refused is a failure: %v", got.err)
				}
			}
		})
	}
}
