// SPDX-License-Identifier: Apache-2.0

// The echo sends each client what it receives.
//
//	go build -o echo ./contrib/worker/go/examples/echo
//	superd serve --port 7777 --mode prefork --worker pass --slots 100 -- ./echo
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	worker "superd/contrib/worker/go"
)

func main() {
	err := worker.Run(context.Background(), func(_ context.Context, c *worker.Conn) error {
		_, err := io.Copy(c, c)
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
