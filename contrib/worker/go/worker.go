// SPDX-License-Identifier: Apache-2.0

// Package worker lets a Go program take connections from superd, whose service
// says worker = "pass". The program starts once and is handed one accepted
// connection after another:
//
//	func main() {
//		templates := load() // clients wait from Run on
//		err := worker.Run(context.Background(), func(ctx context.Context, c *worker.Conn) error {
//			return templates.Execute(c, c.Peer)
//		})
//		if err != nil {
//			fmt.Fprintln(os.Stderr, err)
//			os.Exit(1)
//		}
//	}
//
// Each connection has a goroutine of its own; how many there are at once is for
// superd to say (slots).
//
// Owns: descriptor 3, the channel to superd, from Run on, and the life of each
// connection: taken, served, closed, done. The protocol is PROTOCOL.md.
// Does not know: superd's own packages; it links the standard library alone.
// Concurrency: Run is called once. What it starts has ended when it returns.
// Errors: Run's end the program; a handler's end one connection, and go to
// standard error, which is the service's log.
package worker

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Handler serves one connection, which is closed when it returns. Its ctx is
// done by then, and earlier only if Run's is. What it returns goes to standard
// error as one line; a panic ends the whole worker, and superd starts another.
type Handler func(ctx context.Context, c *Conn) error

// Run tells superd that the program is ready, and serves what superd hands over
// until superd needs the worker no more. It returns nil when all that it holds
// is served; the program should exit then.
//
// When ctx is done it takes no more, waits for what it holds and returns ctx's
// error. What superd had already sent goes to another worker, if this one exits
// within ten seconds.
//
// A program that superd has not started, or has started for its periodic work
// (Dequeue), gets an error that says so.
func Run(ctx context.Context, serve Handler) error {
	offered, err := offeredVersion(os.Getenv(envWorker))
	if err != nil {
		return err
	}
	ch, err := openChannel(channelFD)
	if err != nil {
		return err
	}
	defer ch.Close()
	defer surviveBrokenLog()()
	s := &session{channel: ch, serve: serve, log: os.Stderr}
	return s.run(ctx, offered)
}

// surviveBrokenLog keeps a log without a reader from ending the program: the
// runtime dies of SIGPIPE on descriptors 1 and 2 alone, unless somebody
// listens. (Ignoring the signal would reach the programs that a handler runs.)
func surviveBrokenLog() (restore func()) {
	c := make(chan os.Signal, 1) // never read: Notify does not wait
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}

// session is the worker's side of one channel.
type session struct {
	channel *channel
	serve   Handler
	held    sync.WaitGroup

	logLock sync.Mutex
	log     io.Writer
}

func (s *session) run(ctx context.Context, offered int64) error {
	h, err := s.hello()
	if err == io.EOF {
		return nil // superd needs the worker no more already
	}
	if err != nil {
		return err
	}
	ready := "ready\n"
	if max(offered, h.version) > version {
		ready += fmt.Sprintf("version=%d\n", version)
	}
	s.channel.send(ready)

	defer s.held.Wait()
	defer context.AfterFunc(ctx, s.channel.stop)()
	for {
		m, file, err := s.channel.receive()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		if err := s.message(ctx, m, file); err != nil {
			return err
		}
	}
}

// hello receives the first message.
func (s *session) hello() (hello, error) {
	m, file, err := s.channel.receive()
	if err != nil {
		return hello{}, err
	}
	closeFile(file)
	return parseHello(m)
}

// message acts on one message after hello. An error is the worker's end.
func (s *session) message(ctx context.Context, m message, file *os.File) error {
	if m.verb != "conn" {
		closeFile(file)
		return nil
	}
	c, err := parseConn(m)
	if err != nil {
		closeFile(file)
		return err
	}
	if file == nil {
		return fmt.Errorf("cannot take connection %d: it came without its descriptor: too many open files?", c.ID)
	}
	s.channel.send(fmt.Sprintf("taken %d\n", c.ID))
	// Not before: a connection that is not taken may go to another worker,
	// which expects a descriptor that blocks.
	if err := c.open(file); err != nil {
		s.report(c, err)
		s.channel.send(fmt.Sprintf("done %d\n", c.ID))
		return nil
	}
	s.held.Go(func() { s.connection(ctx, c) })
	return nil
}

// connection serves one and gives it back.
func (s *session) connection(ctx context.Context, c *Conn) {
	ctx, cancel := context.WithCancel(ctx)
	err := s.serve(ctx, c)
	cancel()
	c.Close() // the handler may have done so; and what it answers changes nothing
	s.channel.send(fmt.Sprintf("done %d\n", c.ID))
	if err != nil {
		s.report(c, err)
	}
}

func (s *session) report(c *Conn, err error) {
	s.logLock.Lock()
	defer s.logLock.Unlock()
	fmt.Fprintf(s.log, "connection %d of %s, %s: %v\n", c.ID, c.Service, c.client(), err)
}

func closeFile(f *os.File) {
	if f != nil {
		f.Close()
	}
}
