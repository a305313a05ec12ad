// SPDX-License-Identifier: Apache-2.0

package perl

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"superd/internal/peers"
)

// talk is a conversation with a server: what all its clients saw.
type talk func(t *testing.T, s server) string

// both runs a program under Net::Server and as a worker of superd's: the transcripts
// are equal.
func both(t *testing.T, w *world, file string, words []string, say talk) {
	t.Helper()
	theirs, ours := w.program(t, file)
	compare(t, w.startNetServer(t, theirs, words...), func() server { return w.startSuperd(t, ours, nil, words...) }, say)
}

// compare has a conversation with one server and, when that has stopped, with another.
func compare(t *testing.T, first server, second func() server, say talk) {
	t.Helper()
	want := say(t, first)
	first.stop(t)
	if want == "" {
		t.Fatalf("nothing was said under Net::Server, which wrote: %s", first.log())
	}
	s := second()
	got := say(t, s)
	s.stop(t)
	if got != want {
		t.Errorf("under Net::Server:\n%s\nas a worker:\n%s\nit wrote: %s", want, got, s.log())
	}
}

// ask sends text and the end, and gives all that comes back, its numbers masked.
func ask(t *testing.T, s server, text string) string {
	t.Helper()
	c := s.dial(t)
	send(t, c, text)
	hangUp(t, c)
	return rest(t, c)
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// hangUp sends the client's end.
func hangUp(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

// rest reads to the end.
func rest(t *testing.T, c net.Conn) string {
	t.Helper()
	c.SetDeadline(time.Now().Add(limit))
	out, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("%v after %q", err, out)
	}
	return mask(c, string(out))
}

// line reads one line.
func line(t *testing.T, c net.Conn, r *bufio.Reader) string {
	t.Helper()
	c.SetDeadline(time.Now().Add(limit))
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%v after %q", err, s)
	}
	return mask(c, s)
}

var pids = regexp.MustCompile(`\(\d+\)|:\d+: You said`)

// mask takes out what is another number each time: ports and processes.
func mask(c net.Conn, text string) string {
	for name, a := range map[string]net.Addr{"PEERPORT": c.LocalAddr(), "SOCKPORT": c.RemoteAddr()} {
		if a, ok := a.(*net.TCPAddr); ok {
			text = regexp.MustCompile(fmt.Sprintf(`\b%d\b`, a.Port)).ReplaceAllString(text, name)
		}
	}
	return pids.ReplaceAllString(text, "PID")
}

// TestNetServer: programs that were written for Net::Server, with another base class.
func TestNetServer(t *testing.T) {
	w := newWorld(t)
	w.superd = peers.Build(t, "superd/cmd/superd")
	for _, part := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"programs", programs},
		{"options from superd", optionsFromSuperd},
		{"conf_file", confFile},
		{"allow and deny", access},
		{"a handler in taint mode", tainted},
		{"worker = accept", accepting},
		{"samplechat.pl", sampleChat},
		{"udp_server.pl", udpServer},
		{"connection_test.pl", connectionTest},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, w) })
	}
}

// programs are our own, in testdata.
func programs(t *testing.T, w *world) {
	for _, c := range []struct {
		name, file string
		words      []string
		say        talk
	}{
		{"the sample code with alarm", "alarm.pl", nil, func(t *testing.T, s server) string {
			c := s.dial(t)
			r := bufio.NewReader(c)
			send(t, c, "hello\r\n")
			got := line(t, c, r)
			send(t, c, "again\n")
			got += line(t, c, r)
			all, err := io.ReadAll(r) // after a second of silence
			if err != nil {
				t.Fatal(err)
			}
			return got + string(all) + ask(t, s, "after\nthat\n")
		}},
		{"options that nobody gives", "options.pl", nil, func(t *testing.T, s server) string { return ask(t, s, "") }},
		{"options on the command line", "options.pl",
			[]string{"--mco=aliased", "--mcl", "one", "--my_list=two", "both=here", "left", "--param2=deep", "--unknown=1", "--flag"},
			func(t *testing.T, s server) string { return ask(t, s, "") }},
		{"every second client is sent away", "access.pl", nil, func(t *testing.T, s server) string {
			return ask(t, s, "one\n") + ask(t, s, "") + ask(t, s, "three\n") + ask(t, s, "")
		}},
		{"deny without allow", "access.pl", []string{"--deny=10\\.1"}, func(t *testing.T, s server) string { return ask(t, s, "") }},
		{"allow by a pattern", "access.pl", []string{"--allow=127\\.0\\..*"}, func(t *testing.T, s server) string { return ask(t, s, "in\n") }},
		{"cidr_deny wins", "access.pl", []string{"--allow=.*", "--cidr_deny=127.0.0.0/8"}, func(t *testing.T, s server) string { return ask(t, s, "") }},
		{"the properties of get_client_info", "properties.pl", nil, func(t *testing.T, s server) string {
			return ask(t, s, "by sixwords up to stopthe rest of a line\nand\nmore\n") + ask(t, s, "again!stop\n")
		}},
		{"reverse_lookups", "properties.pl", []string{"--reverse_lookups=1"}, func(t *testing.T, s server) string {
			return ask(t, s, "again!stop\n")
		}},
		{"double_reverse_lookups", "access.pl", []string{"--reverse_lookups=double"}, func(t *testing.T, s server) string { return ask(t, s, "in\n") }},
		{"a name that is denied", "access.pl", []string{"--reverse_lookups=1", "--deny=localhost", "--allow=.*"}, func(t *testing.T, s server) string {
			return ask(t, s, "")
		}},
		{"no_client_stdout", "nostdout.pl", nil, func(t *testing.T, s server) string {
			return ask(t, s, "one\ntwo\n") + ask(t, s, "three")
		}},
		{"the hooks of a child", "hooks.pl", nil, func(t *testing.T, s server) string {
			return ask(t, s, "one\n") + ask(t, s, "two\n")
		}},
		{"tie_client_stdout", "tied.pl", nil, func(t *testing.T, s server) string {
			return ask(t, s, "a line\nabc and more\n") + ask(t, s, "another\nxyz\n")
		}},
		{"a client that says nothing", "alarm.pl", nil, func(t *testing.T, s server) string { return ask(t, s, "") + ask(t, s, "next\n") }},
		{"a megabyte", "nostdout.pl", nil, func(t *testing.T, s server) string {
			c := s.dial(t)
			go func() {
				io.WriteString(c, strings.Repeat(strings.Repeat("x", 99)+"\n", 10000)) // the answer shows a failure
				c.(*net.TCPConn).CloseWrite()
			}()
			return rest(t, c)
		}},
	} {
		t.Run(c.name, func(t *testing.T) { both(t, w, c.file, c.words, c.say) })
	}
}

// optionsFromSuperd: what superd's configuration has for the program does what
// the same words on the command line do under Net::Server.
func optionsFromSuperd(t *testing.T, w *world) {
	theirs, ours := w.program(t, "options.pl")
	ns := w.startNetServer(t, theirs, "--mco=aliased", "--mcl=one", "--my_list=two", "--both=here", "--param1=deep")
	want := ask(t, ns, "")
	ns.stop(t)
	sd := w.startSuperd(t, ours, []string{"--extra=mco aliased", "--extra=mcl one", "--extra=my_list two", "--extra=both here", "--extra=param1 deep", "--extra=nobodys value"})
	if got := ask(t, sd, ""); got != want {
		t.Errorf("from superd:\n%s\non the command line:\n%s", got, want)
	}
	sd.stop(t)

	t.Run("values that look like options", func(t *testing.T) {
		sd := w.startWorker(t, 1, []string{"my_option --flag", "my_list a b  c", "my_list flag"}, ours)
		got := ask(t, sd, "")
		for _, want := range []string{"my_option = --flag\n", "flag = undef\n", "my_list = a b  c|flag\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in:\n%s", want, got)
			}
		}
		sd.stop(t)
	})
	t.Run("the program's own command line is stronger", func(t *testing.T) {
		sd := w.startWorker(t, 1, []string{"my_option superd", "my_list superd"}, ours, "--my_option=line", "--my_list=line")
		if got := ask(t, sd, ""); !strings.Contains(got, "my_option = line\n") || !strings.Contains(got, "my_list = line\n") {
			t.Error(got)
		}
		sd.stop(t)
	})
	t.Run("what the program refuses", func(t *testing.T) {
		sd := w.newWorker(t, startWith("my_option two words"), ours)
		if err := sd.ExpectExit("0"); err == nil || !strings.Contains(err.Error(), "my_option must be a word") {
			t.Error(err)
		}
	})
}

// confFile: the program's own conf_file, as Net::Server reads it.
func confFile(t *testing.T, w *world) {
	file := filepath.Join(w.dir, "test.conf")
	text := `
### comments
my_option   word
my_list     a b   # and blanks before this
my_list = c\#d
--mcl: e
param1=deep
both  from the file
nothing
log_level 1
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	both(t, w, "options.pl", []string{"--conf_file=" + file}, func(t *testing.T, s server) string { return ask(t, s, "") })
}

// access: allow_deny gives Net::Server's answers.
func access(t *testing.T, w *world) {
	script := filepath.Join(w.dir, "access-compare.pl")
	text, err := w.source("access-compare.pl")
	if err == nil {
		err = os.WriteFile(script, []byte(text), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Output("perl", "-I"+w.lib, script, "1", "20000")
	if err != nil {
		t.Fatal(err)
	}
	if got != "20000 questions\n" {
		t.Errorf("%.3000s", got)
	}
}

// tainted: programs with perl -T, as Net::Server's documentation has them.
func tainted(t *testing.T, w *world) {
	_, ours := w.program(t, "alarm.pl")
	s := w.startSuperdOn(t, "tcp", tcpPort, "-T", []string{"--port=20203", "--host=127.0.0.1", "--mode=prefork-simple", "--max-servers=1", "--worker=pass", "--extra=unknown x"}, "-w", ours)
	if got := ask(t, s, "hello\n"); got != "You said 'hello'\r\n" {
		t.Errorf("got %q; the log has %s", got, s.log())
	}
	s.stop(t)
}

// accepting: workers that accept by themselves, from several sockets, and are
// replaced after a few clients, none of whom is lost.
func accepting(t *testing.T, w *world) {
	name := filepath.Join(w.dir, "accept.pl")
	text := `package Accept;
use base qw(Superd::NetServer);
Accept->run;
sub process_request {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    return $client->send("$$ $prop->{udp_data}") if $prop->{udp_true};
    print "$$ from ", $client->NS_proto, ' ', ref $prop->{superd} || 'by itself', ': ', <STDIN>;
}
`
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	s := w.startSuperdOn(t, "tcp", tcpPort, name, []string{"--port=20203/tcp", "--port=20203/udp", "--host=127.0.0.1", "--mode=prefork-simple",
		"--worker=accept", "--max-servers=2", "--max-requests=3", "--max-requests-jitter=0"})
	workers := map[string]bool{}
	for i := range 20 {
		said := fmt.Sprintf("number %d", i)
		pid, got, _ := strings.Cut(ask(t, s, said), " ")
		if got != "from TCP by itself: "+said {
			t.Fatalf("client %d got %q; the log has %s", i, got, s.log())
		}
		workers[pid] = true
		c, err := w.Dial("udp", tcpPort, limit)
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, said)
		c.SetDeadline(time.Now().Add(limit))
		buf := make([]byte, 100)
		n, err := c.Read(buf)
		c.Close()
		if err != nil || !strings.HasSuffix(string(buf[:n]), " "+said) {
			t.Fatalf("datagram %d: %q, %v; the log has %s", i, buf[:n], err, s.log())
		}
	}
	if len(workers) < 5 {
		t.Errorf("20 clients and 20 datagrams of workers that serve 3 each were served by %d workers", len(workers))
	}
	s.stop(t)
	if strings.Contains(s.log(), "event=worker-kill") || strings.Contains(s.log(), "status=1") {
		t.Errorf("the log has %s", s.log())
	}
}
