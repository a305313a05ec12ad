// SPDX-License-Identifier: Apache-2.0

package systemdtest

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// console is a pseudo terminal that stands in the place of /dev/console inside,
// and what was written to it. It has to be a terminal: systemd logs to nothing else.
type console struct {
	master, slave *os.File
	drained       chan struct{}

	mu   sync.Mutex
	text strings.Builder
}

func newConsole() (*console, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		master.Close()
		return nil, fmt.Errorf("%w: pseudo terminal: %v", ErrUnavailable, err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		master.Close()
		return nil, fmt.Errorf("%w: %v", ErrUnavailable, err)
	}
	c := &console{master: master, slave: slave, drained: make(chan struct{})}
	go c.drain()
	return c, nil
}

// drain ends when nobody has the slave open any more: the read gives EIO then.
func (c *console) drain() {
	defer close(c.drained)
	buf := make([]byte, 4096)
	for {
		n, err := c.master.Read(buf)
		c.mu.Lock()
		c.text.Write(buf[:n])
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(c.text.String(), "\r\n", "\n")
}

// Close waits for the last bytes; whoever wrote to the slave must have ended.
func (c *console) Close() {
	c.slave.Close()
	<-c.drained
	c.master.Close()
}
