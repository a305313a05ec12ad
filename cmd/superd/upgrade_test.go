// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestUpgradeToAnotherVersion: a superd of another version, with the next state format and
// one more attribute, takes over; the way back is refused before anything has happened, be
// it for the state or for the attribute.
func TestUpgradeToAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	old := build(t, dir, "1.0.0")
	half := build(t, dir, "1.5.0", "-tags", "superd_next")
	next := build(t, dir, "2.0.0", "-tags", "superd_next,superd_next_attribute")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	socket, conf := filepath.Join(dir, "control.sock"), filepath.Join(dir, "superd.toml")
	write := func(more string) {
		t.Helper()
		text := fmt.Sprintf("[services.cat]\nport = %q\nuser = %q\nexec = [\"/bin/cat\"]\n%s", dir+"/cat", me.Username, more)
		if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	var said bytes.Buffer
	cmd := exec.Command(old, "run", "-c", conf, "--control", socket)
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
	c := dialUntil(t, "unix", dir+"/cat")
	defer c.Close()
	talkTo(t, c, "before\n")
	ask := func(want string, args ...string) {
		t.Helper()
		out, err := exec.Command(next, append(args, "--control", socket)...).CombinedOutput()
		if refused := strings.HasPrefix(want, "no "); (err != nil) != refused || !strings.Contains(string(out), want) {
			t.Fatalf("%q: %v: %s, want %q", args, err, out, want)
		}
		talkTo(t, c, "still\n")
	}
	upgraded := func(from, to string) string {
		return fmt.Sprintf("upgraded from %s to %s, process %d\n", from, to, cmd.Process.Pid)
	}
	ask(upgraded("1.0.0", "2.0.0"), "upgrade", next)
	write("motto = \"onwards\"\n")
	ask("retune cat", "reload")
	ask("no upgrade: \""+old+"\": it does not take over: the state is of version 2, and this superd knows 1", "upgrade", old)
	ask("no upgrade: \""+half+"\": it does not take over: "+conf+":5", "upgrade", half)
	ask(upgraded("2.0.0", "2.0.0"), "upgrade", next)
	// What counts is what runs.
	write("")
	ask("no upgrade: \""+half+"\": it does not take over: "+conf+":5", "upgrade", half)
	ask("retune cat", "reload")
	write("motto = \"onwards\"\n")
	ask(upgraded("2.0.0", "1.5.0"), "upgrade", half)
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

func dialUntil(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial(network, addr)
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
