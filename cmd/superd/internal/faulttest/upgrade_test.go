// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/internal/testneed"
)

// Nobody is lost by upgrades, mixed with reloads, at full load: each client is served
// whole and counted once, sessions that were open all the while end with their right
// duration, and in the end superd has what it had in the beginning.
func TestUpgradeUnderLoad(t *testing.T) {
	n, upgrades, reloads := 5000, 5, 12
	if os.Getenv("SUPERD_CI") == "1" && !raced {
		n, upgrades, reloads = 50_000, 20, 50
	}
	const sessions = 10
	cat, long := port(t), port(t)
	conf := func(i int) string {
		return fmt.Sprintf(`[daemon]
log_level = 3
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.cat]
port = %d
exec = ["/bin/cat"]
max_servers = %d
[services.long]
port = %d
exec = ["/bin/cat"]
`, cat, 100+i, long)
	}
	s := start(t, with{}, conf(0))
	load(t, address(cat), 500, 8, nil, same)
	s.upgrade()
	before := s.atRest()

	var open [sessions]net.Conn
	for i := range open {
		open[i] = dial(t, "tcp", address(long))
		fmt.Fprintf(open[i], "%d\n", i)
		expect(t, open[i], fmt.Sprintf("%d\n", i))
	}
	began := time.Now()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	served := 0
	wg.Go(func() { served = load(t, address(cat), n, 8, stop, same) })
	for i := range upgrades + reloads {
		if (i+1)*upgrades/(upgrades+reloads) > i*upgrades/(upgrades+reloads) {
			s.upgrade()
			continue
		}
		s.configure(conf(i))
		s.reload()
	}
	wg.Wait()
	if served != n {
		t.Errorf("%d of %d clients were served", served, n)
	}
	lasted := time.Since(began)
	for i := range open {
		open[i].SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(open[i], "still %d\n", i)
		expect(t, open[i], fmt.Sprintf("still %d\n", i))
		open[i].Close()
	}
	s.waitCount(`event=exit service=long`, sessions)
	for _, m := range regexp.MustCompile(`event=exit service=long .* duration=([0-9.]+)`).FindAllStringSubmatch(s.text(), -1) {
		if d, err := strconv.ParseFloat(m[1], 64); err != nil || d < lasted.Seconds() {
			t.Errorf("a session of %v is told to have lasted %s s", lasted, m[1])
		}
	}
	total := n + 500
	s.waitCount(`event=exit service=cat`, total)
	if starts, ends := s.count(`event=start service=cat`), s.count(`event=exit service=cat`); starts != total || ends != total {
		t.Errorf("%d clients, %d starts, %d ends in the log", total, starts, ends)
	}
	after := s.atRest()
	if after.descriptors != before.descriptors {
		t.Errorf("descriptors before: %s\nafter: %s", before.descriptors, after.descriptors)
	}
	s.idles("nothing happens")
}

// A full disk keeps no superd from being upgraded, and the next one goes on with the log:
// it tells what was lost, once, when there is room again.
func TestUpgradeWithFullDisk(t *testing.T) {
	testneed.Need(t, "root", "namespaces")
	p, disk := port(t), folder(t)
	conf := strings.ReplaceAll(logged(p, "log_file = \"$DISK/superd.log\"\npid_file = \"$DISK/pid\""), "$DISK", disk)
	s := start(t, with{flags: unix.CLONE_NEWNS, wrap: []string{"tmpfs=" + disk}, log: disk + "/superd.log"}, conf)
	seen := fmt.Sprintf("/proc/%d/root%s", s.pid, disk)
	s.until("the pid file", func() bool { _, err := os.Stat(seen + "/pid"); return err == nil })
	c := dial(t, "tcp", address(p))
	fill, err := os.Create(seen + "/fill")
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	fill.Close()
	for range 5 { // more lines than what is left of the file's last page
		unharmed(t, address(p))
	}
	for i := range 3 {
		image := s.image()
		s.signal(syscall.SIGUSR2)
		s.until("another image", func() bool { return s.image() != image })
		s.idles("the disk of the log is full")
		fmt.Fprintf(c, "%d\n", i)
		expect(t, c, fmt.Sprintf("%d\n", i))
		unharmed(t, address(p))
	}
	s.signal(syscall.SIGHUP)
	readAll(t, dial(t, "unix", s.path("noise.sock")))
	if err := os.Remove(seen + "/fill"); err != nil {
		t.Fatal(err)
	}
	unharmed(t, address(p))
	s.waitLog(`event=dropped.*count=\d`)
	s.upgrade()
	if n := s.count(`event=dropped`); n != 1 {
		t.Errorf("the loss is told of %d times", n)
	}
}

// image tells one image of superd's process from another.
func (s *super) image() string {
	s.t.Helper()
	var auxv []byte
	s.until("an image that can be looked at", func() bool { // in the middle of an exec there is none: ESRCH
		var err error
		auxv, err = os.ReadFile(fmt.Sprintf("/proc/%d/auxv", s.pid))
		return err == nil
	})
	return string(auxv) // AT_RANDOM and others are addresses of this image
}

// upgrade sends USR2 and waits until the next superd has said that it goes on.
func (s *super) upgrade() {
	s.t.Helper()
	n := s.count(`upgraded from`)
	s.signal(syscall.SIGUSR2)
	s.waitCount(`upgraded from`, n+1)
}
