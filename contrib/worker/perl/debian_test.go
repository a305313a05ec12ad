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
)

// sampleChat: Net::Server's own samplechat.pl, a chat of several clients in one
// process.
func sampleChat(t *testing.T, w *world) {
	theirs, ours := w.program(t, debianExamples+"samplechat.pl")
	ns := w.startNetServer(t, theirs)
	ns.signal = os.Kill // it looks at signals only when a client does something
	compare(t, ns, func() server {
		return w.startSuperdOn(t, "tcp", tcpPort, ours, []string{"--port=20203", "--host=127.0.0.1", "--mode=multiplex", "--worker=pass"})
	}, chat)
}

// chat is three people, one of whom comes late and one of whom leaves early.
func chat(t *testing.T, s server) string {
	type person struct {
		conn  net.Conn
		lines *bufio.Reader
	}
	var said strings.Builder
	come := func() person {
		c := s.dial(t)
		return person{c, bufio.NewReader(c)}
	}
	hear := func(who string, p person, lines int) {
		for range lines {
			fmt.Fprintf(&said, "%s: %s", who, line(t, p.conn, p.lines))
		}
	}
	leave := func(who string, p person) {
		hangUp(t, p.conn)
		p.conn.SetDeadline(time.Now().Add(limit))
		text, err := io.ReadAll(p.lines)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&said, "%s, to the end: %q\n", who, text)
	}
	ann := come()
	hear("Ann", ann, 2) // her own coming, and a welcome
	bob := come()
	hear("Bob", bob, 2)
	hear("Ann", ann, 1)
	send(t, ann.conn, "hello\r\n")
	hear("Ann", ann, 2)
	hear("Bob", bob, 1)
	send(t, bob.conn, "one\ntwo\nhal")
	hear("Bob", bob, 4)
	hear("Ann", ann, 2)
	send(t, bob.conn, "f\n")
	hear("Bob", bob, 2)
	hear("Ann", ann, 1)
	cem := come()
	hear("Cem", cem, 2)
	hear("Ann", ann, 1)
	hear("Bob", bob, 1)
	leave("Bob", bob)
	hear("Ann", ann, 1)
	hear("Cem", cem, 1)
	send(t, cem.conn, strings.Repeat("long ", 2000)+"\n")
	hear("Ann", ann, 1)
	hear("Cem", cem, 2)
	ann.conn.Close()
	hear("Cem", cem, 1)
	leave("Cem", cem)
	dan := come()
	hear("Dan", dan, 2)
	return said.String()
}

// udpServer: Net::Server's own udp_server.pl, which receives by itself.
func udpServer(t *testing.T, w *world) {
	theirs, ours := w.program(t, debianExamples+"udp_server.pl")
	ns := w.startProcess(t, "udp", tcpPort, w.Command("perl", theirs))
	waitLog(t, ns, "(User Not Defined)") // both its sockets are bound
	compare(t, ns, func() server {
		return w.startSuperdOn(t, "udp", tcpPort, ours, []string{"--port=20203/udp", "--host=127.0.0.1", "--mode=prefork-simple", "--max-servers=2", "--worker=accept"})
	}, func(t *testing.T, s server) string {
		var said strings.Builder
		a, b := s.dial(t), s.dial(t)
		for i, c := range []net.Conn{a, b, a, b} {
			for _, text := range []string{"hello", "", "a line\nand another\n", strings.Repeat("x", 3000), "b\x00y\xffte"} {
				send(t, c, text)
				c.SetDeadline(time.Now().Add(limit))
				buf := make([]byte, 65536)
				n, err := c.Read(buf)
				if err != nil {
					t.Fatalf("%v; it wrote: %s", err, s.log())
				}
				fmt.Fprintf(&said, "%d: %q\n", i, buf[:n])
			}
		}
		return said.String()
	})
}

// connectionTest: Net::Server's own connection_test.pl, its TCP and unix parts,
// each with the program's own client.
func connectionTest(t *testing.T, w *world) {
	theirs, ours := w.program(t, debianExamples+"connection_test.pl")
	cmd := w.Command("perl", theirs)
	ns := w.startProcess(t, "tcp", "127.0.0.1:20204", cmd)
	dir := waitLog(t, ns, `Binding to UNIX socket file "(.+)/mysocket\.file"`)
	pids := regexp.MustCompile(`\(\d+\)`)
	client := func(part, dir string, s *process) string {
		t.Helper()
		got, err := w.Output("perl", theirs, part, dir)
		if err != nil {
			t.Fatalf("%v; the server wrote: %s", err, s.log())
		}
		_, got, _ = strings.Cut(got, "Testing ")
		return pids.ReplaceAllString(got, "PID")
	}
	wantTCP, wantUnix := client("TCP", dir, ns), client("UNIX", dir, ns)
	ns.stop(t)
	for _, want := range []string{wantTCP, wantUnix} {
		if !strings.Contains(want, "Welcome to") {
			t.Fatalf("Net::Server said %q", want)
		}
	}

	dir = filepath.Join(w.dir, "sockets")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sd := w.startSuperdOn(t, "tcp", "127.0.0.1:20204", ours, []string{"--port=20204", "--port=" + dir + "/mysocket.file|unix",
		"--host=127.0.0.1", "--mode=prefork", "--worker=pass"})
	for part, want := range map[string]string{"TCP": wantTCP, "UNIX": wantUnix} {
		if got := client(part, dir, sd); got != want {
			t.Errorf("%s: under Net::Server %q, as a worker %q", part, want, got)
		}
	}
	sd.stop(t)
}
