// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// The root has its own processes, network and files, and what is written in it
// is gone with it.
func TestRootIsItsOwn(t *testing.T) {
	r := New(t, Options{})
	for _, row := range []struct{ script, want string }{
		{"hostname", "peers"},
		{"cat /proc/1/comm", "bash"},
		{"ip -o link | wc -l", "1"},
		{"ip -o addr show dev lo | wc -l", "2"},
		{"getent passwd tester | cut -d: -f3", "1000"},
		{"echo x > /etc/written; cat /etc/written", "x"},
		{"test -e /dev/log; echo $?", "1"},
	} {
		got, err := r.Output("/bin/bash", "-c", row.script)
		if err != nil || strings.TrimSpace(got) != row.want {
			t.Errorf("%s: got %q, %v; want %q", row.script, got, err, row.want)
		}
	}
	again := New(t, Options{})
	if _, err := again.ReadFile("/etc/written"); !os.IsNotExist(err) {
		t.Errorf("a file written in one root is in the next: %v", err)
	}
}

// A daemon that went to the background ends with its root.
func TestCloseEndsDaemons(t *testing.T) {
	r := New(t, Options{})
	out, err := r.Output("/bin/bash", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!")
	if err != nil || out == "" {
		t.Fatal(out, err)
	}
	r.Close()
	left, _ := os.ReadDir("/proc")
	for _, e := range left {
		cmd, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if strings.HasPrefix(string(cmd), "sleep\x001000") {
			t.Errorf("process %s is left over", e.Name())
		}
	}
}

func TestDialReachesTheRoot(t *testing.T) {
	r := New(t, Options{})
	cmd := r.Command("tcpserver", "-HRl0", "127.0.0.1", "7", "/bin/echo", "hello")
	if err := r.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := r.WaitListening("tcp", 7, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	c, err := r.Dial("tcp", "127.0.0.1:7", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := io.ReadAll(c); string(got) != "hello\n" {
		t.Errorf("got %q, %v", got, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
}
