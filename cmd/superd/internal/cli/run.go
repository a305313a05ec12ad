// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
	"superd/services/config"
	"superd/services/config/formats"
)

func newRun(inv *invocation) *cobra.Command {
	var from sourceFlags
	var opt daemon.Options
	cmd := &cobra.Command{
		Use:   "run [-c FILE]…",
		Short: "run the services, in the foreground",
		Long: `Reads the configuration, opens the services' sockets and serves, until TERM or INT
(end now), or QUIT (wait for handlers). HUP reads the configuration again and
applies what differs; USR1 writes the state to the dump file. What is wrong with
one service costs that service alone.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := from.sources(inv, inv.host())
			if err != nil {
				return err
			}
			return inv.serve(opt, list)
		},
	}
	from.add(cmd)
	addDaemonFlags(cmd, &opt)
	return cmd
}

func addDaemonFlags(cmd *cobra.Command, opt *daemon.Options) {
	cmd.Flags().BoolVar(&opt.StayAlive, "stay-alive", false, "go on although no service can run")
	cmd.Flags().BoolVar(&opt.Strict, "strict", false, "do not start if any service is in error")
}

// serve runs a daemon over sources until it ends.
func (inv *invocation) serve(opt daemon.Options, list []config.Source) error {
	opt.Stderr = inv.stderr
	opt.Load = func() (*config.Host, *config.Result) {
		host := inv.host()
		return host, config.Load(host, formats.All(), list)
	}
	err := daemon.Run(opt)
	switch {
	case errors.Is(err, daemon.ErrConfig):
		return &exitError{ExitConfig, err.Error()}
	case err != nil:
		return failf("%v", err)
	}
	return nil
}
