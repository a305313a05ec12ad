// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"superd/internal/peers"
	"superd/internal/testneed"
)

const logPatience = 20 * time.Second

// TestXinetdLogs: the same clients come to the same xinetd.conf under the real
// xinetd and under superd, and the services' logs, in files and in syslog, are the
// same byte for byte, with times, process ids and durations masked. What is
// left out are the written differences: xinetd checks addresses in the child and so
// logs START and EXIT for clients that it denies, and it has mapped addresses.
func TestXinetdLogs(t *testing.T) {
	testneed.Need(t, "root", "namespaces", "xinetd", "python3")
	superd := peers.Build(t, "superd/cmd/superd")
	conf := strings.NewReplacer("CLOSED", closedHour(time.Now().UTC())).Replace(string(readFile(t, "../../testdata/difftest/logs.conf")))
	want := runLogs(t, conf, "/usr/sbin/xinetd", "-dontfork", "-filelog", "/tmp/daemon.log", "-f", "/etc/logs.conf")
	got := runLogs(t, conf, superd, "run", "-c", "xinetd:/etc/logs.conf", "-c", "/etc/superd.toml")
	for _, name := range []string{"denied", "wrapped"} {
		want[name] = regexp.MustCompile(`(?m)^TIME: (START|EXIT): .*\n`).ReplaceAllString(want[name], "")
	}
	want["dual"] = strings.ReplaceAll(want["dual"], "from=::ffff:", "from=")
	for name, text := range want {
		if text == "" && name != "nothing" {
			t.Errorf("%s: xinetd has written nothing, so nothing is compared", name)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("xinetd (-), superd (+):\n%s", d)
	}
}

// closedHour is an hour of today that is not now.
func closedHour(now time.Time) string {
	if h := now.Hour(); h < 12 {
		return fmt.Sprintf("%d:00-%d:30", h+6, h+6)
	}
	return fmt.Sprintf("%d:00-%d:30", now.Hour()-6, now.Hour()-6)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// logWorld is a root in which one of the two runs.
type logWorld struct {
	*testing.T
	root *peers.Root
	cmd  *exec.Cmd

	mu     sync.Mutex
	syslog strings.Builder
}

// runLogs gives the logs, masked, by service; "syslog" is what was sent there.
func runLogs(t *testing.T, conf, program string, args ...string) map[string]string {
	w := &logWorld{T: t, root: peers.New(t, peers.Options{})}
	for name, text := range map[string]string{"/etc/logs.conf": conf, "/opt/exit3": "#!/bin/sh\nexit 3\n", "/opt/killed": "#!/bin/sh\nkill -9 $$\n",
		"/opt/read": "#!/usr/bin/python3\nimport socket\nsocket.socket(fileno=0).recv(100)\n",
		"/opt/take": "#!/usr/bin/python3\nimport socket\ns=socket.socket(fileno=0)\ns.accept()\n", "/etc/superd.toml": "[daemon]\nlog_format = \"xinetd\"\n",
		"/etc/hosts.allow": "", "/etc/hosts.deny": "wrapped: 127.0.0.1\n"} {
		if err := w.root.WriteFile(name, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.listen()
	w.start(program, args...)
	w.clients()
	out := map[string]string{"syslog": w.masked(w.sent())}
	for _, name := range []string{"plain", "plain6", "bare", "denied", "killed", "closed", "persource", "datagram", "stream", "limited", "wrapped", "dual", "nothing"} {
		out[name] = w.masked(w.file(name))
	}
	return out
}

// listen takes what is sent to /dev/log.
func (w *logWorld) listen() {
	var c *net.UnixConn
	var err error
	w.root.Do(func() { c, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "/dev/log", Net: "unixgram"}) })
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan struct{})
	w.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		for buf := make([]byte, 9000); ; {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			w.mu.Lock()
			w.syslog.WriteString(string(buf[:n]) + "\n")
			w.mu.Unlock()
		}
	}()
}

func (w *logWorld) sent() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.syslog.String()
}

func (w *logWorld) start(program string, args ...string) {
	w.cmd = w.root.Command(program, args...)
	w.cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC", "LANG=C"}
	out, err := os.Create(filepath.Join(w.TempDir(), "out"))
	if err != nil {
		w.Fatal(err)
	}
	defer out.Close()
	w.cmd.Stdout, w.cmd.Stderr = out, out
	if err := w.root.Start(w.cmd); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		w.cmd.Process.Signal(syscall.SIGTERM)
		w.cmd.Wait()
		if w.Failed() {
			w.Logf("%s", readFile(w.T, out.Name()))
		}
	})
}

// clients come one after the other: each has left its line before the next.
func (w *logWorld) clients() {
	w.visit(7001, "127.0.0.1", "plain", "EXIT", 1)
	w.visit(7001, "127.0.0.1", "plain", "EXIT", 2)
	w.visit(7011, "::1", "plain6", "EXIT", 1)
	w.visit(7002, "127.0.0.1", "bare", "EXIT", 1)
	w.visit(7003, "127.0.0.1", "denied", "FAIL", 1)
	w.visit(7004, "127.0.0.1", "killed", "EXIT", 1)
	w.visit(7005, "127.0.0.1", "closed", "FAIL", 1)
	one := w.dial("tcp", 7006, "127.0.0.1")
	w.await("persource", "START", 1)
	w.visit(7006, "127.0.0.1", "persource", "FAIL", 1)
	one.Close()
	w.await("persource", "EXIT", 1)
	c := w.dial("udp", 7007, "127.0.0.1")
	io.WriteString(c, "x")
	w.await("datagram", "EXIT", 1)
	c.Close()
	w.visit(7008, "127.0.0.1", "stream", "EXIT", 1)
	for n := range 5 {
		w.visit(7009, "127.0.0.1", "limited", "START", min(n+1, 3))
	}
	one = w.dial("tcp", 7010, "127.0.0.1")
	w.await("syslog", "START", 1)
	w.visit(7010, "127.0.0.1", "syslog", "FAIL", 1)
	one.Close()
	w.await("syslog", "EXIT", 1)
	w.visit(7013, "127.0.0.1", "wrapped", "FAIL", 1)
	w.visit(7014, "127.0.0.1", "dual", "EXIT", 1)
	w.visit(7014, "::1", "dual", "EXIT", 2)
	w.visit(7012, "127.0.0.1", "", "", 0)
}

func (w *logWorld) dial(network string, port int, host string) net.Conn {
	w.Helper()
	addr := net.JoinHostPort(host, fmt.Sprint(port))
	for deadline := time.Now().Add(logPatience); ; time.Sleep(5 * time.Millisecond) {
		c, err := w.root.Dial(network, addr, logPatience)
		if err == nil {
			return c
		}
		if time.Now().After(deadline) {
			w.Fatal(err)
		}
	}
}

// visit comes, waits until the service hangs up, and then for the n-th line of a
// kind in a service's log.
func (w *logWorld) visit(port int, host, name, kind string, n int) {
	w.Helper()
	c := w.dial("tcp", port, host)
	c.SetReadDeadline(time.Now().Add(logPatience))
	io.Copy(io.Discard, c)
	c.Close()
	if name != "" {
		w.await(name, kind, n)
	}
}

func (w *logWorld) await(name, kind string, n int) {
	w.Helper()
	text := ""
	for deadline := time.Now().Add(logPatience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if name == "syslog" {
			text = w.sent()
		} else {
			text = w.file(name)
		}
		if strings.Count(text, kind+": ") >= n {
			return
		}
	}
	w.Fatalf("%s has not %d times %s:\n%s", name, n, kind, text)
}

func (w *logWorld) file(name string) string {
	text, _ := w.root.ReadFile("/var/log/" + name + ".log")
	return text
}

var masks = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(?m)^\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d: `), "TIME: "},
	{regexp.MustCompile(`(?m)^(<\d+>)[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d xinetd\[\d+\]: `), "${1}TIME xinetd[PID]: "},
	{regexp.MustCompile(`pid=\d+`), "pid=N"},
	{regexp.MustCompile(`duration=[0-9]\(sec\)`), "duration=N(sec)"},
}

func (w *logWorld) masked(text string) string {
	for _, m := range masks {
		text = m.re.ReplaceAllString(text, m.to)
	}
	return text
}
