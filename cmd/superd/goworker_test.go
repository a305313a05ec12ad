// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	worker "superd/contrib/worker/go"
)

// goWorkerMain is a program of the Go library's: it answers a line and hangs up.
func goWorkerMain() {
	err := worker.Run(context.Background(), func(_ context.Context, c *worker.Conn) error {
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c, "%s from %v\n", strings.TrimSpace(line), c.Peer.Addr())
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
