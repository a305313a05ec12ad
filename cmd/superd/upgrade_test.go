// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUpgradeToAnotherVersion: a superd of another version and of the next state
// format takes over, and the way back is refused before anything has happened.
func TestUpgradeToAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	old, next := build(t, dir, "1.0.0"), build(t, dir, "2.0.0", "-tags", "superd_next")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	socket := filepath.Join(dir, "control.sock")
	var said bytes.Buffer
	cmd := exec.Command(old, "serve", "--host", host(addr), "--port", portOf(addr), "--control", socket, "--", "/bin/cat")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	}()
	c := dialUntil(t, addr)
	defer c.Close()
	talkTo(t, c, "before\n")

	out, err := exec.Command(next, "upgrade", "--control", socket, next).CombinedOutput()
	if want := fmt.Sprintf("upgraded from 1.0.0 to 2.0.0, process %d\n", cmd.Process.Pid); err != nil || string(out) != want {
		t.Fatalf("upgrade: %v: %s", err, out)
	}
	talkTo(t, c, "after\n")
	out, err = exec.Command(next, "upgrade", "--control", socket, old).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the state is of version 2, and this superd knows 1") {
		t.Errorf("the way back: %v: %s", err, out)
	}
	talkTo(t, c, "still\n")
}

func build(t *testing.T, dir, version string, flags ...string) string {
	t.Helper()
	name := filepath.Join(dir, "superd-"+version)
	args := append([]string{"build", "-o", name, "-ldflags", "-X superd/cmd/superd/internal/cli.Version=" + version}, flags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return name
}

func host(addr string) string   { h, _, _ := net.SplitHostPort(addr); return h }
func portOf(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }

func dialUntil(t *testing.T, addr string) net.Conn {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.SetDeadline(time.Now().Add(time.Minute))
			return c
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func talkTo(t *testing.T, c net.Conn, line string) {
	t.Helper()
	buf := make([]byte, len(line))
	if _, err := c.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != line {
		t.Fatalf("%q, %v", buf[:n], err)
	}
}
