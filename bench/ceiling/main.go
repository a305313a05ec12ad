// SPDX-License-Identifier: Apache-2.0

// Command ceiling is a server without a super-server: it accepts, and a goroutine
// reads a line, answers with it and closes. No program behind a pool can do better
// than one that is the server itself.
//
//	ceiling ADDRESS:PORT
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ceiling ADDRESS:PORT")
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "ceiling:", serve(os.Args[1]))
	os.Exit(1)
}

// serve ends only with an error.
func serve(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go answer(c)
	}
}

// answer serves one client; what becomes of it is the client's to see.
func answer(c net.Conn) {
	defer c.Close()
	line, err := bufio.NewReaderSize(c, 512).ReadSlice('\n')
	if err == nil {
		_, _ = c.Write(line)
	}
}
