// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// rootSelf is a superd as root on an ordinary machine.
func rootSelf() *Self {
	s := anySelf()
	s.LastCap = 40
	s.Bounding = 1<<41 - 1
	s.Limits[unix.RLIMIT_NPROC] = Rlimit{unix.RLIMIT_NPROC, 1000, 2000}
	s.Limits[unix.RLIMIT_NOFILE] = Rlimit{unix.RLIMIT_NOFILE, 524288, 524288}
	s.Files = Rlimit{unix.RLIMIT_NOFILE, 1024, 524288}
	return s
}

func TestProgramText(t *testing.T) {
	self := rootSelf()
	self.Ignored = 1 << (unix.SIGPIPE - 1)
	self.Ambient = 1
	self.Nice = -1
	p, err := Compile(Spec{
		Path: "/srv/in.smtpd", Argv: []string{"in.smtpd", "-v", "two words"},
		Env:      []string{"A=1", "B=2", "A=3"},
		Identity: Identity{Set: true, UID: 1000, GID: 100, Groups: []uint32{100, 8}},
		Chroot:   "/srv/jail", Dir: "/spool", Umask: 0o27, Nice: 5,
		Rlimits: []Rlimit{
			{unix.RLIMIT_AS, 1 << 30, 1 << 30},
			{unix.RLIMIT_NPROC, 50, unix.RLIM_INFINITY},
			{unix.RLIMIT_CORE, 0, 0},
		},
		Setsid: true, NoNewPrivs: true, Bounding: ^uint64(1<<unix.CAP_NET_RAW | 1<<unix.CAP_SYS_ADMIN),
		Stderr: StderrLog, Self: self,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Steps() {
		what, _, _ := strings.Cut(s.String(), "#")
		got = append(got, strings.TrimSpace(what))
	}
	want := []string{
		"close_range unshare",
		"dup3 log as 2",
		"dup3 connection as 0",
		"dup3 connection as 1",
		"close_range 3..",
		"rt_sigaction 13",
		"setsid",
		"umask 027",
		"rlimit_nproc 1000:unlimited",
		`chroot "/srv/jail"`,
		`chdir "/"`,
		"capability_bounding_set less CAP_NET_RAW CAP_SYS_ADMIN",
		"ambient set",
		"setgroups 100,8",
		"setresgid 100",
		"setresuid 1000",
		"identity uid 1000, gid 100, 2 groups",
		`chdir "/spool"`,
		"rlimit_core 0",
		"rlimit_files 1024:524288",
		"rlimit_nproc 50:unlimited",
		"rlimit_as 1073741824",
		"no_new_privs",
		"nice 4",
		"rt_sigprocmask",
		`execve "/srv/in.smtpd" ["in.smtpd" "-v" "two words"]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if env := p.Env(); !slices.Equal(env, []string{"B=2", "A=3"}) {
		t.Errorf("environment %q", env)
	}
	for _, s := range p.Steps() {
		if s.Why() == "" {
			t.Errorf("%s has no reason", s.Name())
		}
	}
}

func TestNegativeNiceComesBeforeTheUser(t *testing.T) {
	self := rootSelf()
	self.Nice = -18
	p, err := Compile(Spec{Path: "/x", Argv: []string{"x"}, Umask: -1, Nice: -5, Identity: Identity{Set: true, UID: 1}, Self: self})
	if err != nil {
		t.Fatal(err)
	}
	text := p.String()
	nice, uid := strings.Index(text, "\nnice -20"), strings.Index(text, "\nsetresuid")
	if nice < 0 || uid < 0 || nice > uid {
		t.Errorf("want nice -20 before setresuid in\n%s", text)
	}
}

func TestCompileRefuses(t *testing.T) {
	ok := Spec{Path: "/x", Argv: []string{"x"}, Umask: -1}
	for _, c := range []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"no path", func(s *Spec) { s.Path = "" }, "no program"},
		{"no argv", func(s *Spec) { s.Argv = nil }, "no argv[0]"},
		{"NUL in path", func(s *Spec) { s.Path = "/x\x00y" }, `the path "/x\x00y" holds a NUL`},
		{"NUL in chroot", func(s *Spec) { s.Chroot = "/\x00" }, `the path "/\x00" holds a NUL`},
		{"NUL in dir", func(s *Spec) { s.Dir = "/\x00" }, `the path "/\x00" holds a NUL`},
		{"NUL in argv", func(s *Spec) { s.Argv = []string{"a\x00"} }, `the argument "a\x00" holds a NUL`},
		{"NUL in env", func(s *Spec) { s.Env = []string{"a=\x00"} }, `the environment word "a=\x00" holds a NUL`},
		{"long path", func(s *Spec) { s.Path = "/" + strings.Repeat("x", 4095) }, "is too long"},
		{"long word", func(s *Spec) { s.Argv = []string{strings.Repeat("x", 131072)} }, "is longer than execve takes"},
		{"umask", func(s *Spec) { s.Umask = 0o1000 }, "umask 1000: want 000 to 777"},
		{"nice", func(s *Spec) { s.Nice = 41 }, "nice 41: want -40 to 40"},
		{"uid -1", func(s *Spec) { s.Identity = Identity{Set: true, UID: noID} }, "uid 4294967295 means no change to the kernel"},
		{"gid -1", func(s *Spec) { s.Identity = Identity{Set: true, GID: noID} }, "gid 4294967295 means no change to the kernel"},
		{"group -1", func(s *Spec) { s.Identity = Identity{Set: true, Groups: []uint32{noID}} }, "gid 4294967295 is none"},
		{"too many groups", func(s *Spec) { s.Identity = Identity{Set: true, Groups: make([]uint32, 65537)} }, "65537 groups: the kernel takes 65536"},
		{"unset identity", func(s *Spec) { s.Identity = Identity{UID: 5} }, "an identity is given, but not marked as set"},
		{"resource", func(s *Spec) { s.Rlimits = []Rlimit{{16, 0, 0}} }, "no such resource: 16"},
		{"soft above hard", func(s *Spec) { s.Rlimits = []Rlimit{{7, 9, 4}} }, "rlimit_files 9:4: the soft limit exceeds the hard one"},
		{"twice", func(s *Spec) { s.Rlimits = []Rlimit{{7, 9, 9}, {7, 4, 4}} }, "rlimit_files is given twice"},
		{"stdio", func(s *Spec) { s.Stdio = 9 }, "no such stdio: 9, 0"},
		{"negative files", func(s *Spec) { s.Files = -1 }, "-1 files: want 0 to 512"},
		{"too many files", func(s *Spec) { s.Files = 513 }, "513 files: want 0 to 512"},
		{"files where the connection is", func(s *Spec) { s.Stdio, s.Files = StdioNull, 1 }, "files are given, but descriptor 3 is the connection's"},
		{"files where nothing changes", func(s *Spec) { s.Stdio, s.Files = StdioKeep, 1 }, "files are given, but the descriptors are to stay as they are"},
		{"no file for 0", func(s *Spec) { s.Stdio = StdioFile }, "descriptor 0 is to be a file, but none is given"},
		{"no connection for stderr", func(s *Spec) { s.Stdio, s.Stderr = StdioLog, StderrClient }, "stderr is to be the connection, but there is none"},
		{"names without files", func(s *Spec) { s.Files, s.Listen = 1, []string{"a", "b"} }, "2 names for 1 files"},
		{"colon in a name", func(s *Spec) { s.Files, s.Listen = 1, []string{"a:b"} }, `the descriptor's name "a:b": want`},
		{"empty name", func(s *Spec) { s.Files, s.Listen = 1, []string{""} }, `the descriptor's name "": want`},
		{"name beyond ASCII", func(s *Spec) { s.Files, s.Listen = 1, []string{"ä"} }, `the descriptor's name "ä": want`},
		{"NUL in a name", func(s *Spec) { s.Files, s.Listen = 1, []string{"a\x00"} }, `the descriptor's name "a\x00": want`},
		{"long name", func(s *Spec) { s.Files, s.Listen = 1, []string{strings.Repeat("x", 256)} }, "want 1 to 255 printable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := ok
			c.change(&s)
			_, err := Compile(s)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Compile(ok); err != nil {
		t.Errorf("the Spec that the table changes: %v", err)
	}
}

// genSpec draws a Spec that Compile takes.
func genSpec() *rapid.Generator[Spec] {
	word := rapid.StringMatching(`[ -~]{0,12}`)
	return rapid.Custom(func(t *rapid.T) Spec {
		s := Spec{
			Path:       "/" + rapid.StringMatching(`[a-z/]{1,20}`).Draw(t, "path"),
			Argv:       rapid.SliceOfN(word, 1, 5).Draw(t, "argv"),
			Env:        rapid.SliceOfN(rapid.StringMatching(`[A-Z]{1,2}=[a-z]{0,5}`), 0, 6).Draw(t, "env"),
			Umask:      rapid.IntRange(-1, 0o777).Draw(t, "umask"),
			Nice:       rapid.IntRange(-40, 40).Draw(t, "nice"),
			Setsid:     rapid.Bool().Draw(t, "setsid"),
			NoNewPrivs: rapid.Bool().Draw(t, "nnp"),
			Bounding:   rapid.Uint64().Draw(t, "bounding"),
		}
		genDescriptors(t, &s)
		if rapid.Bool().Draw(t, "id") {
			id := rapid.Uint32Range(0, noID-1)
			s.Identity = Identity{true, id.Draw(t, "uid"), id.Draw(t, "gid"), rapid.SliceOfN(id, 0, 4).Draw(t, "groups")}
		}
		for _, res := range rapid.SliceOfNDistinct(rapid.IntRange(0, 15), 0, 6, rapid.ID).Draw(t, "limits") {
			soft := rapid.Uint64().Draw(t, "soft")
			s.Rlimits = append(s.Rlimits, Rlimit{res, soft, rapid.Uint64Range(soft, unix.RLIM_INFINITY).Draw(t, "hard")})
		}
		if rapid.Bool().Draw(t, "self") {
			s.Self = rootSelf()
			s.Self.Ignored = rapid.Uint64().Draw(t, "ignored")
			s.Self.Nice = rapid.IntRange(-20, 19).Draw(t, "selfnice")
		}
		return s
	})
}

func genDescriptors(t *rapid.T, s *Spec) {
	s.Stdio = Stdio(rapid.IntRange(0, int(StdioFile)).Draw(t, "stdio"))
	s.Stderr = Stderr(rapid.IntRange(0, 2).Draw(t, "stderr"))
	if s.Stderr == StderrClient && s.Stdio > StdioKeep {
		s.Stderr = StderrLog
	}
	if s.Stdio == StdioNull || s.Stdio == StdioKeep {
		return
	}
	s.Files = rapid.IntRange(0, 8).Draw(t, "files")
	if s.Stdio == StdioFile {
		s.Files++
	}
	s.Listen = rapid.SliceOfN(rapid.StringMatching(`[a-z .]{1,9}`), 0, s.Files).Draw(t, "listen")
}

// TestOrder states what must stand before what, whatever else a Spec asks for.
func TestOrder(t *testing.T) {
	// Each kind of the first list stands before each of the second.
	needsRoot := []kind{kindChroot, kindBounding, kindSetgroups, kindSetgid}
	asUser := []kind{kindIdentity, kindNoNewPrivs}
	rapid.Check(t, func(t *rapid.T) {
		p, err := Compile(genSpec().Draw(t, "spec"))
		if err != nil {
			t.Fatal(err)
		}
		steps := p.Steps()
		uid := slices.IndexFunc(steps, func(s Step) bool { return s.kind == kindSetuid })
		for i, s := range steps {
			early := slices.Contains(needsRoot, s.kind) || s.kind == kindLimit && !s.late || s.kind == kindNice && !s.late
			late := slices.Contains(asUser, s.kind) || s.kind == kindLimit && s.late
			if uid >= 0 && early && i > uid {
				t.Errorf("%s stands after setresuid", s.Name())
			}
			if late && i < uid {
				t.Errorf("%s stands before setresuid", s.Name())
			}
		}
		if steps[0].kind != kindOwnTable || steps[len(steps)-1].kind != kindExec || steps[len(steps)-2].kind != kindSigmask {
			t.Errorf("first and last steps:\n%s", p)
		}
	})
}

// TestLimitsEndAsAsked runs the limit steps of random Programs in a model: the
// last word on each is what the Spec says, and no step after setresuid raises a
// hard limit.
func TestLimitsEndAsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := genSpec().Draw(t, "spec")
		p, err := Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		self := spec.Self
		if self == nil {
			self = anySelf()
		}
		now := self.Limits
		for _, s := range p.setup {
			if s.kind != kindLimit {
				continue
			}
			if s.late && s.b > now[s.num].Hard {
				t.Errorf("%s rises to %d after setresuid", s.Name(), s.b)
			}
			if s.a > s.b {
				t.Errorf("%s: the kernel refuses %d:%d", s.Name(), s.a, s.b)
			}
			now[s.num] = Rlimit{int(s.num), s.a, s.b}
		}
		for _, want := range spec.Rlimits {
			if now[want.Resource] != want {
				t.Errorf("%s ends as %v, want %v", limitName(want.Resource), now[want.Resource], want)
			}
		}
	})
}

func TestWireRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := Compile(genSpec().Draw(t, "spec"))
		if err != nil {
			t.Fatal(err)
		}
		q, conn, err := parseProgram(appendProgram(nil, p, "X=1\x00"))
		if err != nil || !p.Equal(q) || conn != "X=1\x00" {
			t.Errorf("%v, %q\n%s\n%s", err, conn, p, q)
		}
	})
}

func TestIntern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in Interner
		a, err := Compile(genSpec().Draw(t, "a"))
		if err != nil {
			t.Fatal(err)
		}
		again, conn, err := parseProgram(appendProgram(nil, a, ""))
		if err != nil || conn != "" {
			t.Fatal(err)
		}
		b, err := Compile(genSpec().Draw(t, "b"))
		if err != nil {
			t.Fatal(err)
		}
		x, y, z := in.Intern(a), in.Intern(again), in.Intern(b)
		if x != y || !x.Equal(a) || !z.Equal(b) || (x == z) != a.Equal(b) {
			t.Errorf("same %t, other %t", x == y, x == z)
		}
	})
}

func FuzzParseProgram(f *testing.F) {
	p, err := Compile(Spec{Path: "/x", Argv: []string{"x"}, Umask: 0, Identity: Identity{Set: true, Groups: []uint32{1}}, Chroot: "/y"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(appendProgram(nil, p, "A=1\x00"))
	p, err = Compile(Spec{Path: "/x", Argv: []string{"x"}, Stdio: StdioFile, Files: 3, Listen: []string{"a", "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(appendProgram(nil, p, ""))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, conn, err := parseProgram(b)
		if err != nil {
			return
		}
		q, again, err := parseProgram(appendProgram(nil, p, conn))
		if err != nil || !p.Equal(q) || conn != again {
			t.Errorf("not the same after writing: %v", err)
		}
		_ = p.String()
		newFrame().lower(p, Binding{Conn: 5, Log: 6, Files: []int{7}}.of(p), target{keep: 9})
	})
}
