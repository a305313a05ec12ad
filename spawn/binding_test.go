// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// table is a model of a process's descriptors: what each number leads to, and
// whether exec closes it.
type table map[int]entry

type entry struct {
	what    string
	cloexec bool
}

// run does the frame's calls on descriptors as the kernel does them. A call that
// fails ends it, and is told with its step.
func (fds table) run(f *frame, p *Program) (failure string) {
	for _, o := range f.ops {
		switch o.nr {
		case unix.SYS_CLOSE_RANGE:
			if int(o.a[1]) < int(o.a[0]) {
				return "close_range: EINVAL"
			}
			maps.DeleteFunc(fds, func(fd int, _ entry) bool { return fd >= int(o.a[0]) && fd <= int(o.a[1]) })
		case unix.SYS_DUP3:
			from, to := int(o.a[0]), int(o.a[1])
			e, ok := fds[from]
			switch step := p.step(int(o.flags >> stepShift)); {
			case from == to:
				return newError(step).text() + ": EINVAL"
			case !ok:
				return newError(step).text() + ": EBADF"
			}
			fds[to] = entry{what: e.what}
		case unix.SYS_FCNTL:
			if o.a[1] == unix.F_SETFD {
				fds[int(o.a[0])] = entry{what: fds[int(o.a[0])].what}
			}
		}
	}
	return ""
}

// superdTable has /dev/null at 0 to 2, and above everything, all of it other.
func superdTable() table {
	fds := table{}
	for fd := range 60 {
		fds[fd] = entry{fmt.Sprint("superd's ", fd), true}
	}
	for fd := 1000; fd < 1040; fd++ {
		fds[fd] = entry{fmt.Sprint("superd's ", fd), true}
	}
	for fd := range 3 {
		fds[fd] = entry{what: "null"}
	}
	return fds
}

// wantTable is what a Spec promises.
func wantTable(s Spec, b Binding, fds table) table {
	want := table{}
	give := func(to, from int) { want[to] = entry{what: fds[from].what} }
	log := b.Log
	if log < 0 {
		log = 2 // as good a null as any
	}
	for to := range 3 {
		give(to, to)
	}
	switch s.Stderr {
	case StderrClient:
		give(2, b.Conn)
	case StderrLog:
		give(2, log)
	}
	switch s.Stdio {
	case StdioSocket:
		give(0, b.Conn)
		give(1, b.Conn)
	case StdioNull:
		give(3, b.Conn)
	case StdioLog:
		give(1, log)
	case StdioFile:
		give(0, b.Files[0])
	}
	for i, fd := range b.Files[:s.Files] {
		give(3+i, fd)
	}
	return want
}

// TestDescriptorsArrive: whatever numbers a Binding has, in whatever order and how
// often, each thing ends where the Spec wants it, open over the exec, and nothing
// else is left. Twice, for the frame that has lowered the Program before.
func TestDescriptorsArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{Path: "/x", Argv: []string{"x"}}
		genDescriptors(t, &s)
		p, err := Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		f := newFrame()
		for range 2 {
			b := genBinding(t, s)
			where := target{keep: -1}
			if rapid.Bool().Draw(t, "in place") {
				free := rapid.IntRange(10+s.Files, 70).Filter(func(fd int) bool {
					return b.highest() != fd && b.Conn != fd && b.Log != fd && !slices.Contains(b.Files, fd)
				})
				where = target{keep: free.Draw(t, "keep")}
			}
			fds := superdTable()
			want := wantTable(s, b, fds)
			if where.keep >= 0 {
				fds[where.keep] = entry{"report", true}
				want[where.keep] = fds[where.keep]
			}
			f.lower(p, b.of(p), where)
			if failure := fds.run(f, p); failure != "" {
				t.Fatalf("%s\n%+v\n%s", failure, b, p)
			}
			if !maps.Equal(fds, want) {
				t.Fatalf("%+v, keep %d: got\n%v\nwant\n%v\n%s", b, where.keep, fds, want, p)
			}
		}
	})
}

func genBinding(t *rapid.T, s Spec) Binding {
	number := rapid.OneOf(rapid.IntRange(3, 3+s.Files), rapid.IntRange(3, 59), rapid.IntRange(1000, 1039))
	b := Binding{Conn: -1, Log: rapid.OneOf(rapid.Just(-1), number).Draw(t, "log"), Files: rapid.SliceOfN(rapid.OneOf(number, rapid.IntRange(0, 2)), s.Files, s.Files+2).Draw(t, "numbers")}
	if s.Stdio.connects() || s.Stderr == StderrClient || rapid.Bool().Draw(t, "needless") {
		b.Conn = number.Draw(t, "conn")
	}
	return b
}

// TestPermutations: four files and a connection that lie where they go to, in each
// order.
func TestPermutations(t *testing.T) {
	s := Spec{Path: "/x", Argv: []string{"x"}, Files: 4}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	var each func(fds, rest []int)
	n := 0
	each = func(picked, rest []int) {
		for i, fd := range rest {
			each(append(slices.Clone(picked), fd), slices.Delete(slices.Clone(rest), i, i+1))
		}
		if len(rest) > 0 {
			return
		}
		n++
		b := Binding{Conn: picked[4], Log: -1, Files: picked[:4]}
		fds := superdTable()
		want := wantTable(s, b, fds)
		f := newFrame()
		f.lower(p, b.of(p), target{keep: -1})
		if failure := fds.run(f, p); failure != "" || !maps.Equal(fds, want) {
			t.Errorf("%v: %s, got %v, want %v", picked, failure, fds, want)
		}
	}
	each(nil, []int{3, 4, 5, 6, 7})
	if n != 120 {
		t.Errorf("%d orders", n)
	}
}

// TestMissingDescriptors: what the Program wants and the Binding has not is named,
// and is never another's number, or /dev/null.
func TestMissingDescriptors(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		b    Binding
		want string
	}{
		{Spec{}, Binding{Conn: -1, Log: -1}, "dup3 connection as 0: EBADF"},
		{Spec{Stdio: StdioNull}, Binding{Conn: -1, Log: -1}, "dup3 connection as 3: EBADF"},
		{Spec{Stdio: StdioNone, Files: 2}, Binding{Log: -1, Files: []int{9}}, "dup3 file 2 aside: EBADF"},
		{Spec{Stdio: StdioNone, Files: 2}, Binding{Log: -1, Files: []int{9, 99}}, "dup3 file 2 aside: EBADF"},
		{Spec{Stdio: StdioFile, Files: 1}, Binding{Log: -1, Files: []int{-1}}, "dup3 file 1 aside: EBADF"},
		{Spec{Stdio: StdioLog}, Binding{Log: 99}, "dup3 log as 1: EBADF"},
	} {
		c.spec.Path, c.spec.Argv = "/x", []string{"x"}
		p, err := Compile(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		f := newFrame()
		f.lower(p, c.b.of(p), target{keep: -1})
		if got := superdTable().run(f, p); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.b, got, c.want)
		}
	}
}

// TestOrdinaryHandlersPayNothing: a Program without files makes the calls that it
// always made.
func TestOrdinaryHandlersPayNothing(t *testing.T) {
	p, err := Compile(Spec{Path: "/x", Argv: []string{"x"}, Stderr: StderrLog})
	if err != nil {
		t.Fatal(err)
	}
	f := newFrame()
	f.lower(p, Binding{Conn: 9, Log: 3}, target{keep: -1})
	want := []uintptr{unix.SYS_CLOSE_RANGE, unix.SYS_DUP3, unix.SYS_DUP3, unix.SYS_DUP3, unix.SYS_CLOSE_RANGE, unix.SYS_UMASK, unix.SYS_CHDIR}
	for i, nr := range want {
		if f.ops[i].nr != nr {
			t.Errorf("op %d is call %d, want %d", i, f.ops[i].nr, nr)
		}
	}
	if f.ops[0].a[0] != 10 {
		t.Errorf("the child's table is cut at %d", f.ops[0].a[0])
	}
}

func TestProgramOfAWorker(t *testing.T) {
	p, err := Compile(Spec{
		Path: "/srv/worker", Argv: []string{"worker"}, Env: []string{"LISTEN_FDS=9", "A=1"}, Umask: -1, Bounding: ^uint64(0),
		Stdio: StdioFile, Stderr: StderrLog, Files: 3, Listen: []string{"http", "https"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Steps() {
		what, why, _ := strings.Cut(s.String(), "#")
		if strings.TrimSpace(why) == "" {
			t.Errorf("%s has no reason", what)
		}
		got = append(got, strings.TrimSpace(what))
	}
	want := []string{
		"close_range unshare",
		"dup3 file 1 aside", "dup3 file 2 aside", "dup3 file 3 aside",
		"dup3 log as 2", "dup3 file 1 as 0",
		"dup3 file 1 as 3", "dup3 file 2 as 4", "dup3 file 3 as 5",
		"close_range 6..",
		`chdir "/"`, "listen_pid", "rt_sigprocmask", `execve "/srv/worker" ["worker"]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if env := p.Env(); !slices.Equal(env, []string{"A=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=http:https"}) {
		t.Errorf("environment %q", env)
	}
}

func TestBindingOverTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fd := rapid.Int32Range(-1, 1<<31-1)
		b := Binding{Conn: int(fd.Draw(t, "conn")), Log: int(fd.Draw(t, "log"))}
		for _, n := range rapid.SliceOf(fd).Draw(t, "files") {
			b.Files = append(b.Files, int(n))
		}
		c, rest, err := parseBinding(append(appendBinding(nil, b), "rest"...))
		if err != nil || b.Conn != c.Conn || b.Log != c.Log || !slices.Equal(b.Files, c.Files) || string(rest) != "rest" {
			t.Errorf("%+v, %q, %v, want %+v", c, rest, err, b)
		}
	})
}

func FuzzParseBinding(f *testing.F) {
	f.Add(appendBinding(nil, Binding{Conn: 4, Log: -1, Files: []int{5, 6}}))
	f.Add([]byte{0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, rest, err := parseBinding(b)
		if err != nil {
			return
		}
		if len(rest) > len(b)-3-len(d.Files) || slices.ContainsFunc(append(d.Files, d.Conn, d.Log), func(fd int) bool { return fd < -1 }) {
			t.Errorf("%+v, %d bytes of %d left", d, len(rest), len(b))
		}
	})
}
