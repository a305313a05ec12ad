// SPDX-License-Identifier: Apache-2.0

// The greeting is one line.
//
//	go build -o greeting ./contrib/worker/go/examples/greeting
//	superd serve --port 7777 --mode prefork --worker pass -- ./greeting
package main

import (
	"context"
	"fmt"
	"os"

	worker "superd/contrib/worker/go"
)

func main() {
	greeting := "Hello"
	if g, ok := worker.Config().Get("greeting"); ok {
		greeting = g
	}
	err := worker.Run(context.Background(), func(_ context.Context, c *worker.Conn) error {
		client := "neighbour"
		if c.Peer.IsValid() {
			client = c.Peer.Addr().String()
		}
		_, err := fmt.Fprintf(c, "%s, %s!\n", greeting, client)
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
