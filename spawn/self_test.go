// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseStatus(t *testing.T) {
	s := anySelf()
	err := s.parseStatus("Name:\tsuperd\nSigIgn:\t0000000000001000\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000400\n")
	if err != nil || !s.isIgnored(int(unix.SIGPIPE)) || s.isIgnored(int(unix.SIGHUP)) || s.Bounding != 1<<41-1 || s.Ambient != 1<<unix.CAP_NET_BIND_SERVICE {
		t.Errorf("%v, %+v", err, s)
	}
	for text, want := range map[string]string{
		"":                    "no SigIgn",
		"CapBnd:\t0\n":        "no SigIgn",
		"SigIgn:\tzzzz\n":     "cannot read SigIgn",
		"SigIgn:\n":           "cannot read SigIgn",
		"SigIgn:\t0\nCapAmb:": "cannot read CapAmb",
	} {
		if err := anySelf().parseStatus(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadSelf(t *testing.T) {
	s, err := ReadSelf()
	if err != nil {
		t.Fatal(err)
	}
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &l); err != nil {
		t.Fatal(err)
	}
	if got := s.Limits[unix.RLIMIT_STACK]; got != (Rlimit{unix.RLIMIT_STACK, l.Cur, l.Max}) {
		t.Errorf("stack %v, the kernel says %v", got, l)
	}
	if s.Files.Hard == 0 || s.Files.Resource != unix.RLIMIT_NOFILE || s.LastCap < 37 || s.Nice < -20 || s.Nice > 19 {
		t.Errorf("%+v", s)
	}
}

func TestCapabilityNames(t *testing.T) {
	for name, want := range map[string]int{"CAP_NET_RAW": unix.CAP_NET_RAW, "net_raw": unix.CAP_NET_RAW, "Cap_Chown": 0, "CAP_CHECKPOINT_RESTORE": unix.CAP_LAST_CAP} {
		if n, ok := CapByName(name); !ok || n != want {
			t.Errorf("%s: %d, %t", name, n, ok)
		}
	}
	for n := range 64 {
		if m, ok := CapByName(CapName(n)); ok != (n <= unix.CAP_LAST_CAP) || ok && m != n {
			t.Errorf("%s: %d, %t", CapName(n), m, ok)
		}
	}
	if _, err := CapSet([]string{"CAP_CHOWN", "CAP_"}); err == nil || err.Error() != `no such capability: "CAP_"` {
		t.Errorf("%v", err)
	}
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]Error{
		`chroot "/srv/jail": no such file or directory`:                               {Step: "chroot", Object: "/srv/jail", Errno: unix.ENOENT},
		`execve "/x": the user has more processes than RLIMIT_NPROC of superd allows`: {Step: "execve", Object: "/x", Errno: unix.EAGAIN},
		`execve "/x": not done in time, killed`:                                       {Step: "execve", Object: "/x", Signal: unix.SIGKILL, TimedOut: true},
		`setresuid 5: killed by signal 9 (killed)`:                                    {Step: "setresuid", Object: "5", Signal: unix.SIGKILL},
		`identity uid 5, gid 6, 0 groups: the kernel says otherwise after it was set`: {Step: "identity", Object: "uid 5, gid 6, 0 groups", Errno: errDiffers},
		`setsid: operation not permitted`:                                             {Step: "setsid", Errno: unix.EPERM},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
