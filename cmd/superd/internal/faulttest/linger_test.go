// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// linger makes the last close() of a connection wait for its client, who reads
// nothing, for half a minute.
func linger(fd int) error {
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 30}); err != nil {
		return err
	}
	for chunk := make([]byte, 1<<16); unix.Sendto(fd, chunk, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil) == nil; {
	}
	return nil
}

// A worker that asks for SO_LINGER and closes its copy of the connection before it
// says so leaves the last close to superd, which must not wait. (Of a handler that
// has ended this soon: TestSettleDoesNotLinger in superd/spawn.)
func TestLingers(t *testing.T) {
	_, well, ill := beside(t, with{}, `mode = "prefork-simple"
worker = "pass"
max_servers = 2
exec = ["$BIN/faulty", "hostile", "lingers"]`)
	for i := range 4 {
		c := dial(t, "tcp", ill)
		if _, err := c.Read(make([]byte, 1)); err != nil { // it has been served
			t.Fatal(err)
		}
		c = dial(t, "tcp", well)
		c.SetDeadline(time.Now().Add(10 * time.Second)) // of the 30 s
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatalf("another service, after %d of the clients of the lingering one: %v", i+1, err)
		}
		c.Close()
	}
}
