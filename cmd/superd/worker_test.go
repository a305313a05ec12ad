// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	worker "superd/contrib/worker/go"
)

// workerMain is the scripts' program "worker", a worker of every way. It answers each
// line with its pid and the line; "who" with what it knows of the client; "die" by
// ending at once. Started for dequeue it writes so to the log.
func workerMain() {
	serve := talk
	if len(os.Args) > 1 && os.Args[1] == "slow" {
		time.Sleep(300 * time.Millisecond) // as an interpreter that loads
	}
	switch {
	case os.Getenv("SUPERD_WORKER") == "dequeue":
		fmt.Fprintln(os.Stderr, "the worker dequeues")
	case len(os.Args) > 1 && os.Args[1] == "one-client": // a wait service's program
		l, err := net.FileListener(os.Stdin)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if c, err := l.Accept(); err == nil {
			echo(c)
		}
	case os.Getenv("LISTEN_FDS") != "":
		acceptAll()
	default:
		err := worker.Run(context.Background(), func(_ context.Context, c *worker.Conn) error {
			serve(c, fmt.Sprintf("%s %s %s", c.Service, c.Peer, os.Getenv("SUPERD_CONF")))
			return nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func talk(c net.Conn, who string) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		switch lines.Text() {
		case "die":
			os.Exit(9)
		case "who":
			fmt.Fprintln(c, who)
		case "user":
			fmt.Fprintln(c, os.Getuid())
		default:
			fmt.Fprintln(c, os.Getpid(), lines.Text())
		}
	}
}

func echo(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

// acceptAll is a worker that has the listening sockets.
func acceptAll() {
	n, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	report := func(what string) {
		if fd, err := strconv.Atoi(os.Getenv("SUPERD_STATUS_FD")); err == nil && (len(os.Args) < 2 || os.Args[1] != "silent") {
			os.NewFile(uintptr(fd), "status").WriteString(fmt.Sprintln(os.Getpid(), what))
		}
	}
	l, err := net.FileListener(os.NewFile(3, "socket"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	report("waiting")
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		report("processing")
		talk(c, fmt.Sprintf("%d sockets %s", n, os.Getenv("LISTEN_FDNAMES")))
		c.Close()
		report("waiting")
	}
}
