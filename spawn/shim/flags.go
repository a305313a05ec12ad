// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"superd/limits"
	"superd/spawn"
)

// flags are the command line, each flag as it was written.
type flags struct {
	user, group, chroot, dir, argv0 string
	groups                          bool
	umask                           string
	nice                            int
	rlimits                         []spawn.Rlimit
	noNewPrivs, setsid              bool
	bounding                        uint64
	stdio, stderr                   string
	env                             []string
	keepEnv                         bool
	command                         []string
}

// parseFlags reads the command line. The names are those of the attributes, with
// dashes. --help has been answered on stderr when the error is flag.ErrHelp.
func parseFlags(args []string, stderr io.Writer) (*flags, error) {
	f := &flags{bounding: ^uint64(0)}
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // Main tells of errors
	f.define(set)
	if err := set.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			usage(set, stderr)
		}
		return nil, err
	}
	f.command = set.Args()
	if len(f.command) == 0 {
		return nil, errors.New("no program is named")
	}
	switch f.stdio {
	case "keep", "socket", "null":
	default:
		return nil, fmt.Errorf("--stdio %q: want keep, socket or null", f.stdio)
	}
	switch f.stderr {
	case "keep", "client", "null":
	default:
		return nil, fmt.Errorf("--stderr %q: want keep, client or null", f.stderr)
	}
	return f, nil
}

func (f *flags) define(set *flag.FlagSet) {
	set.StringVar(&f.user, "user", "", "become `USER`, a name or number")
	set.StringVar(&f.group, "group", "", "with `GROUP`, and after it supplementary groups, separated by blanks or commas")
	set.BoolVar(&f.groups, "groups", false, "with all groups of the user")
	set.StringVar(&f.chroot, "chroot", "", "make `DIR` the root directory")
	set.StringVar(&f.dir, "working-directory", "", "start in `DIR`, entered as the user")
	set.StringVar(&f.argv0, "argv0", "", "call the program `NAME`")
	set.StringVar(&f.umask, "umask", "", "set the file mode mask to `OCTAL`")
	set.IntVar(&f.nice, "nice", 0, "add `N` to the niceness")
	set.BoolVar(&f.noNewPrivs, "no-new-privs", false, "let no set-user-id program raise privileges")
	set.BoolVar(&f.setsid, "setsid", false, "start a session")
	set.StringVar(&f.stdio, "stdio", "keep", "`WHAT` is at 0 and 1: keep, socket (0 goes to 1 too), or null (0 goes to 3)")
	set.StringVar(&f.stderr, "stderr", "keep", "`WHAT` is at 2: keep, client (the socket) or null")
	set.BoolVar(&f.keepEnv, "keep-env", false, "keep the environment")
	set.Func("env", "set `K=V`; may be given again", f.addEnv)
	set.Func("capability-bounding-set", "keep only these `CAPS`, separated by blanks or commas", f.setBounding)
	for res := range 16 {
		attribute := spawn.ResourceName(res)
		set.Func(strings.ReplaceAll(attribute, "_", "-"), "set this limit to `SOFT[:HARD]`, or unlimited", func(v string) error {
			return f.addLimit(res, attribute, v)
		})
	}
}

func (f *flags) addEnv(v string) error {
	if strings.IndexByte(v, '=') < 1 {
		return errors.New("want K=V")
	}
	f.env = append(f.env, v)
	return nil
}

func (f *flags) setBounding(v string) (err error) {
	f.bounding, err = spawn.CapSet(fields(v))
	return err
}

// units are those that the attributes of these names take: of what is no size,
// none.
func units(attribute string) string {
	switch attribute {
	case "rlimit_cpu", "rlimit_files", "rlimit_locks", "rlimit_nice", "rlimit_nproc", "rlimit_rtprio", "rlimit_rttime", "rlimit_sigpending":
		return limits.NoUnits
	}
	return limits.NativeUnits
}

func (f *flags) addLimit(res int, attribute, v string) error {
	l, err := limits.ParseRlimit(v, units(attribute))
	if err != nil {
		return err
	}
	f.rlimits = append(f.rlimits, spawn.Rlimit{Resource: res, Soft: l.Soft, Hard: l.Hard})
	return nil
}

// fields cuts at blanks and commas.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
}

func usage(set *flag.FlagSet, w io.Writer) {
	fmt.Fprintf(w, "%s [FLAG]... [--] PROGRAM [ARGUMENT]...\n\n", name)
	set.VisitAll(func(f *flag.Flag) {
		arg, text := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  --%-34s %s\n", strings.TrimSpace(f.Name+" "+arg), text)
	})
	fmt.Fprintf(w, `
Without --keep-env the environment is PATH, HOME, USER, LOGNAME and SHELL. What is
known of the socket at descriptor 0 is added: PROTO, TCP..., REMOTE_...
Exit codes: %d usage, %d set-up failed (the step is named), %d the program cannot be
run, %d there is none; else the program's own.
`, ExitUsage, ExitSetupFailed, ExitNotRunnable, ExitNotFound)
}

// parseUmask gives -1 for none.
func parseUmask(s string) (int, error) {
	if s == "" {
		return -1, nil
	}
	n, err := limits.ParseOctal(s)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("--umask %s: want octal digits, at most 777", strconv.Quote(s))
	}
	return int(n), nil
}
