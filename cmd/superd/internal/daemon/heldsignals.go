// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals over an upgrade. What has come and was not looked at is told the new image in
// its environment. Until that one has handlers, some milliseconds, signals that do not
// mean its end are ignored, or would end it: Go's runtime unblocks whatever is blocked
// over an exec. Of HUP and INT it respects that until Notify, of the others until it
// has begun, and from then on they do nothing. Who must not be missed asks by the
// control socket, where he waits.

// signalsVar lists the numbers of signals that the image before had not looked at.
const signalsVar = "SUPERD_SIGNALS"

// deadly are those whose meaning is not superd's end, but by default would be.
var deadly = []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGVTALRM, unix.SIGPROF, unix.SIGIO,
	unix.SIGPIPE, unix.SIGPWR, unix.SIGXCPU, unix.SIGSTKFLT}

// holdSignals is called right before an exec. It gives the variable for the new image.
func (d *Daemon) holdSignals() (list []int, kv string) {
	signal.Ignore(deadly...)
	var words []string
	for {
		select {
		case s := <-d.signals:
			n := int(s.(syscall.Signal))
			list, words = append(list, n), append(words, strconv.Itoa(n))
		default:
			return list, fmt.Sprintf("%s=%s", signalsVar, strings.Join(words, ","))
		}
	}
}

// releaseSignals is for an exec that has failed.
func (d *Daemon) releaseSignals(list []int) {
	signal.Reset(deadly...)
	signal.Notify(d.signals, handledSignals...)
	d.raise(list)
}

// catchSignals has handlers from here on, and takes the signals that the image before
// has left.
func catchSignals(environ []string) chan os.Signal {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, handledSignals...)
	for _, kv := range environ {
		text, ok := strings.CutPrefix(kv, signalsVar+"=")
		if !ok {
			continue
		}
		for word := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(word); err == nil && len(signals) < cap(signals)/2 {
				signals <- syscall.Signal(n)
			}
		}
	}
	return signals
}

// raise has signals looked at that were taken off the queue.
func (d *Daemon) raise(list []int) {
	for _, n := range list {
		select {
		case d.signals <- syscall.Signal(n):
		default:
		}
	}
}
