// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestSetOutlivesSuperd: a process that has all sockets of a service keeps them as a
// whole over the end of superd, a FIFO among them. Who writes to the FIFO is not taken
// for one that has it.
func TestSetOutlivesSuperd(t *testing.T) {
	m, dir, _ := managed(t, 100, `[services.set]
user = "$ME"
port = ["$DIR/lines|fifo", "$DIR/local"]
mode = "wait"
stdio = "all"
exec = ["/bin/sh", "-c", "while read line <&3; do echo $$ $line of $LISTEN_FDS >>$DIR/got; test $line != end || exit 0; done"]
`)
	m.start()
	m.awaitKept(3)
	fifo, err := os.OpenFile(dir+"/lines", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	read := func() string { text, _ := os.ReadFile(dir + "/got"); return string(text) }
	fmt.Fprintln(fifo, "one")
	m.awaitThat("the first line is read", func() bool { return strings.HasSuffix(read(), " one of 2\n") })
	first, _, _ := strings.Cut(read(), " ")
	for range 2 {
		m.signal(syscall.SIGKILL)
		m.wait()
		m.start()
	}
	for _, network := range []string{"fifo", "unix"} {
		said := regexp.MustCompile(`process ` + first + `, which an earlier superd has started, has ` + network)
		if n := len(said.FindAllString(m.log.String(), -1)); n != 2 {
			t.Errorf("it was found %d times to have %s", n, network)
		}
	}
	connect(t, "unix", dir+"/local")
	fmt.Fprintln(fifo, "two")
	n := len(m.messages())
	m.signal(syscall.SIGHUP) // the engine has turned when that is done
	m.await(n, "READY=1\nSTATUS=services: 1, sessions: 1")
	fmt.Fprintln(fifo, "end")
	m.awaitThat("it has read all", func() bool { return read() == first+" one of 2\n"+first+" two of 2\n"+first+" end of 2\n" })
	// The client at the other socket is why there is another one.
	fmt.Fprintln(fifo, "end")
	m.awaitThat("another reads the rest", func() bool {
		return strings.Count(read(), " end of 2\n") == 2 && !strings.HasSuffix(read(), first+" end of 2\n")
	})
	m.signal(syscall.SIGTERM) // and with it the one after that
	m.wait()
}
