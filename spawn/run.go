// SPDX-License-Identifier: Apache-2.0

package spawn

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// maxOutput is how much a program that Run runs may write.
const maxOutput = 1 << 20

// ErrOutput says that a program wrote more than 1 MiB; it has been killed.
var ErrOutput = errors.New("the program writes more than 1 MiB")

// Runner runs short-lived programs, as look-ups at load need them. The zero value
// is ready; any goroutine may use it.
type Runner struct {
	mu   sync.Mutex
	pids map[int]bool // not reaped yet
}

// Knows tells whether a pid is that of a Runner's child: whoever reaps strangers
// must leave it alone.
func (rn *Runner) Knows(pid int) bool {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	return rn.pids[pid]
}

// Hold has nobody start a program by the Runner until release is called: what is open
// meanwhile to other programs is not for these.
func (rn *Runner) Hold() (release func()) {
	rn.mu.Lock()
	return rn.mu.Unlock
}

// Run is Runner.Run for a process in which nobody reaps strangers.
func Run(ctx context.Context, s Spec, stdin []byte) (stdout []byte, exit Exit, err error) {
	return new(Runner).Run(ctx, s, stdin)
}

// Run runs a program to its end and gives what it wrote to its standard output, at
// most 1 MiB; its input is stdin, its error output /dev/null. When ctx ends first,
// the program's whole session is killed and the error is ctx.Err(). A program that
// could not be started gives an *Error or a syscall.Errno. Stdio, Stderr and Setsid
// of the Spec are ignored.
func (rn *Runner) Run(ctx context.Context, s Spec, stdin []byte) (stdout []byte, exit Exit, err error) {
	s.Stdio, s.Stderr, s.Setsid = StdioSocket, StderrLog, true
	p, err := Compile(s)
	if err != nil {
		return nil, Exit{}, err
	}
	type start struct {
		*running
		error
	}
	started := make(chan start, 1)
	go func() {
		r, err := rn.start(p)
		started <- start{r, err}
	}()
	var r *running
	select {
	case st := <-started:
		if st.error != nil {
			return nil, Exit{}, st.error
		}
		r = st.running
	case <-ctx.Done():
		// It has three seconds, and then is killed; one that hangs even so keeps its
		// goroutine, for it still shares our memory.
		go func() {
			if st := <-started; st.error == nil {
				st.giveUp()
				_, _ = st.await(ctx)
				st.close()
			}
		}()
		return nil, Exit{}, ctx.Err()
	}
	defer r.close()
	return r.serve(ctx, stdin)
}

// serve talks to a program that runs.
func (r *running) serve(ctx context.Context, stdin []byte) (stdout []byte, exit Exit, err error) {
	stop := context.AfterFunc(ctx, r.giveUp)
	defer stop()
	stdout, err = r.converse(stdin)
	if err != nil {
		r.giveUp()
	}
	exit, werr := r.await(ctx)
	switch {
	case ctx.Err() != nil && (err != nil || werr != nil || exit.Signal == unix.SIGKILL):
		return stdout, exit, ctx.Err()
	case err != nil:
		return stdout, exit, err
	}
	return stdout, exit, werr
}
