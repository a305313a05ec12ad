// SPDX-License-Identifier: Apache-2.0

package shim

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"superd/internal/testneed"
)

// TestMain plays inet-shim where a test runs it by that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "inet-shim" {
		os.Exit(Main(os.Args, os.Environ(), os.Stderr))
	}
	os.Exit(m.Run())
}

// command is the shim as another process.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "inet-shim"
	return cmd
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	noexec := filepath.Join(dir, "noexec")
	if err := os.WriteFile(noexec, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"sh", "-c", "exit 9"}, 9, ""},
		{[]string{"--chroot", "/no/such", "/bin/true"}, ExitSetupFailed, "inet-shim: chroot \"/no/such\": no such file or directory\n"},
		{[]string{"--working-directory", "/no/such", "/bin/true"}, ExitSetupFailed, "inet-shim: chdir \"/no/such\": no such file or directory\n"},
		{[]string{noexec}, ExitNotRunnable, "inet-shim: execve \"" + noexec + "\": permission denied\n"},
		{[]string{"no-such-program"}, ExitNotFound, "inet-shim: execve \"/no-such-program\": no such file or directory\n"},
		{[]string{"--stderr", "client", "/no/such"}, ExitNotFound, "inet-shim: execve \"/no/such\": no such file or directory\n"},
	} {
		cmd := command(c.args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != c.code || stderr.String() != c.stderr {
			t.Errorf("%q: code %d, %s", c.args, got, &stderr)
		}
	}
}

// TestSmallAddressSpace: between the first step and the exec runs no Go code, which
// would now and then find no memory. A failure is told all the same.
func TestSmallAddressSpace(t *testing.T) {
	n := 100
	if testing.Short() {
		n = 10
	}
	for range n {
		if out, err := command("--rlimit-as", "64M", "/bin/true").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		cmd := command("--rlimit-as", "1M", "/no/such")
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != ExitNotFound || string(out) != "inet-shim: execve \"/no/such\": no such file or directory\n" {
			t.Fatalf("%v: %s", cmd.ProcessState, out)
		}
	}
}

// TestSetsidOfALeader: who leads a process group, as every job of a shell does, can
// have no new session, and goes on.
func TestSetsidOfALeader(t *testing.T) {
	cmd := command("--setsid", "/bin/echo", "on")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "on\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestOnASocket hands the shim an accepted connection, as inetd, tcpserver and
// systemd do, and reads what the probe found.
func TestOnASocket(t *testing.T) {
	testneed.Need(t, "cc")
	probe := filepath.Join(t.TempDir(), "probe")
	if out, err := exec.Command("cc", "-O1", "-static", "-o", probe, "../../testdata/probe/probe.c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct {
		name, network, listen, dial string
		args                        []string
		want                        []string // %s is the client's address, then its port
		not                         []string
	}{
		{"v4", "tcp", "127.0.0.1:0", "tcp4", nil,
			[]string{"env=PROTO=TCP", "env=REMOTE_HOST=127.0.0.1", "env=REMOTE_PORT=%s", "env=TCPREMOTEIP=127.0.0.1", "env=TCPREMOTEPORT=%s", "env=TCPLOCALIP=127.0.0.1", "fd0.peername=inet 127.0.0.1 %s"},
			[]string{"env=KEEP=1", "env=TCPREMOTEIP=forged"}},
		{"mapped", "tcp", "[::]:0", "tcp4", nil,
			[]string{"env=REMOTE_HOST=127.0.0.1", "env=TCPLOCALIP=127.0.0.1", "fd0.peername=inet 127.0.0.1 %s"}, []string{":ffff:"}},
		{"v6", "tcp", "[::1]:0", "tcp6", nil,
			[]string{"env=REMOTE_HOST=::1", "fd0.peername=inet6 ::1 %s"}, nil},
		{"kept environment", "tcp", "127.0.0.1:0", "tcp4", []string{"--keep-env"},
			[]string{"env=KEEP=1", "env=TCPREMOTEIP=127.0.0.1", "env=TCPREMOTEHOST=of-tcpserver"}, []string{"env=TCPREMOTEIP=forged"}},
		{"null", "tcp", "127.0.0.1:0", "tcp4", []string{"--stdio", "null", "--stderr", "null", "--env", "PROBE_FD=3"},
			[]string{"fd0=char cloexec=0", "fd1=char", "fd2=char", "fd3=socket cloexec=0", "env=LISTEN_FDS=1", "fd3.peername=inet 127.0.0.1 %s"}, []string{"fd4"}},
		{"unix", "unix", filepath.Join(t.TempDir(), "s"), "unix", nil, []string{"env=PROTO=UNIX"}, []string{"TCP", "REMOTE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.dial == "tcp6" {
				testneed.Need(t, "ipv6")
			}
			output, port := serveOne(t, c.network, c.listen, c.dial, append(c.args, probe))
			for _, w := range c.want {
				if w = strings.ReplaceAll(w, "%s", port); !strings.Contains(output, w) {
					t.Errorf("no %q in\n%s", w, output)
				}
			}
			for _, w := range c.not {
				if strings.Contains(output, w) {
					t.Errorf("%q in\n%s", w, output)
				}
			}
		})
	}
}

// serveOne accepts one connection and makes it 0 and 1 of the shim.
func serveOne(t *testing.T, network, listen, dial string, args []string) (output, clientPort string) {
	t.Helper()
	ln, err := net.Listen(network, listen)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	to := ln.Addr().String()
	if dial == "tcp4" {
		to = fmt.Sprint("127.0.0.1:", ln.Addr().(*net.TCPAddr).Port)
	}
	client, err := net.Dial(dial, to)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	f, err := conn.(interface{ File() (*os.File, error) }).File()
	conn.Close()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(args...)
	cmd.Env = []string{"KEEP=1", "TCPREMOTEIP=forged", "TCPREMOTEHOST=of-tcpserver", "PATH=/usr/bin:/bin"}
	cmd.Stdin, cmd.Stdout = f, f
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err = cmd.Start()
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(client)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	_, port, _ := net.SplitHostPort(client.LocalAddr().String())
	return string(b), port
}
