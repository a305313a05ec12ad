// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"superd/services/event"
)

// The lines are those of xinetd 2.3.15; a test beside the command compares them
// with the real one's.
func TestXinetdLine(t *testing.T) {
	client := netip.MustParseAddrPort("192.0.2.1:4711")
	at := time.Date(2026, 11, 4, 9, 5, 0, 3e8, time.Local)
	start := event.Event{Kind: event.Start, Service: "ftp", Pid: 42, Peer: client}
	exit := event.Event{Kind: event.Exit, Time: at, Service: "ftp", Pid: 42, Status: 3, Peer: client, Duration: 400 * time.Millisecond}
	killed := exit
	killed.Status, killed.Signal = -1, 9
	refused := event.Event{Kind: event.Refuse, Service: "ftp", Peer: client, Reason: "address"}
	for _, c := range []struct {
		e                event.Event
		success, failure Fields
		want             string
	}{
		{start, FieldPid | FieldHost, 0, "START: ftp pid=42 from=192.0.2.1"},
		{start, FieldPid, 0, "START: ftp pid=42"},
		{start, FieldHost, 0, "START: ftp from=192.0.2.1"},
		{start, FieldExit, 0, "START: ftp"},
		{start, 0, AllFields, ""},
		{exit, AllFields, 0, "EXIT: ftp status=3 pid=42 duration=1(sec)"},
		{exit, FieldExit, 0, "EXIT: ftp status=3"},
		{exit, FieldDuration, 0, "EXIT: ftp duration=1(sec)"},
		{exit, FieldPid | FieldHost, 0, ""},
		{killed, FieldExit | FieldPid, 0, "EXIT: ftp signal=9 pid=42"},
		{refused, AllFields, FieldHost, "FAIL: ftp address from=192.0.2.1"},
		{refused, AllFields, FieldAttempt, "FAIL: ftp address"},
		{refused, AllFields, 0, ""},
		{event.Event{Kind: event.Refuse, Service: "ftp", Reason: "connections per second"}, 0, FieldHost, "FAIL: ftp connections per second from=<no address>"},
		{event.Event{Kind: event.SpawnFail, Service: "ftp", Err: "no memory", Peer: client}, AllFields, FieldHost, "FAIL: ftp fork from=192.0.2.1"},
		{event.Event{Kind: event.SpawnFail, Time: at, Service: "ftp", Pid: 42, Err: "chroot"}, FieldExit | FieldPid, FieldHost, "EXIT: ftp status=0 pid=42"},
		{event.Event{Kind: event.Start, Service: "ftp", Peer: netip.MustParseAddrPort("[::ffff:192.0.2.1]:1")}, FieldHost, 0, "START: ftp from=192.0.2.1"},
		{event.Event{Kind: event.Start, Service: "ftp", Peer: netip.MustParseAddrPort("[fe80::1%eth0]:1")}, FieldHost, 0, "START: ftp from=fe80::1%eth0"},
		{event.Event{Kind: event.Start, Service: "f\x1b[2J\nSTART: x\xff"}, FieldExit, 0, `START: f\x1b[2J\x0aSTART: x\xff`},
		{event.Event{Kind: event.Timeout, Service: "ftp"}, AllFields, AllFields, ""},
		{event.Event{Kind: event.Suppressed, Service: "ftp", Reason: "address", Count: 7}, AllFields, AllFields, ""},
	} {
		if got := string(XinetdLine(nil, &c.e, c.success, c.failure)); got != c.want {
			t.Errorf("%v %x %x:\n got %s\nwant %s", c.e.Kind, c.success, c.failure, got, c.want)
		}
	}
	if got := string(XinetdStamp(nil, at)); got != "26/11/4@09:05:00" {
		t.Error(got)
	}
}

func TestXinetdLog(t *testing.T) {
	at := time.Date(2026, 11, 4, 9, 5, 0, 0, time.Local)
	for _, c := range []struct {
		e    event.Event
		want string
	}{
		{event.Event{Kind: event.Pause, Level: event.LevelWarning, Service: "ftp", Reason: "connections per second", Duration: 30 * time.Second},
			"ERROR: Deactivating service ftp due to excessive incoming connections.  Restarting in 30 seconds."},
		{event.Event{Kind: event.Resume, Level: event.LevelNotice, Service: "ftp"}, "ERROR: Activating service ftp"},
		{event.Event{Kind: event.Stopping, Level: event.LevelNotice}, "WARNING: Exiting..."},
		{event.Event{Kind: event.Start, Level: event.LevelNotice, Service: "ftp", Pid: 7}, "NOTICE: START: ftp pid=7 from=<no address>"},
		{event.Event{Kind: event.Note, Level: event.LevelInfo, Text: "got \x1bSIGHUP"}, `INFO: got \x1bSIGHUP`},
		{event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: "ftp", Pid: 7, Step: "chroot", Err: "no such file"},
			`ERROR: Service ftp: cannot start handler pid=7 step=chroot error="no such file"`},
		{event.Event{Kind: event.Listening, Level: event.LevelNotice, Service: "ftp", Network: "tcp", Local: "[::]:21"},
			"NOTICE: Service ftp: listening on tcp [::]:21"},
	} {
		c.e.Time = at
		want := "26/11/4@09:05:00 xinetd[" + strconv.Itoa(os.Getpid()) + "]: " + c.want + "\n"
		if got := string(Xinetd(nil, &c.e)); got != want {
			t.Errorf("\n got %swant %s", got, want)
		}
	}
}

// TestLinesStayLines: whatever an event holds, each encoder makes one line of it
// that a terminal can be shown.
func TestLinesStayLines(t *testing.T) {
	encoders := []Encoder{Text, JSON, Bare, Xinetd, XinetdBare, Leveled(Bare)}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		e := event.Event{Time: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0), Kind: event.Kind(rapid.IntRange(0, int(event.Suppressed)).Draw(t, "kind")),
			Level: event.Level(rapid.IntRange(0, 4).Draw(t, "level")), Service: text.Draw(t, "service"), Text: text.Draw(t, "text"),
			Err: text.Draw(t, "err"), Rule: text.Draw(t, "rule"), Local: text.Draw(t, "local"), Step: text.Draw(t, "step"),
			Reason: "address", Pid: 1, Status: rapid.Int32Range(-1, 255).Draw(t, "status")}
		for _, encode := range encoders {
			line := string(encode(nil, &e))
			if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
				t.Fatalf("%q", line)
			}
			for _, r := range line[:len(line)-1] {
				if !unicode.IsPrint(r) {
					t.Fatalf("%q holds %q", line, r)
				}
			}
		}
	})
}

func TestTheJournalIsKnownByItsInode(t *testing.T) {
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dev, ino := identity(t, int(f.Fd()))
	for _, c := range []struct {
		stream string
		want   bool
	}{
		{dev + ":" + ino, true},
		{dev + ":" + ino + "1", false},
		{dev, false},
		{"", false},
		{":", false},
		{"x:" + ino, false},
	} {
		if got := IsJournal(c.stream, int(f.Fd())); got != c.want {
			t.Errorf("%q: %t", c.stream, got)
		}
	}
	if IsJournal(dev+":"+ino, -1) {
		t.Error("a closed descriptor is the journal")
	}
}

func TestLevelsOfTheJournal(t *testing.T) {
	for level, want := range []string{"<3>", "<4>", "<5>", "<6>", "<7>"} {
		if got := string(Leveled(Bare)(nil, &event.Event{Level: event.Level(level), Text: "x"})); got != want+"x event=note\n" {
			t.Errorf("level %d: %q", level, got)
		}
	}
}

func identity(t *testing.T, fd int) (dev, ino string) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(uint64(st.Dev), 10), strconv.FormatUint(st.Ino, 10)
}
