// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"superd/internal/peers"
	"superd/internal/systemdtest"
	"superd/internal/testneed"
)

// contribService is contrib/systemd/superd.service for a booted test machine.
func contribService(t *testing.T, superd, args string, more ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(unitsDir, "superd.service"))
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(text), "[Unit]\n", unitHead, 1)
	s = strings.Replace(s, "run --leave-sessions", "run --leave-sessions "+args, 1)
	s = strings.ReplaceAll(s, "/usr/sbin/superd", superd)
	return strings.Replace(s, "[Install]", "StandardError=append:/run/superd.log\n"+strings.Join(more, "\n")+"\n[Install]", 1)
}

// sdMachine is a booted systemd with superd's unit.
type sdMachine struct {
	*systemdtest.Machine
	t *testing.T
}

func bootSuperd(t *testing.T, unit, conf string, units map[string]string, more ...string) *sdMachine {
	t.Helper()
	testneed.Need(t, "root", "systemd")
	superd := peers.Build(t, "superd/cmd/superd")
	all := map[string]string{"superd.toml": conf,
		"superd.service": contribService(t, superd, "-c /run/systemd/system/superd.toml", more...)}
	for name, text := range units {
		all[name] = unitHead + text
	}
	m := &sdMachine{systemdtest.Start(t, systemdtest.Options{Units: all, Unit: unit}), t}
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := m.Command("cat", "/run/superd.log").CombinedOutput()
			t.Logf("the console:\n%s\nsuperd's log:\n%s", m.Console(), log)
		}
	})
	return m
}

// sh runs a shell command inside, which must go well.
func (m *sdMachine) sh(script string) string {
	m.t.Helper()
	out, err := m.Command("bash", "-euc", script).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// show gives a property of superd.service.
func (m *sdMachine) show(property string) string {
	m.t.Helper()
	return m.sh("systemctl show --value -p " + property + " superd.service")
}

func (m *sdMachine) await(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("it never comes that %s", what)
		}
	}
}

// client is this test's own program inside, which makes connections (clientMain).
func (m *sdMachine) client(args ...string) (cmd *exec.Cmd, in io.WriteCloser, out *syncBuffer) {
	m.t.Helper()
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	cmd = m.Command(self, args...)
	cmd.Env = append(os.Environ(), "SUPERD_TEST_CLIENT=1")
	out = new(syncBuffer)
	cmd.Stdout, cmd.Stderr = out, out
	if in, err = cmd.StdinPipe(); err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return cmd, in, out
}

// clientMain is the client: `load NETWORK ADDRESS` connects again and again, from
// four sides, until its input ends; `wait N NETWORK ADDRESS` connects N times,
// says "waiting", and reads when its input ends. Each connection must give "hello".
// It ends with how many did and how many did not.
func clientMain(args []string) int {
	var served, lost atomic.Int64
	var last atomic.Value
	one := func(c net.Conn, err error) {
		var got []byte
		if err == nil {
			c.SetDeadline(time.Now().Add(30 * time.Second))
			got, err = io.ReadAll(c)
			c.Close()
		}
		if err != nil || string(got) != "hello\n" {
			lost.Add(1)
			last.Store(fmt.Sprintf("%q, %v", got, err))
			return
		}
		served.Add(1)
	}
	switch args[0] {
	case "load":
		var end atomic.Bool
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for !end.Load() {
					one(net.Dial(args[1], args[2]))
				}
			})
		}
		io.Copy(io.Discard, os.Stdin)
		end.Store(true)
		all.Wait()
	case "wait":
		var n int
		fmt.Sscan(args[1], &n)
		var conns []net.Conn
		for range n {
			c, err := net.Dial(args[2], args[3])
			if err != nil {
				one(nil, err)
				continue
			}
			conns = append(conns, c)
		}
		fmt.Println("waiting")
		io.Copy(io.Discard, os.Stdin)
		for _, c := range conns {
			one(c, nil)
		}
	}
	fmt.Printf("served %d lost %d %v\n", served.Load(), lost.Load(), last.Load())
	if lost.Load() > 0 || served.Load() == 0 {
		return 1
	}
	return 0
}

// TestActivationBySystemd: the first client of a socket starts superd, over tcp,
// udp and unix, by name and by address; after a stop the next client starts it again.
func TestActivationBySystemd(t *testing.T) {
	m := bootSuperd(t, "test.target", `
[defaults]
user = "nobody"
[services.named]
port = "systemd"
exec = ["/bin/echo", "hello"]
[services.datagram]
port = "127.0.0.1:7/udp"
mode = "wait"
exec = ["/bin/sh", "-c", "dd bs=100 count=1 >>/run/got 2>/dev/null"]
user = "root"
[services.local]
port = "/run/local.sock"
exec = ["/bin/sh", "-c", "echo ${LISTEN_FDS-none}${LISTEN_FDNAMES-}${NOTIFY_SOCKET-}"]
passenv = ["*"]
[services.both]
port = 79
exec = ["/bin/echo", "hello"]
`, map[string]string{
		"test.target":        "Wants=named.socket superd-udp.socket superd-unix.socket both.socket\n",
		"named.socket":       "[Socket]\nService=superd.service\nListenStream=127.0.0.1:7\n",
		"superd-udp.socket":  "[Socket]\nService=superd.service\nListenDatagram=127.0.0.1:7\n",
		"superd-unix.socket": "[Socket]\nService=superd.service\nFileDescriptorName=local\nListenStream=/run/local.sock\n",
		"both.socket":        "[Socket]\nService=superd.service\nListenStream=79\n",
	})
	if state := m.show("ActiveState"); state != "inactive" {
		t.Fatalf("before the first client superd is %s", state)
	}
	ask := func(where string) string { return m.sh("exec 3<>/dev/tcp/" + where + "; cat <&3") }
	if got := ask("127.0.0.1/7"); got != "hello" {
		t.Errorf("tcp by name: %q", got)
	}
	for _, where := range []string{"127.0.0.1/79", "::1/79"} {
		if got := ask(where); got != "hello" {
			t.Errorf("one socket for both versions, from %s: %q", where, got)
		}
	}
	m.sh("echo by datagram >/dev/udp/127.0.0.1/7; until grep -q 'by datagram' /run/got; do :; done 2>/dev/null")
	cmd, in, out := m.client("wait", "1", "unix", "/run/local.sock")
	in.Close()
	cmd.Wait()
	if !strings.Contains(out.String(), `"none\n"`) {
		t.Errorf("unix: a handler finds %s", out)
	}
	m.sh("systemctl stop superd.service")
	if got := ask("127.0.0.1/7"); got != "hello" {
		t.Errorf("after a stop: %q", got)
	}
	m.sh("test -S /run/local.sock") // systemd's, and left to it
}

const loadConf = `
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.hello]
port = 7
exec = ["/bin/echo", "hello"]
[services.session]
port = 8
exec = ["/bin/cat"]
`

// session talks to port 8 for as long as a test likes: alive asserts that it still does.
func (m *sdMachine) session(t *testing.T) (alive func(when string), hangUp func()) {
	t.Helper()
	session := m.Command("bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/8; while read line; do echo "$line" >&3; read answer <&3; echo "$answer"; done`)
	var answers syncBuffer
	session.Stdout = &answers
	say, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	alive = func(when string) {
		t.Helper()
		fmt.Fprintln(say, when)
		m.await("the session goes on "+when, func() bool { return strings.Contains(answers.String(), when+"\n") })
	}
	return alive, func() {
		say.Close()
		session.Wait()
	}
}

// TestNobodyIsLostUnderSystemd: reload and restart under load, and kill -9 with
// clients who wait: all are served, and a session goes on through all of it.
func TestNobodyIsLostUnderSystemd(t *testing.T) {
	m := bootSuperd(t, "superd.service", loadConf, nil, "FileDescriptorStoreMax=100")
	stored := func() { m.await("the sockets are kept", func() bool { return m.show("NFileDescriptorStore") == "3" }) }
	stored()
	alive, hangUp := m.session(t)
	alive("at first")
	load, end, said := m.client("load", "tcp", "127.0.0.1:7")
	for i := range 5 {
		m.sh("systemctl reload superd.service")
		alive(fmt.Sprintf("after reload %d", i))
		m.sh("systemctl restart superd.service")
		alive(fmt.Sprintf("after restart %d", i))
		stored()
	}
	end.Close()
	if err := load.Wait(); err != nil {
		t.Errorf("under reloads and restarts: %v: %s", err, said)
	}
	t.Logf("under reloads and restarts: %s", said)
	for i := range 3 {
		pid := m.show("MainPID")
		m.sh("systemctl kill --kill-who=main -s STOP superd.service; until grep -q 'State:.*T' /proc/" + pid + "/status; do :; done")
		wait, end, said := m.client("wait", "50", "tcp", "127.0.0.1:7")
		m.await("clients wait", func() bool { return strings.Contains(said.String(), "waiting") })
		m.sh("systemctl kill --kill-who=main -s KILL superd.service")
		end.Close()
		if err := wait.Wait(); err != nil {
			t.Errorf("after kill -9: %v: %s", err, said)
		}
		alive(fmt.Sprintf("after kill %d", i))
		m.await("superd is another", func() bool { return m.show("MainPID") != pid && m.show("ActiveState") == "active" })
		stored()
	}
	hangUp()
}

// TestWatchdogOfSystemd: it fires when superd is stopped, and not otherwise.
func TestWatchdogOfSystemd(t *testing.T) {
	m := bootSuperd(t, "superd.service", loadConf, nil, "WatchdogSec=1s", "TimeoutAbortSec=1s")
	pid := m.show("MainPID")
	for began := time.Now(); time.Since(began) < 4*time.Second; {
		m.sh("exec 3<>/dev/tcp/127.0.0.1/7; cat <&3")
		m.sh("systemctl reload superd.service")
	}
	if now := m.show("MainPID"); now != pid || m.show("NRestarts") != "0" {
		t.Fatalf("the watchdog has fired: %s restarts", m.show("NRestarts"))
	}
	if status := m.show("StatusText"); !strings.HasPrefix(status, "services: 2, sessions: 0, refused: 0") {
		t.Errorf("the status is %q", status)
	}
	m.sh("systemctl kill --kill-who=main -s STOP superd.service")
	m.await("the watchdog fires", func() bool { return m.show("NRestarts") == "1" && m.show("ActiveState") == "active" })
	if got := m.sh("exec 3<>/dev/tcp/127.0.0.1/7; cat <&3"); got != "hello" {
		t.Errorf("after it: %q", got)
	}
	if !bytes.Contains([]byte(m.Console()), []byte("Watchdog timeout")) {
		t.Errorf("it was not the watchdog:\n%s", m.Console())
	}
}

// TestHardenedServes: under hardened.conf superd serves, reloads, and starts handlers
// by its own way and not through inet-shim.
func TestHardenedServes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(unitsDir, "hardened.conf"))
	if err != nil {
		t.Fatal(err)
	}
	_, options, _ := strings.Cut(string(text), "[Service]\n")
	m := bootSuperd(t, "superd.service", loadConf+`
[services.probe]
port = "9"
exec = ["/bin/sh", "-c", "id -u; grep NoNewPrivs /proc/self/status; cat /home/* 2>&1; ps -o comm= $PPID"]
nice = -5
rlimit_files = "2000:20000"
chroot = "/"
`, nil, options, "PrivateTmp=no") // the superd under test lies in /tmp
	if got := m.sh("exec 3<>/dev/tcp/127.0.0.1/7; cat <&3"); got != "hello" {
		t.Errorf("%q", got)
	}
	m.sh("systemctl reload superd.service")
	got := m.sh("exec 3<>/dev/tcp/127.0.0.1/9; cat <&3")
	if !strings.HasPrefix(got, "65534\nNoNewPrivs:\t1\n") || !strings.HasSuffix(got, "superd") {
		t.Errorf("a handler says %q", got)
	}
	if log := m.sh("cat /run/superd.log"); strings.Contains(log, "shim") || strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
		t.Errorf("the log:\n%s", log)
	}
}
