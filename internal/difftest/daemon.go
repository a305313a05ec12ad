// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"superd/internal/procnet"
)

// patience is how long anything is waited for; poll, how often it is looked at.
const (
	patience = 30 * time.Second
	poll     = 2 * time.Millisecond
)

// Kind is one of the two daemons.
type Kind struct {
	Name  string
	args  func(w *World, conf, log string) []string
	ready *regexp.Regexp // in its log: all sockets are bound
}

// Kinds are both, the original first.
var Kinds = []Kind{
	{"xinetd", func(_ *World, conf, log string) []string {
		return []string{"/usr/sbin/xinetd", "-dontfork", "-filelog", log, "-f", conf}
	}, regexp.MustCompile(`Started working`)},
	{"superd", func(w *World, conf, _ string) []string {
		return []string{w.superd, "run", "--stay-alive", "-c", "xinetd:" + conf}
	}, regexp.MustCompile(`superd has started`)},
}

// Daemon is one that runs.
type Daemon struct {
	w    *World
	kind Kind
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// environ is what both daemons are started with.
var environ = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C", "SOMENV3=three", "OTHER=x=y z"}

// Start runs a daemon on a file and returns once its sockets are bound, or it has
// ended for the file's sake.
func (w *World) Start(k Kind, conf string) *Daemon {
	d := &Daemon{w: w, kind: k, log: filepath.Join(w.dir, fmt.Sprintf("%d.%s.log", w.runs, k.Name)), done: make(chan struct{})}
	out, err := os.Create(d.log)
	w.check(err)
	defer out.Close()
	args := append([]string{files, fileSize, "--"}, k.args(w, conf, d.log)...)
	d.cmd = w.root.Command("/usr/bin/prlimit", args...)
	d.cmd.Env = environ
	d.cmd.Stdout, d.cmd.Stderr = out, out
	w.check(w.root.Start(d.cmd))
	go func() {
		defer close(d.done)
		d.cmd.Wait()
	}()
	for deadline := time.Now().Add(patience); !d.ended() && !k.ready.MatchString(d.Log()); time.Sleep(poll) {
		if time.Now().After(deadline) {
			d.cmd.Process.Kill()
			w.t.Fatalf("%s does not start\n%s", k.Name, d.Log())
		}
	}
	return d
}

func (d *Daemon) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// Log is what the daemon has written.
func (d *Daemon) Log() string {
	text, err := os.ReadFile(d.log)
	d.w.check(err)
	return string(text)
}

// Stop ends the daemon and returns when the sockets of services are closed: a
// handler that was given one may end later than its daemon.
func (d *Daemon) Stop(list []Service) {
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.done:
	case <-time.After(patience):
		d.cmd.Process.Kill()
		d.w.t.Errorf("%s does not end\n%s", d.kind.Name, d.Log())
		<-d.done
	}
	for _, s := range list {
		if s.Mode != "wait" && !s.Datagram() {
			continue
		}
		for deadline := time.Now().Add(patience); d.w.bound(s); time.Sleep(poll) {
			if time.Now().After(deadline) {
				d.w.t.Fatalf("%s: the socket of %s is still open", d.kind.Name, s.ID)
			}
		}
	}
}

func (w *World) bound(s Service) bool {
	var is bool
	var err error
	w.root.Do(func() {
		if s.Local() {
			is, err = procnet.BoundUnix("/proc/1/net", s.Sockets[0].Address)
			return
		}
		is, err = procnet.Bound("/proc/1/net", s.Sockets[0].Network, s.port())
	})
	w.check(err)
	return is
}

// Show asks superd what it makes of a file: the services that it would run.
func (w *World) Show(conf string) []Service {
	w.t.Helper()
	cmd := w.root.Command(w.superd, "show", "--json", "-c", "xinetd:"+conf)
	cmd.Stdin = nil
	out := filepath.Join(w.dir, "show.json")
	f, err := os.Create(out)
	w.check(err)
	defer f.Close()
	cmd.Stdout = f
	if err := w.root.Run(cmd); err != nil && cmd.ProcessState.ExitCode() != 3 {
		w.t.Fatalf("superd show: %v", err)
	}
	data, err := os.ReadFile(out)
	w.check(err)
	var all struct{ Services []Service }
	if err := json.Unmarshal(data, &all); err != nil {
		w.t.Fatalf("superd show --json: %v", err)
	}
	return all.Services
}
