// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
)

func newRun(inv *invocation) *cobra.Command {
	var from sourceFlags
	var opt daemon.Options
	var how launch
	cmd := &cobra.Command{
		Use:   "run [-c FILE]…",
		Short: "run the services, in the foreground",
		Long: `Reads the configuration, opens the services' sockets and serves, until TERM or INT
(end now), or QUIT (wait for handlers). HUP reads the configuration again and
applies what differs; USR1 writes the state to the dump file; USR2 has superd go on
as the binary that now lies where it was started from, with all its clients (see
superd upgrade). What is wrong with one service costs that service alone.

With --background it ends when the sockets are open and the pid file is written,
or with the exit code of what kept it from that; the log goes to syslog then
unless a log_file is named. With --port-offset it can be tried beside the
super-server whose files it reads.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if how.offset < 0 || how.offset > 65535 {
				return usagef("--port-offset %d: want 0 to 65535", how.offset)
			}
			if pid, _ := inv.getenv("LISTEN_PID"); how.background && pid == strconv.Itoa(os.Getpid()) {
				return usagef("--background: it would be another process that the sockets of a service manager (LISTEN_FDS) are for; run in the foreground")
			}
			if how.pidFile != "" && !filepath.IsAbs(how.pidFile) {
				return usagef("--pid-file %q: want an absolute path", how.pidFile)
			}
			if how.background && from.wantStdin() {
				return usagef("--background: it would be another process, with another standard input than that of -c -; run in the foreground")
			}
			list, err := from.sources(inv, inv.host())
			if err != nil {
				return err
			}
			if how.formats, err = from.formats(); err != nil {
				return err
			}
			how.sources = func(*config.Host) []config.Source { return list }
			return inv.launch(opt, how)
		},
	}
	from.add(cmd)
	cmd.Flags().BoolVar(&how.background, "background", false, "go on in the background")
	cmd.Flags().IntVar(&how.offset, "port-offset", 0, "add `N` to each tcp and udp port, and leave local sockets out")
	cmd.Flags().StringVar(&how.control, "control", "", "be asked by the control socket `PATH`, or by none ($"+controlVar+")")
	cmd.Flags().StringVar(&how.pidFile, "pid-file", "", "write the process id into `FILE`")
	cmd.Flags().BoolVar(&opt.Manners.LeaveOnTerm, "leave-sessions", false, "let TERM end superd at once and leave its handlers running, as a unit with KillMode=process wants it")
	addDaemonFlags(cmd, &opt)
	return cmd
}

func addDaemonFlags(cmd *cobra.Command, opt *daemon.Options) {
	cmd.Flags().BoolVar(&opt.StayAlive, "stay-alive", false, "go on although no service can run")
	cmd.Flags().BoolVar(&opt.Strict, "strict", false, "do not start if any service is in error")
}

// launch is a way to start a daemon.
type launch struct {
	sources    func(*config.Host) []config.Source // asked at each reload, too
	formats    []config.Format                    // nil: all, as they are
	adjust     func(*config.Result)               // what the command line changes of what was read; may be nil
	background bool
	offset     int // of ports
	pidFile    string
	control    string // the control socket: a path, "none", or "" for what the files say
	alone      bool   // without a control socket unless somebody asks for one
}

// launch runs a daemon until it ends or, in the background, until it serves.
func (inv *invocation) launch(opt daemon.Options, how launch) error {
	reading, err := inv.reading()
	if err != nil {
		return failf("cannot go on with the state of the superd before this one: %v", err)
	}
	if opt.Ready = inv.starter(); how.background && opt.Ready == nil && !reading.Upgraded() {
		return inv.background(inv.args)
	}
	if how.formats == nil {
		how.formats = formats.All()
	}
	where, err := inv.controlWord(how.control)
	if err != nil {
		return err
	}
	opt.Stderr, opt.Environ, opt.Version = inv.stderr, inv.env, Version
	opt.Args, opt.Program, opt.Reading = inv.args, inv.program(), reading
	opt.Load = func() (*config.Host, *config.Result) {
		host := reading.Host(inv.host())
		result := config.Load(host, how.formats, reading.Sources(how.sources(host)))
		if how.adjust != nil {
			how.adjust(result)
		}
		if how.offset > 0 {
			beside(result, how.offset)
		}
		set := &result.Daemon.Settings
		if how.pidFile != "" {
			*set = put(*set, services.PidFile, how.pidFile)
		}
		if _, from, _ := set.Get(services.Control); where != nil && (how.control != "" || from.File != services.FromCommandLine) {
			*set = put(*set, services.Control, where)
		}
		if how.alone && !set.Has(services.Control) {
			*set = put(*set, services.Control, services.NoControl)
		}
		if how.background && !set.Has(services.LogFile) {
			*set = put(*set, services.LogFile, services.ToSyslog)
		}
		return host, result
	}
	if inv.isJudge() {
		return inv.judge(reading, opt.Load)
	}
	err = daemon.Run(opt)
	switch {
	case errors.Is(err, daemon.ErrConfig):
		return &exitError{ExitConfig, err.Error()}
	case err != nil:
		return failf("%v", err)
	}
	return nil
}

// put says something of [daemon], whatever the files say: the command line's word
// is the last.
func put(set services.Settings, attr services.AttrID, v services.Value) services.Settings {
	return slices.Clone(set).With(services.Setting{Attr: attr, Value: v, Origin: services.Origin{File: services.FromCommandLine}})
}
