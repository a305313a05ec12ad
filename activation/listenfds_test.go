// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// testProcess is pid 42, whose descriptors 3 to last are open but for those named.
func testProcess(last int, but ...int) Process {
	closed := map[int]bool{}
	for _, fd := range but {
		closed[fd] = true
	}
	return Process{Pid: 42, PidfdID: func() (uint64, bool) { return 7, true },
		IsInherited: func(fd int) bool { return fd <= last && !closed[fd] }}
}

func TestReadListenFDs(t *testing.T) {
	noPidfs := testProcess(5)
	noPidfs.PidfdID = func() (uint64, bool) { return 0, false }
	for _, test := range []struct {
		name, env string
		self      Process
		want      string // FD:NAME …
		errs      string // of each a part, with | between
	}{
		{"nothing", "", testProcess(5), "", ""},
		{"no pid", "LISTEN_FDS=3", testProcess(5), "", ""},
		{"another's pid", "LISTEN_PID=43 LISTEN_FDS=3", testProcess(5), "", ""},
		{"another's pid and nonsense", "LISTEN_PID=43 LISTEN_FDS=many LISTEN_PIDFDID=x", testProcess(5), "", ""},
		{"no number of descriptors", "LISTEN_PID=42", testProcess(5), "", ""},
		{"no names", "LISTEN_PID=42 LISTEN_FDS=2", testProcess(5), "3:unknown 4:unknown", ""},
		{"names", "LISTEN_PID=42 LISTEN_FDS=3 LISTEN_FDNAMES=a:b:a", testProcess(5), "3:a 4:b 5:a", ""},
		{"empty names are kept", "LISTEN_PID=42 LISTEN_FDS=3 LISTEN_FDNAMES=::", testProcess(5), "3: 4: 5:", ""},
		{"one empty name", "LISTEN_PID=42 LISTEN_FDS=1 LISTEN_FDNAMES=", testProcess(5), "3:", ""},
		{"odd bytes in names", "LISTEN_PID=42 LISTEN_FDS=2 LISTEN_FDNAMES=\xff\x01/..:=%s", testProcess(5), "3:\xff\x01/.. 4:=%s", ""},
		{"too few names", "LISTEN_PID=42 LISTEN_FDS=2 LISTEN_FDNAMES=a", testProcess(5), "3:unknown 4:unknown", "1 names for 2 descriptors"},
		{"too many names", "LISTEN_PID=42 LISTEN_FDS=1 LISTEN_FDNAMES=a:b", testProcess(5), "3:unknown", "2 names for 1 descriptors"},
		{"own pidfd", "LISTEN_PID=42 LISTEN_PIDFDID=7 LISTEN_FDS=1", testProcess(5), "3:unknown", ""},
		{"another's pidfd", "LISTEN_PID=42 LISTEN_PIDFDID=8 LISTEN_FDS=1", testProcess(5), "", ""},
		{"no pidfs", "LISTEN_PID=42 LISTEN_PIDFDID=8 LISTEN_FDS=1", noPidfs, "3:unknown", ""},
		{"bad pidfd", "LISTEN_PID=42 LISTEN_PIDFDID=-7 LISTEN_FDS=1", testProcess(5), "", "LISTEN_PIDFDID \"-7\""},
		{"huge pidfd", "LISTEN_PID=42 LISTEN_PIDFDID=18446744073709551616 LISTEN_FDS=1", testProcess(5), "", "LISTEN_PIDFDID"},
		{"bad pid", "LISTEN_PID=me LISTEN_FDS=1", testProcess(5), "", "LISTEN_PID \"me\""},
		{"signed pid", "LISTEN_PID=+42 LISTEN_FDS=1", testProcess(5), "", "LISTEN_PID \"+42\""},
		{"empty pid", "LISTEN_PID= LISTEN_FDS=1", testProcess(5), "", "LISTEN_PID \"\""},
		{"pid 0", "LISTEN_PID=0 LISTEN_FDS=1", testProcess(5), "", "LISTEN_PID \"0\""},
		{"huge pid", "LISTEN_PID=4294967338 LISTEN_FDS=1", testProcess(5), "", "LISTEN_PID"},
		{"no descriptors", "LISTEN_PID=42 LISTEN_FDS=0", testProcess(5), "", "LISTEN_FDS \"0\""},
		{"negative", "LISTEN_PID=42 LISTEN_FDS=-1", testProcess(5), "", "LISTEN_FDS \"-1\""},
		{"hexadecimal", "LISTEN_PID=42 LISTEN_FDS=0x2", testProcess(5), "", "LISTEN_FDS \"0x2\""},
		{"beyond INT_MAX", "LISTEN_PID=42 LISTEN_FDS=2147483645", testProcess(5), "", "LISTEN_FDS \"2147483645\""},
		{"a text of a mile", "LISTEN_PID=42 LISTEN_FDS=" + strings.Repeat("9", 100000), testProcess(5), "", "9…"},
		{"huge", "LISTEN_PID=42 LISTEN_FDS=2147483644", testProcess(5), "3:unknown 4:unknown 5:unknown", "descriptors from 6 on are not open"},
		{"one is closed", "LISTEN_PID=42 LISTEN_FDS=3 LISTEN_FDNAMES=a:b:c", testProcess(5, 4), "3:a 5:c", "descriptor 4 (b): it is not open"},
		{"the last is closed", "LISTEN_PID=42 LISTEN_FDS=3", testProcess(5, 5), "3:unknown 4:unknown", "descriptor 5 (unknown): it is not open"},
		{"all are closed", "LISTEN_PID=42 LISTEN_FDS=2", testProcess(2), "", "descriptor 3|descriptor 4"},
		{"the first of two counts", "LISTEN_PID=42 LISTEN_PID=43 LISTEN_FDS=1 LISTEN_FDS=2", testProcess(5), "3:unknown", ""},
	} {
		found, errs := ReadListenFDs(strings.Split(test.env, " "), test.self)
		var got []string
		for _, f := range found {
			got = append(got, fmt.Sprintf("%d:%s", f.FD, f.Name))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		var want []string
		if test.errs != "" {
			want = strings.Split(test.errs, "|")
		}
		if len(errs) != len(want) {
			t.Errorf("%s: %v, want %q", test.name, errs, want)
			continue
		}
		for i, err := range errs {
			if !strings.Contains(err.Error(), want[i]) || len(err.Error()) > 300 {
				t.Errorf("%s: %q, want %q in it", test.name, err, want[i])
			}
		}
	}
}

// TestListenFDsCost: the number says how many system calls somebody would like.
func TestListenFDsCost(t *testing.T) {
	asked := 0
	ReadListenFDs([]string{"LISTEN_PID=42", "LISTEN_FDS=2147483644"}, Process{Pid: 42, IsInherited: func(fd int) bool {
		asked++
		return fd < 100
	}})
	if asked > 200 {
		t.Errorf("%d descriptors were looked at, of 97", asked)
	}
}

func FuzzReadListenFDs(f *testing.F) {
	f.Add("42", "7", "3", "a:b:c", uint8(5))
	f.Add("42", "", "2147483644", ":::", uint8(0))
	f.Add("42", "18446744073709551615", "-0", "\xff", uint8(255))
	f.Add("042", "7", "0000000000000000000000003", "a", uint8(9))
	f.Fuzz(func(t *testing.T, pid, pidfd, n, names string, last uint8) {
		env := []string{"LISTEN_PID=" + pid, "LISTEN_FDS=" + n, "LISTEN_FDNAMES=" + names}
		if pidfd != "" {
			env = append(env, "LISTEN_PIDFDID="+pidfd)
		}
		self := testProcess(int(last))
		found, errs := ReadListenFDs(env, self)
		if strings.Trim(n, "0123456789") != "" && found != nil {
			t.Fatalf("LISTEN_FDS=%q gave %v", n, found)
		}
		for i, x := range found {
			if !self.IsInherited(x.FD) || x.FD < firstInherited || i > 0 && x.FD <= found[i-1].FD || strings.Contains(x.Name, ":") {
				t.Fatalf("%q gave %v", env, found)
			}
		}
		if len(errs) > 2*mostHoles+2+int(last) {
			t.Fatalf("%d errors", len(errs))
		}
		if again, _ := ReadListenFDs(env, self); !reflect.DeepEqual(found, again) {
			t.Fatal("twice the same is not the same")
		}
	})
}
