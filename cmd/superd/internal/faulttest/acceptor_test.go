// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// acceptor is a worker that accepts by itself; each client has its pid. Its argument
// says what it does beside.
func acceptor(how string) error {
	sockets, lock := []int{}, -1
	for i, name := range strings.Split(os.Getenv("LISTEN_FDNAMES"), ":") {
		if name == "lock" {
			lock = 3 + i
		} else {
			sockets = append(sockets, 3+i)
		}
	}
	if n, err := strconv.Atoi(os.Getenv("LISTEN_FDS")); err == nil && n < len(sockets) {
		sockets = sockets[:n]
	}
	status, _ := strconv.Atoi(os.Getenv("SUPERD_STATUS_FD"))
	if how == "babbles" {
		go func() {
			for {
				unix.Write(status, []byte(strings.Repeat("nobody understands this\n", 100)))
			}
		}()
	}
	for {
		fd, err := next(sockets, lock)
		if err != nil {
			return err
		}
		if how == "reports" {
			unix.Write(status, []byte("STATUS=busy\n"))
		}
		if how == "datagrams" {
			answerDatagram(fd)
			continue
		}
		c, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if err == unix.EAGAIN || err == unix.ECONNABORTED {
			continue
		} else if err != nil {
			return err
		}
		if how == "stops" {
			unix.Kill(os.Getpid(), unix.SIGSTOP)
		}
		unix.Write(c, fmt.Appendln(nil, os.Getpid()))
		unix.Close(c)
		switch how {
		case "exits":
			return nil
		case "reports":
			unix.Write(status, []byte("STATUS=idle\n"))
		case "shuts down":
			unix.Shutdown(fd, unix.SHUT_RDWR)
		}
	}
}

// next gives the socket to accept from: the one, or one of several at which somebody
// waits, under the lock.
func next(sockets []int, lock int) (int, error) {
	if len(sockets) == 1 {
		return sockets[0], nil
	}
	if lock < 0 {
		return -1, fmt.Errorf("%d sockets and no lock in %q", len(sockets), os.Getenv("LISTEN_FDNAMES"))
	}
	if err := unix.Flock(lock, unix.LOCK_EX); err != nil {
		return -1, err
	}
	defer unix.Flock(lock, unix.LOCK_UN)
	var list []unix.PollFd
	for _, fd := range sockets {
		list = append(list, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	for {
		if _, err := unix.Poll(list, -1); err != nil && err != unix.EINTR {
			return -1, err
		}
		for _, p := range list {
			if p.Revents != 0 {
				return int(p.Fd), nil
			}
		}
	}
}

func answerDatagram(fd int) {
	buf := make([]byte, 100)
	if _, from, err := unix.Recvfrom(fd, buf, 0); err == nil {
		unix.Sendto(fd, fmt.Appendln(nil, os.Getpid()), 0, from)
	}
}
