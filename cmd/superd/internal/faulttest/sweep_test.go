// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// xinetd closes every descriptor up to its limit when it starts, and again in each
// program's process: where containers have a limit of 2^30, minutes of full CPU
// (openSUSE/xinetd#47). superd's start must cost the same whatever the limit.
func TestStartWithAHugeLimit(t *testing.T) {
	most := highestLimit(t)
	huge, usual := started(t, most), started(t, 1024)
	sweep := sweepTime(most)
	t.Logf("start and 200 programs: %v of CPU with a limit of %d, %v with 1024; to close each takes %v once", huge, most, usual, sweep)
	if huge > usual+100*sweep && !raced {
		t.Errorf("with a limit of %d descriptors superd and 200 programs used %v of CPU, with 1024 %v", most, huge, usual)
	}
}

// highestLimit is the highest limit on descriptors that a process may have here.
func highestLimit(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/fs/nr_open")
	if err != nil {
		t.Fatal(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &own); err != nil {
		t.Fatal(err)
	}
	raised := unix.Rlimit{Cur: own.Cur, Max: uint64(most)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil { // a container without CAP_SYS_RESOURCE
		return int(own.Max)
	}
	return most
}

// started is what a superd with that limit has used, its programs included, once
// it has served 200 clients; the best of three.
func started(t *testing.T, limit int) time.Duration {
	t.Helper()
	best := time.Hour
	for range 3 {
		p := port(t)
		s := start(t, with{wrap: []string{fmt.Sprintf("nofile=%d", limit)}},
			fmt.Sprintf("[services.cat]\nhost = \"127.0.0.1\"\nport = %d\nuser = \"nobody\"\nexec = [\"/bin/cat\"]\n", p))
		if served := load(t, address(p), 200, 1, nil, same); served != 200 {
			t.Errorf("%d of 200 served", served)
		}
		s.until("its programs to be gone", func() bool { return len(children(s.pid)) == 0 })
		best = min(best, s.cpu()+s.programs())
		s.end()
	}
	return best
}

// sweepTime is how long it takes to close as many descriptors as that, none of
// which is open.
func sweepTime(n int) time.Duration {
	const sample, unused = 100_000, 1 << 30
	began := time.Now()
	for i := range sample {
		unix.Close(unused + i)
	}
	return time.Since(began) * time.Duration(n) / sample
}

// programs is what the programs that have ended used of the CPU.
func (s *super) programs() time.Duration {
	f := statFields(s.pid)
	if len(f) < 17 {
		s.t.Fatalf("superd has gone: %v", s.err)
	}
	user, _ := strconv.Atoi(f[16-3])
	system, _ := strconv.Atoi(f[17-3])
	return time.Duration(user+system) * 10 * time.Millisecond
}
