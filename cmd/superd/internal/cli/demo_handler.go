// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	worker "superd/contrib/worker/go"
)

// demoIdle is how long Net::Server's default handler waits for a line.
const demoIdle = 30 * time.Second

// demoMaxLine bounds what a client can make the handler keep.
const demoMaxLine = 64 << 10

// demoHandler is the program of a `superd serve` that names none: an ordinary
// unprivileged handler that speaks the protocol of Net::Server's default one on
// the socket at descriptor 0, or as a worker of a pool. Of that protocol's words only quit has a meaning:
// a client must not stop a server (exit) or read its settings (get, dump).
func demoHandler(worker bool, stderr io.Writer) int {
	if worker {
		return demoWorker(stderr)
	}
	kind, err := unix.GetsockoptInt(0, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		fmt.Fprintln(stderr, "superd: cannot serve: descriptor 0 is not a socket")
		return ExitFailed
	}
	if kind == unix.SOCK_DGRAM {
		err = demoDatagrams(0)
	} else {
		err = demoLines(0, os.Stdout)
	}
	if err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		fmt.Fprintf(stderr, "superd: cannot go on serving: %v\n", err)
		return ExitFailed
	}
	return ExitDone
}

// demoWorker is the same for the clients of a pool, one after another or, as many
// as the pool's slots are, at once.
func demoWorker(stderr io.Writer) int {
	err := worker.Run(context.Background(), func(_ context.Context, c *worker.Conn) error {
		raw, ok := c.Conn.(syscall.Conn)
		if !ok {
			return errors.ErrUnsupported
		}
		fd, err := raw.SyscallConn()
		if err != nil {
			return err
		}
		served := error(nil)
		if err := fd.Control(func(fd uintptr) { served = demoLines(int(fd), c) }); err != nil {
			return err
		}
		if errors.Is(served, unix.EPIPE) || errors.Is(served, unix.ECONNRESET) {
			return nil
		}
		return served
	})
	if err != nil {
		fmt.Fprintf(stderr, "superd: cannot go on serving: %v\n", err)
		return ExitFailed
	}
	return ExitDone
}

// readable waits for input; false: demoIdle has passed.
func readable(fd int) (bool, error) {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(demoIdle/time.Millisecond))
		if err != unix.EINTR {
			return n > 0, err
		}
	}
}

func demoLines(fd int, out io.Writer) error {
	pid := os.Getpid()
	if _, err := fmt.Fprintf(out, "Welcome to \"superd\" (%d)\r\n", pid); err != nil {
		return err
	}
	var have []byte
	buf := make([]byte, 4096)
	for {
		ok, err := readable(fd)
		if err != nil {
			return err
		}
		if !ok {
			fmt.Fprint(out, "Timed Out.\r\n")
			return nil
		}
		n, err := unix.Read(fd, buf)
		if n <= 0 {
			return err
		}
		have = append(have, buf[:n]...)
		for {
			line, rest, found := bytes.Cut(have, []byte("\n"))
			if !found && len(have) < demoMaxLine {
				break
			}
			have = rest
			text := strings.TrimSuffix(string(line), "\r")
			if text == "quit" {
				return nil
			}
			if _, err := fmt.Fprintf(out, "superd:%d: You said \"%s\"\r\n", pid, text); err != nil {
				return err
			}
		}
	}
}

// demoDatagrams answers each datagram to its sender.
func demoDatagrams(fd int) error {
	buf := make([]byte, 4096) // Net::Server's udp_recv_len
	for {
		ok, err := readable(fd)
		if err != nil || !ok {
			return err
		}
		n, from, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if from != nil {
			unix.Sendto(fd, fmt.Appendf(nil, "You said \"%s\"", bytes.TrimRight(buf[:n], "\r\n")), 0, from)
		}
	}
}
