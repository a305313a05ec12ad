// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// burst is what happens to a pool.
type burst struct {
	clients    int           // at the same time; each comes again as soon as it is served
	ramp       time.Duration // from the first to the last of them, and back
	hold       time.Duration // as long as they all stay
	calm       time.Duration // before the burst, and after the pool is at rest again
	work       time.Duration // a worker's, for one connection
	min, max   int           // min_servers, max_servers
	atRest     int           // workers that are left in the end
	patience   time.Duration // until then
	attributes string        // more lines of the service
}

// timeline is what became of it, from the start of the calm before.
type timeline struct {
	clients     series // that are being served, or wait
	served      series // that a worker has
	workers     series // processes, from start to end
	connections int
	length      time.Duration
}

const config = `[daemon]
log_file = %q
log_format = "json"
log_level = 4
pid_file = %q
control = %q

[services.pool]
port = %q
user = %q
mode = "prefork"
worker = "pass"
min_servers = %d
max_servers = %d
exec = [%q, "worker", %q]
%s
`

// run runs superd, the burst, and what comes after.
func (b burst) run(ctx context.Context, superd, dir string) (*timeline, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	if err := b.configure(dir, addr); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, superd, "run", "-c", filepath.Join(dir, "superd.toml"))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start superd: %v", err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-gone
	}()
	log := logFile(filepath.Join(dir, "log"))
	ready := func(e events) bool { return e.listening && e.workers.value() >= b.min }
	if _, err := log.await(ctx, gone, 20*time.Second, "the pool's start", ready); err != nil {
		return nil, err
	}
	return b.storm(ctx, gone, log, addr)
}

// configure writes superd's configuration.
func (b burst) configure(dir, addr string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	me, err := user.Current()
	if err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	text := fmt.Sprintf(config, in("log"), in("pid"), in("sock"), addr, me.Username, b.min, b.max, self, b.work.String(), b.attributes)
	return os.WriteFile(in("superd.toml"), []byte(text), 0o644)
}

// storm lets the clients come and go, and waits until the pool is at rest.
func (b burst) storm(ctx context.Context, gone <-chan struct{}, log logFile, addr string) (*timeline, error) {
	begin := time.Now()
	if err := pause(ctx, b.calm); err != nil {
		return nil, err
	}
	t := &timeline{}
	comings, err := b.comeAndGo(ctx, addr, t)
	if err != nil {
		return nil, err
	}
	resting := func(e events) bool { return e.workers.value() <= b.atRest && e.served.value() == 0 }
	if _, err := log.await(ctx, gone, b.patience, fmt.Sprintf("%d workers", b.atRest), resting); err != nil {
		return nil, err
	}
	if err := pause(ctx, b.calm); err != nil {
		return nil, err
	}
	t.length = time.Since(begin)
	e, err := log.read()
	if err != nil {
		return nil, err
	}
	t.clients, t.served, t.workers = comings.since(begin), e.served.since(begin), e.workers.since(begin)
	return t, nil
}

// comeAndGo runs all clients to their end.
func (b burst) comeAndGo(ctx context.Context, addr string, t *timeline) (changes, error) {
	var (
		mu       sync.Mutex
		comings  changes
		all      sync.WaitGroup
		served   atomic.Int64
		failures = make([]error, b.clients)
		begin    = time.Now()
	)
	step := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		comings = append(comings, change{time.Now(), by})
	}
	for i := range b.clients {
		all.Go(func() {
			at := b.ramp * time.Duration(i) / time.Duration(b.clients)
			if failures[i] = pause(ctx, at); failures[i] != nil {
				return
			}
			step(1)
			defer step(-1)
			for time.Since(begin) < b.ramp+b.hold+at && failures[i] == nil {
				if failures[i] = visit(ctx, addr); failures[i] == nil {
					served.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.connections = int(served.Load())
	return comings, errors.Join(failures...)
}

// visit is one client from its coming to its going.
func visit(ctx context.Context, addr string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	text, err := io.ReadAll(c)
	if err == nil && string(text) != "served\n" {
		err = fmt.Errorf("a client got %q", text)
	}
	return err
}

// pause is a part of the plan: nothing is waited for.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// freeAddress is one that nobody listens at now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// build builds superd from the tree that this is run in.
func build(ctx context.Context, dir string) (string, error) {
	out := filepath.Join(dir, "superd")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, "superd/cmd/superd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build superd: %v\n%s", err, strings.TrimSpace(string(msg)))
	}
	return out, nil
}
