// SPDX-License-Identifier: Apache-2.0

package main

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"superd/internal/peers/peerdir"
)

// peer is a server of the comparison, in one configuration.
type peer struct {
	name  string
	about string // what the configuration asks for
	// slow divides the number of connections that are measured.
	slow int
	// want is what the probe has to say in the handler's place.
	want map[string]string
	// refuses: the configuration's address rules refuse stranger.
	refuses bool
	// lines is how many log lines a connection leaves in the peer's log file.
	lines int
	// configure writes the configuration and gives the command line.
	configure func(b *bench, s setup) ([]string, error)
	// config is the name of the file that configure writes; "" is none.
	config string
	// boot starts a server that is more than a command; nil means configure.
	boot func(b *bench, s setup) (*daemon, error)
	// line is what the handler reads and answers; "" is a handler that only says ok.
	line string
	// workers are the processes that wait for clients as the handlers' user.
	workers int
	// log is the name of the log file in the run's folder; "" is none.
	log string
}

// setup is what a server is asked to serve.
type setup struct {
	handler  []string
	services int
}

// stranger is an address that address rules refuse.
const stranger = "127.0.0.66"

// service gives the address of service i: a thousand ports on each loopback
// address, below the ports that clients get.
func service(i int) (host string, port int) {
	return fmt.Sprintf("127.0.0.%d", 1+i/1000), 20000 + i%1000
}

func serviceAddr(i int) string {
	host, port := service(i)
	return fmt.Sprintf("%s:%d", host, port)
}

// peers are all servers, the floors first.
func (b *bench) peers() []*peer {
	var ps []*peer
	for _, p := range []*peer{
		floor(), b.floorEqual(), b.superdPeer(), b.tcpserver(), b.socat(),
		xinetdPlain(), b.xinetd(), inetdRoot(), b.inetd(), b.systemd(),
	} {
		if b.wants(p.name) {
			ps = append(ps, p)
		}
	}
	return ps
}

// start starts the peer, waits until its first service answers, and tells where
// its log is.
func (p *peer) start(b *bench, s setup, files int) (*daemon, error) {
	if p.log != "" {
		_ = os.Remove(b.program(p.log))
	}
	d, err := p.launch(b, s, files)
	if err != nil {
		return nil, err
	}
	if p.log != "" {
		d.log = b.program(p.log)
	}
	if err := d.awaitAnswer(serviceAddr(0), p.line); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (p *peer) launch(b *bench, s setup, files int) (*daemon, error) {
	if p.boot != nil {
		return p.boot(b, s)
	}
	argv, err := p.configure(b, s)
	if err != nil {
		return nil, err
	}
	return b.launch(p.name, files, argv...)
}

// command finds a peer's program: in BENCH_ROOT, among the tests' own peers,
// or on the machine.
func command(name string) ([]string, error) {
	root := os.Getenv("BENCH_ROOT")
	if root == "" {
		root, _ = peerdir.Root()
	}
	for _, dir := range []string{"usr/sbin", "usr/bin"} {
		if p := filepath.Join(root, dir, name); root != "" && isFile(p) {
			return fromRoot(root, p)
		}
	}
	if p, err := exec.LookPath(name); err == nil {
		return []string{p}, nil
	}
	return nil, fmt.Errorf("no %q among the peers (\"make peers\") nor on this machine", name)
}

// fromRoot is the command line for a program whose libraries lie in the same
// root. The loader is called by name, since LD_LIBRARY_PATH would reach, and
// slow down, the handlers.
func fromRoot(root, path string) ([]string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %q: %v", path, err)
	}
	defer f.Close()
	loader := ""
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			text, err := io.ReadAll(p.Open())
			if err != nil {
				return nil, fmt.Errorf("cannot read %q: %v", path, err)
			}
			loader = strings.TrimRight(string(text), "\x00")
		}
	}
	if loader == "" {
		return []string{path}, nil
	}
	// A root with a libc of its own needs its own loader, too.
	if own := filepath.Join(root, "usr/lib", filepath.Base(filepath.Dir(loader)), filepath.Base(loader)); isFile(own) {
		loader = own
	} else if own := filepath.Join(root, loader); isFile(own) {
		loader = own
	}
	libs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
	more, _ := filepath.Glob(filepath.Join(root, "lib/*-linux-gnu"))
	return []string{loader, "--library-path", strings.Join(append(libs, more...), ":"), path}, nil
}

func isFile(p string) bool {
	fi, err := os.Stat(p)
	return err == nil && fi.Mode().IsRegular()
}
