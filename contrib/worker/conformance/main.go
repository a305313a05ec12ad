// SPDX-License-Identifier: Apache-2.0

// Conformance holds a worker to ../PROTOCOL.md. It starts the worker anew for
// each case, plays superd's side, and prints one line a case.
//
//	go run ./contrib/worker/conformance [-slots N] [-run REGEXP] [-strict] -- COMMAND…
//
// The worker under test is an echo: it sends back what a client sends until that
// has sent its end, and then closes the connection. COMMAND must be the worker
// itself, or exec it, for descriptor 3 to reach it.
//
// Exit status: 0 if no case failed, 1 if one did, 2 for a wrong command line.
// What the text only recommends is shown as "warn", and fails with -strict.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: conformance [-slots N] [-run REGEXP] [-strict] [-wait TIME] -- COMMAND…")
		flags.PrintDefaults()
	}
	var s suite
	flags.IntVar(&s.slots, "slots", 1, "connections that the worker can hold at once")
	flags.DurationVar(&s.wait, "wait", 10*time.Second, "for each thing that the worker must do")
	pattern := flags.String("run", "", "only cases whose name matches")
	strict := flags.Bool("strict", false, "what is only recommended fails, too")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	only, err := regexp.Compile(*pattern)
	s.command = flags.Args()
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "conformance: cannot use -run %q: %v\n", *pattern, err)
		return 2
	case len(s.command) == 0 || s.slots < 1 || s.wait <= 0:
		flags.Usage()
		return 2
	}
	failed, ran := 0, 0
	for _, c := range cases() {
		if !only.MatchString(c.name) {
			continue
		}
		r := s.try(c)
		fmt.Fprintln(stdout, r)
		ran++
		if r.failed() || *strict && r.err != nil {
			failed++
		}
	}
	fmt.Fprintf(stdout, "%d cases, %d failed\n", ran, failed)
	if failed > 0 || ran == 0 {
		return 1
	}
	return 0
}
