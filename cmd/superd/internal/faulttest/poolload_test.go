// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"superd/internal/testneed"
)

// poolDump is what the tests of pools want to know from superd's dump.
type poolDump struct {
	Services []struct {
		ID      string
		Running int
		Counts  struct{ Accepted, Started, Exited, Refused, Failed int }
		Pool    *poolState
	}
}

type poolState struct {
	Idle, Busy, Unreported, Starting, Retiring, Stopping, Total, Failures int

	Max    int `json:"max_servers"`
	Counts struct {
		Started, Retired, Died, Killed, Cut int

		DiedEarly   int `json:"died_early"`
		PassedAgain int `json:"passed_again"`
	}
	Workers []struct {
		Pid   int
		State string
	}
}

// dump has superd write its state to dump.json, which the configuration must name,
// and reads it.
func (s *super) dump() (d poolDump) {
	s.t.Helper()
	os.Remove(s.path("dump.json"))
	s.signal(syscall.SIGUSR1)
	s.until("a dump", func() bool {
		text, err := os.ReadFile(s.path("dump.json"))
		return err == nil && json.Unmarshal(text, &d) == nil
	})
	return d
}

// pool gives the state of a service's pool.
func (s *super) pool(id string) *poolState {
	s.t.Helper()
	for _, x := range s.dump().Services {
		if x.ID == id && x.Pool != nil {
			return x.Pool
		}
	}
	s.t.Fatalf("no pool %s in superd's dump", id)
	return nil
}

// untilPool waits until a service's pool is as wanted.
func (s *super) untilPool(id, what string, ok func(p *poolState) bool) *poolState {
	s.t.Helper()
	var p *poolState
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if p = s.pool(id); ok(p) {
			return p
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the pool is never %s: %+v", what, *p)
		}
	}
}

// fate is what became of a client.
type fate uint8

const (
	unknown fate = iota
	whole        // it has its whole answer
	cut          // its connection ended before
	refused      // it came from an address that is not let in
)

// crowdOfPool is the clients of a pool that can account for each.
type crowdOfPool struct {
	addr  string
	fates []fate // by number; the first is 1
	next  atomic.Int64
}

// one is a client's life: a number is sent, and the answer read to the end.
func (c *crowdOfPool) one(number int) (fate, error) {
	d := net.Dialer{Timeout: patience}
	turned := number%100 == 0
	if turned {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}
	}
	conn, err := d.Dial("tcp", c.addr)
	if err != nil {
		return unknown, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, werr := fmt.Fprintf(conn, "%d\n", number)
	answer, err := io.ReadAll(conn)
	for _, err := range []error{werr, err} {
		if err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			return unknown, err
		}
	}
	got, complete := strings.CutSuffix(string(answer), fmt.Sprintf("\nserved %d\n", number))
	switch {
	case turned && len(answer) == 0:
		return refused, nil
	case turned || strings.Trim(got, "x") != "" && complete:
		return unknown, fmt.Errorf("the answer is %q", answer)
	case complete && len(got) == 2000:
		return whole, nil
	}
	return cut, nil
}

func (c *crowdOfPool) run(t *testing.T, clients int) {
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := int(c.next.Add(1)); i < len(c.fates); i = int(c.next.Add(1)) {
				var err error
				if c.fates[i], err = c.one(i); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func (c *crowdOfPool) count(f fate) (n int) {
	for _, x := range c.fates[1:] {
		if x == f {
			n++
		}
	}
	return n
}

// loadedPool makes the n-th configuration of TestPoolUnderLoad: most reloads have new
// workers, some another number of them.
func loadedPool(well, port, n int) string {
	return fmt.Sprintf(`[daemon]
dump_file = "$DIR/dump.json"
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.well]
port = %d
exec = ["/bin/cat"]
[services.ill]
port = %d
no_access = ["127.0.0.2"]
mode = "prefork-simple"
worker = "pass"
max_servers = %d
max_requests = 100
rlimit_files = %d
exec = ["$DIR/worker", "$DIR/served"]
`, well, port, 8+n%3, 64+n%4)
}

// Under load, while workers are killed in all that they do and reloads replace them,
// each client has its whole answer, or sees its connection end because its worker was
// killed; none waits for ever, none is served twice, and each is counted once.
func TestPoolUnderLoad(t *testing.T) {
	testneed.Need(t, "root", "cc")
	n := 10_000
	if os.Getenv("SUPERD_CI") == "1" && !raced {
		n = 100_000
	}
	well, p := port(t), port(t)
	s := start(t, with{}, loadedPool(well, p, 0))
	s.compileWorker()
	rests := func(p *poolState) bool { return p.Idle == p.Max && p.Total == p.Max }
	s.untilPool("ill", "at rest", rests)
	before, rss := s.descriptors(), s.field("VmRSS")

	c := &crowdOfPool{addr: address(p), fates: make([]fate, n+1)}
	quit := make(chan struct{})
	var beside sync.WaitGroup
	var killed, reloads int
	beside.Go(func() { killed = killWorkers(s, 50*time.Millisecond, quit) })
	beside.Go(func() {
		reloads = every(time.Second, quit, func(i int) {
			s.configure(loadedPool(well, p, i))
			s.reload()
		})
	})
	began := time.Now()
	c.run(t, 16)
	took := time.Since(began)
	close(quit)
	beside.Wait()
	t.Logf("%d clients in %v, %d workers killed, %d reloads", n, took, killed, reloads)
	s.configure(loadedPool(well, p, 0))
	s.reload()

	s.untilPool("ill", "at rest", rests)
	c.join(t, s)
	if killed < 10 {
		t.Errorf("only %d workers were killed", killed)
	}
	unharmed(t, address(well))
	s.untilDescriptors(before)
	if after := s.field("VmRSS"); after > rss+12<<10 && !raced {
		t.Errorf("%d KiB before, %d KiB after", rss, after)
	}
	s.idles("nothing happens")
}

// compileWorker makes testdata/worker.c the program $DIR/worker, which may write to
// $DIR/served.
func (s *super) compileWorker() {
	s.t.Helper()
	os.Chmod(s.write("served", "", 0o666), 0o666)
	if out, err := exec.Command("cc", "-O2", "-o", s.path("worker"), "testdata/worker.c").CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// untilDescriptors waits until superd has open what it had before.
func (s *super) untilDescriptors(before string) {
	s.t.Helper()
	var after string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if after = s.descriptors(); after == before {
			return
		}
	}
	s.t.Errorf("open before: %s\nand after: %s", before, after)
}

// every does something at intervals, with 1, 2, …, until quit; it gives how often.
func every(pause time.Duration, quit <-chan struct{}, do func(i int)) int {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-quit:
			return i - 1
		case <-tick.C:
			do(i)
		}
	}
}

// killWorkers kills a worker at intervals: one that has just served somebody, and
// now and then any.
func killWorkers(s *super, pause time.Duration, quit <-chan struct{}) (killed int) {
	every(pause, quit, func(i int) {
		pid := lastServer(s.path("served"))
		if i%10 == 0 {
			if all := children(s.pid); len(all) > 0 {
				pid = all[rand.IntN(len(all))]
			}
		}
		if f := statFields(pid); len(f) > 1 && f[1] == strconv.Itoa(s.pid) && f[0] != "Z" && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	})
	return killed
}

// lastServer is the pid in the last whole line of the workers' log.
func lastServer(name string) int {
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	buf := make([]byte, 100)
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		n, _ := f.ReadAt(buf, max(0, size-int64(len(buf))))
		buf = buf[:n]
	}
	lines := strings.Split(string(buf), "\n")
	if len(lines) < 3 {
		return 0
	}
	_, text, _ := strings.Cut(lines[len(lines)-2], " ")
	pid, _ := strconv.Atoi(text)
	return pid
}

// join compares what the clients saw, what the workers noted and what superd counted.
func (c *crowdOfPool) join(t *testing.T, s *super) {
	t.Helper()
	text, err := os.ReadFile(s.path("served"))
	if err != nil {
		t.Fatal(err)
	}
	noted, lines := map[int]bool{}, strings.Fields(string(text))
	for i := 0; i+1 < len(lines); i += 2 {
		number, err := strconv.Atoi(lines[i])
		switch {
		case err != nil || number < 1 || number >= len(c.fates):
			t.Fatalf("a worker noted %q", lines[i])
		case noted[number]:
			t.Errorf("client %d was served twice", number)
		case c.fates[number] == refused:
			t.Errorf("client %d was served and should have been refused", number)
		}
		noted[number] = true
	}
	for number, f := range c.fates {
		if f == whole && !noted[number] {
			t.Errorf("client %d has an answer from no worker", number)
		}
	}
	c.audit(t, s)
}

func (c *crowdOfPool) audit(t *testing.T, s *super) {
	t.Helper()
	served, ended, away := c.count(whole), c.count(cut), c.count(refused)
	t.Logf("%d served, %d cut, %d refused", served, ended, away)
	for _, x := range s.dump().Services {
		if x.ID != "ill" {
			continue
		}
		n, p := x.Counts, x.Pool.Counts
		t.Logf("superd: %+v, %+v", n, p)
		if all := len(c.fates) - 1; served+ended+away != all || n.Accepted != all {
			t.Errorf("%d clients, of whom superd accepted %d", all, n.Accepted)
		}
		if n.Refused != away || n.Failed != 0 || n.Started != n.Accepted-n.Refused || n.Exited != n.Started {
			t.Errorf("superd counted wrongly: %d refused, %+v", away, n)
		}
		// Who had the whole answer before the worker died is cut for superd alone.
		if ended > p.Cut {
			t.Errorf("%d clients were cut, and superd knows of %d", ended, p.Cut)
		}
		if p.Killed != 0 {
			t.Errorf("superd killed %d workers that had done nothing", p.Killed)
		}
	}
}
