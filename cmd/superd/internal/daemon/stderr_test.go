// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"superd/services/event"
)

func descriptorsOpen(t *testing.T) []string {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); len(to) > 5 && to[:5] == "pipe:" {
			out = append(out, e.Name())
		}
	}
	return out
}

// TestStderrPipesWithoutAReader: where none can be started, handlers start and write
// all the same, somebody is told, and nothing is left at the end.
func TestStderrPipesWithoutAReader(t *testing.T) {
	before := descriptorsOpen(t)
	told := make(chan string, 100)
	p := newStderrPipes(stderrOptions{highBase: 200, patience: true,
		begin: func([]string) (*stderrReader, error) { return nil, errors.New("no processes") },
		tell:  func(_ event.Level, text, err string) { told <- text + ": " + err }})
	if fd := p.take("a"); fd != -1 {
		t.Errorf("the log is a file, and there is a pipe %d", fd)
	}
	p.follow([]string{"unix", "/dev/log", "daemon", "superd", "0"})
	p.most = 2
	fd := p.take("a")
	if fd < 3 || fd >= 200 {
		t.Fatalf("descriptor %d", fd)
	}
	select {
	case got := <-told:
		if got != "handlers' standard error cannot be read: no processes" {
			t.Error(got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
	var err error
	for buf := make([]byte, 1<<12); err == nil; {
		_, err = unix.Write(fd, buf)
	}
	if err != unix.EAGAIN {
		t.Errorf("a full pipe: %v", err)
	}
	again, other := p.take("a"), p.take("b")
	if again < 0 || other < 0 || p.take("c") != -1 {
		t.Errorf("%d, %d, and a third service has one, too", again, other)
	}
	p.sweep(func(service string) bool { return service == "b" })
	if p.take("c") != -1 { // what has not been read yet still counts
		t.Error("the bound is no bound")
	}
	p.close()
	for _, fd := range []int{fd, again, other} {
		unix.Close(fd)
	}
	if after := descriptorsOpen(t); !slices.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	if p.take("a") != -1 {
		t.Error("there is a pipe after the end")
	}
}
