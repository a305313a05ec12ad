// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// dial connects, and closes with the test.
func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// ask sends a text and a FIN, and reads all of the answer.
func ask(addr, text string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	return string(answer), err
}

// text is a different one for each i, as long as makes an incomplete answer
// likely to be noticed.
func text(i int) string {
	return fmt.Sprintf("request %d %s\n", i, bytes.Repeat([]byte("superd "), i%50))
}

// load asks n times, by several clients at once, until all are answered; stop
// ends it before if it is not nil. good judges an answer.
func load(t *testing.T, addr string, n, clients int, stop <-chan struct{}, good func(asked, answer string) bool) (served int) {
	t.Helper()
	var next, ok atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				select {
				case <-stop:
					return
				default:
				}
				asked := text(i)
				answer, err := ask(addr, asked)
				if err != nil || !good(asked, answer) {
					t.Errorf("client %d: asked %q, answer %q, %v", i, asked, answer, err)
					return
				}
				ok.Add(1)
			}
		})
	}
	wg.Wait()
	return int(ok.Load())
}

func same(asked, answer string) bool { return asked == answer }

// unharmed asserts that a service (of /bin/cat) is served at full speed now.
func unharmed(t *testing.T, addr string) {
	t.Helper()
	const n, limit = 200, 2 * time.Second
	// The best of three: other tests have the processors as well. A service that is
	// held up by the fault is so each time.
	best := time.Duration(math.MaxInt64)
	for range 3 {
		began := time.Now()
		if served := load(t, addr, n, 2, nil, same); served != n {
			t.Errorf("only %d of %d clients of the other service were served", served, n)
		}
		if best = min(best, time.Since(began)); best <= limit || raced {
			return
		}
	}
	t.Errorf("%d clients of the other service took %v", n, best)
}

// readAll reads until the server closes.
func readAll(t *testing.T, c net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("after %q: %v", b, err)
	}
	return string(b)
}

// expect reads exactly a text.
func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Fatalf("read %q, %v; want %q", buf[:n], err, want)
	}
}
