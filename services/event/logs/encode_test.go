// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"superd/services/event"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123987654, time.UTC)

func TestLines(t *testing.T) {
	peer := netip.MustParseAddrPort("192.0.2.1:4711")
	for _, c := range []struct {
		e    event.Event
		want string // after the time
	}{
		{event.Event{Kind: event.Note, Level: event.LevelNotice, Text: "superd 0.1 starts"},
			`level=NOTICE msg="superd 0.1 starts" event=note`},
		{event.Event{Kind: event.Note}, `level=ERROR msg=note event=note`},
		{event.Event{Kind: event.Listening, Level: event.LevelNotice, Service: "finger", Network: "tcp", Local: "[::]:79"},
			`level=NOTICE msg="listening on tcp [::]:79" event=listening service=finger network=tcp local=[::]:79`},
		{event.Event{Kind: event.Start, Level: event.LevelInfo, Service: "finger", Network: "tcp", Pid: 42, Peer: peer},
			`level=INFO msg="started handler" event=start service=finger pid=42 network=tcp peer=192.0.2.1:4711`},
		{event.Event{Kind: event.Exit, Level: event.LevelInfo, Service: "finger", Pid: 42, Duration: 1500 * time.Millisecond},
			`level=INFO msg="handler ended" event=exit service=finger pid=42 status=0 duration=1.500000`},
		{event.Event{Kind: event.Exit, Level: event.LevelInfo, Service: "finger", Pid: 42, Status: -1, Signal: 9},
			`level=INFO msg="handler ended" event=exit service=finger pid=42 signal=SIGKILL duration=0.000000`},
		{event.Event{Kind: event.Exit, Level: event.LevelInfo, Pid: 42, Status: -1, Signal: 40},
			`level=INFO msg="handler ended" event=exit pid=42 signal=SIG40 duration=0.000000`},
		{event.Event{Kind: event.Refuse, Level: event.LevelNotice, Service: "finger", Peer: peer, Reason: "address", Rule: "no_access 192.0.2.0/24", Place: "/etc/xinetd.d/finger:7"},
			`level=NOTICE msg="refused client" event=refuse service=finger peer=192.0.2.1:4711 reason=address rule="no_access 192.0.2.0/24" place=/etc/xinetd.d/finger:7`},
		{event.Event{Kind: event.SpawnFail, Level: event.LevelError, Service: "finger", Step: "chroot", Err: "no such file or directory"},
			`level=ERROR msg="cannot start handler" event=spawn-fail service=finger step=chroot error="no such file or directory"`},
		{event.Event{Kind: event.Pause, Level: event.LevelWarning, Reason: "descriptors", Duration: time.Second},
			`level=WARN msg="superd stops accepting for a while" event=pause duration=1.000000 reason=descriptors`},
		{event.Event{Kind: event.Pause, Level: event.LevelWarning, Service: "finger", Reason: "cps"},
			`level=WARN msg="stopped accepting for a while" event=pause service=finger reason=cps`},
		{event.Event{Kind: event.Reload, Level: event.LevelNotice, Text: "finger: replace"},
			`level=NOTICE msg=reloaded event=reload text="finger: replace"`},
		{event.Event{Kind: event.Dropped, Level: event.LevelWarning, Count: 3}, `level=WARN msg="log lines were lost" event=dropped count=3`},
		{event.Event{Kind: event.Suppressed, Level: event.LevelNotice, Service: "finger", Reason: "address", Count: 90},
			`level=NOTICE msg="refused more clients" event=suppressed service=finger reason=address count=90`},
		{event.Event{Kind: event.Suppressed, Service: "finger", Step: "execve", Count: 90},
			`level=ERROR msg="could not start more handlers" event=suppressed service=finger step=execve count=90`},
		{event.Event{Kind: event.Note, Level: event.LevelDebug, Text: "a\nlevel=ERROR \x1b[2J\xff\u202e\u009b\x7f"},
			`level=DEBUG msg="a\nlevel=ERROR \x1b[2J\xff\u202e\u009b\x7f" event=note`},
		{event.Event{Kind: event.Start, Peer: netip.MustParseAddrPort("[fe80::1%a=\"b]:79")},
			`level=ERROR msg="started handler" event=start peer="[fe80::1%a=\"b]:79"`},
	} {
		c.e.Time = noon
		if got := string(Text(nil, &c.e)); got != "time=2026-11-24T12:00:00.123Z "+c.want+"\n" {
			t.Errorf("%s\nwant …%s", got, c.want)
		}
	}
}

// TestTextAndJSONAreSlogs compares with slog itself. DEL is left out: slog leaves
// it as it is.
func TestTextAndJSONAreSlogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t, "del")
		var want bytes.Buffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.LevelKey {
				a.Value = slog.StringValue(levelName(e.Level))
			}
			return a
		}}
		handle(t, slog.NewTextHandler(&want, options), &e)
		if got := string(Text(nil, &e)); got != want.String() {
			t.Errorf("%q\nslog: %q", got, want.String())
		}
		want.Reset()
		handle(t, slog.NewJSONHandler(&want, options), &e)
		got := JSON(nil, &e)
		if diff := cmp.Diff(object(t, want.Bytes()), object(t, got)); diff != "" {
			t.Errorf("%s%s", got, diff)
		}
	})
}

// handle gives e to a slog handler, in the attributes that it is written with.
func handle(t *rapid.T, h slog.Handler, e *event.Event) {
	_, text := h.(*slog.TextHandler)
	r := slog.NewRecord(e.Time.Truncate(time.Millisecond), slog.LevelInfo, message(e), 0)
	var set fieldSet
	set.fill(e)
	for _, f := range set.all[:set.len] {
		switch f.kind {
		case isText:
			r.AddAttrs(slog.String(f.key, f.text))
		case isPeer:
			r.AddAttrs(slog.String(f.key, f.peer.String()))
		case isNumber:
			r.AddAttrs(slog.Int64(f.key, f.n))
		case isSeconds:
			if number := string(f.appendNumber(nil)); text {
				r.AddAttrs(slog.String(f.key, number))
			} else {
				r.AddAttrs(slog.Any(f.key, json.RawMessage(number)))
			}
		}
	}
	if err := h.Handle(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

func object(t *rapid.T, line []byte) (m map[string]any) {
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	at, err := time.Parse(time.RFC3339Nano, m["time"].(string))
	if err != nil {
		t.Fatal(err)
	}
	m["time"] = at.UTC()
	return m
}

// drawEvent makes any event, with texts of words, signs and garbage; without
// "del" they may contain that too.
func drawEvent(t *rapid.T, without string) event.Event {
	text := func(name string) string {
		s := rapid.OneOf(
			rapid.SampledFrom([]string{"", "finger", "a b", "k=v", `"`, `\`, "\x00", "\r\n", "\x1b[31m", "\u2028", "\u202e", "é", "\xc3", "𝔘", "\U000e0001", "\ufffd", "<&>", "\u00a0"}),
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(t, name)
		if without == "del" {
			s = strings.ReplaceAll(s, "\x7f", "")
		}
		return s
	}
	number := func(name string) int32 { return rapid.Int32().Draw(t, name) }
	e := event.Event{
		Time:    noon.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "time"))),
		Kind:    event.Kind(rapid.IntRange(0, int(event.DequeueExit)).Draw(t, "kind")),
		Level:   event.Level(rapid.IntRange(0, 4).Draw(t, "level")),
		Service: text("service"), Network: text("network"), Local: text("local"), Reason: text("reason"), Rule: text("rule"),
		Place: text("place"), Step: text("step"), Err: text("error"), Text: text("text"),
		Pid: number("pid"), Status: number("status"), Signal: int32(rapid.IntRange(0, 70).Draw(t, "signal")),
		Duration: time.Duration(rapid.Int64().Draw(t, "duration")), Count: rapid.Int64().Draw(t, "count"),
	}
	if rapid.Bool().Draw(t, "peer") {
		e.Peer = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 7)
	}
	return e
}

// TestNothingGetsOutOfALine: whatever an event says, its line is one line of
// valid UTF-8 that prints.
func TestNothingGetsOutOfALine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t, "")
		for _, encode := range []Encoder{Text, JSON} {
			checkLine(t, encode(nil, &e))
		}
	})
}

func checkLine(t interface{ Fatalf(string, ...any) }, line []byte) {
	text, ok := strings.CutSuffix(string(line), "\n")
	if !ok || !utf8.ValidString(text) {
		t.Fatalf("no line of text: %q", line)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			t.Fatalf("%U in %q", r, line)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("refused", "a\nb")
	f.Add("\xff\xfe", "\u202e \x1b]0;x\a")
	f.Fuzz(func(t *testing.T, text, service string) {
		e := event.Event{Time: noon, Text: text, Service: service}
		checkLine(t, Text(nil, &e))
		line := JSON(nil, &e)
		checkLine(t, line)
		var back struct{ Msg, Service string }
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(service, "\ufffd"); back.Service != want && utf8.ValidString(service) {
			t.Fatalf("%q came back as %q", service, back.Service)
		}
	})
}

func TestEncodersDoNotAllocate(t *testing.T) {
	e := event.Event{Time: noon, Kind: event.Exit, Service: "finger", Network: "tcp", Pid: 42, Peer: netip.MustParseAddrPort("192.0.2.1:4711")}
	buf := make([]byte, 0, 1024)
	for _, encode := range []Encoder{Text, JSON} {
		if n := testing.AllocsPerRun(100, func() { encode(buf, &e) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// BenchmarkLine compares the line of a started handler with slog's.
func BenchmarkLine(b *testing.B) {
	e := event.Event{Time: noon, Kind: event.Start, Level: event.LevelInfo, Service: "finger", Network: "tcp", Pid: 42, Peer: netip.MustParseAddrPort("192.0.2.1:4711")}
	buf := make([]byte, 0, 1024)
	b.Run("Text", func(b *testing.B) {
		for b.Loop() {
			Text(buf, &e)
		}
	})
	b.Run("JSON", func(b *testing.B) {
		for b.Loop() {
			JSON(buf, &e)
		}
	})
	b.Run("slog", func(b *testing.B) {
		h := slog.NewTextHandler(io.Discard, nil)
		for b.Loop() {
			r := slog.NewRecord(e.Time, slog.LevelInfo, message(&e), 0)
			r.AddAttrs(slog.String("event", e.Kind.String()), slog.String("service", e.Service), slog.Int64("pid", int64(e.Pid)),
				slog.String("network", e.Network), slog.String("peer", e.Peer.String()))
			h.Handle(context.Background(), r)
		}
	})
}
