// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/event"
	"superd/services/event/logs/stderrlog"
	"superd/spawn"
)

// StderrVerb is the hidden verb under which superd reads handlers' standard error.
// Its arguments are NETWORK ADDRESS FACILITY IDENT PID, of syslog and its lines.
const StderrVerb = "stderr-reader"

// readerWait is how long a reader has for what is in its pipes: at superd's end, and
// when another one, with other settings, is to take over.
const (
	readerWait  = time.Second
	readerShift = 3 * time.Second
)

// stderrReader is the child that reads.
type stderrReader struct {
	*spawn.Process
	control int
	command []string
	since   time.Time
}

// stderrCommand says where handlers' lines go; nil if the log is not syslog.
func stderrCommand(s services.Settings) []string {
	if s.Str(services.LogFile) != services.ToSyslog {
		return nil
	}
	network, address := services.Logsock(s.Str(services.SyslogLogsock))
	pid := 0
	if slices.Contains(s.List(services.SyslogLogopt), "pid") {
		pid = os.Getpid()
	}
	return []string{network, address, s.Str(services.SyslogFacility), s.Str(services.SyslogIdent), strconv.Itoa(pid)}
}

// beginReader starts the child. What it says is of syslog's absence.
func (d *Daemon) beginReader(command []string) (*stderrReader, error) {
	p, control, err := d.beginChild(readerSpec(command))
	if err != nil {
		return nil, err
	}
	return &stderrReader{Process: p, control: control, command: command, since: time.Now()}, nil
}

// readerSpec is a process that can do no more than talk to syslog. It has as many
// descriptors as superd, one for each pipe.
func readerSpec(command []string) spawn.Spec {
	sp := spawn.Spec{Path: "/proc/self/exe", Argv: append([]string{"superd", StderrVerb, "--"}, command...),
		Env: []string{"GOMAXPROCS=1", "GOGC=50"}, Umask: 0o77, NoNewPrivs: true, Stdio: spawn.StdioSocket, Stderr: spawn.StderrLog}
	if tz, ok := os.LookupEnv("TZ"); ok { // lines bear the local time
		sp.Env = append(sp.Env, "TZ="+tz)
	}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		sp.Rlimits = []spawn.Rlimit{{Resource: unix.RLIMIT_NOFILE, Soft: r.Cur, Hard: r.Cur}}
	}
	if os.Geteuid() == 0 {
		sp.Identity = spawn.Identity{Set: true, UID: unprivileged, GID: unprivileged}
	} else {
		sp.Bounding = ^uint64(0)
	}
	return sp
}

// hangUp ends superd's side: the reader goes on until nobody can write any more.
func (x *stderrReader) hangUp() { unix.Close(x.control) }

func (x *stderrReader) endsIn(limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-x.Done():
		return true
	case <-t.C:
		return false
	}
}

// replaced waits for a reader whose settings are old: two at one pipe would each
// have half of a line.
func (x *stderrReader) replaced() {
	if stderrlog.Finish(x.control) != nil || !x.endsIn(readerShift) {
		x.Kill()
	}
	x.hangUp()
}

// readers is run's state.
type readers struct {
	*stderrPipes
	x    *stderrReader
	told bool // that there are too many services
	retry
}

func (p *stderrPipes) run() {
	defer close(p.done)
	r := &readers{stderrPipes: p, retry: newRetry()}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait, ended := r.step()
		if ended {
			return
		}
		r.answerWaiters(r.x)
		timer.Reset(wait)
		var died <-chan struct{}
		if r.x != nil {
			died = r.x.Done()
		}
		select {
		case <-p.wake:
		case <-died:
		case <-timer.C:
		}
	}
}

// step does what is to be done now, and says when to look again at the latest.
func (r *readers) step() (wait time.Duration, ended bool) {
	r.mu.Lock()
	command, wanted, closing, full := r.command, len(r.pipes)+len(r.doomed) > 0, r.closing, r.full
	r.mu.Unlock()
	if full && !r.told {
		r.told = true
		r.opt.tell(event.LevelWarning, fmt.Sprintf("no more than %d services' handlers can have their standard error in syslog; that of others is lost", r.most), "")
	}
	r.bury()
	if r.x != nil && command != nil && !slices.Equal(r.x.command, command) {
		r.x.replaced()
		r.x = nil
	}
	if r.x == nil && command != nil && wanted && !closing {
		r.begin(command)
	}
	all := r.give(r.x, closing || command == nil && r.x == nil)
	if r.x != nil && (closing || command == nil && all) {
		r.x.hangUp()
		if closing && r.opt.patience {
			r.x.endsIn(readerWait)
		}
		r.x = nil
	}
	switch {
	case closing:
		return 0, true
	case !all:
		return retryMin, false
	case r.x == nil && wanted:
		return max(time.Until(r.notTill), 0), false
	}
	return time.Hour, false
}

// bury is for a reader that has ended by itself.
func (r *readers) bury() {
	if r.x == nil {
		return
	}
	select {
	case <-r.x.Done():
	default:
		return
	}
	r.opt.tell(event.LevelWarning, "the reader of handlers' standard error has ended and is started again", howEnded(r.x.Process))
	r.x.hangUp()
	if time.Since(r.x.since) > retryMax {
		r.pause = retryMin
	}
	r.x = nil
	r.later()
}

func (r *readers) begin(command []string) {
	if time.Now().Before(r.notTill) {
		return
	}
	x, err := r.opt.begin(command)
	if err != nil {
		r.opt.tell(event.LevelError, "handlers' standard error cannot be read", err.Error())
		r.later()
		return
	}
	r.x = x
}
