// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newPool(inv *invocation) *cobra.Command {
	var to controlFlag
	cmd := &cobra.Command{
		Use:   "pool SERVICE [+N|-N|N]",
		Short: "show and change how many servers a service may have",
		Long: `Changes max_servers of a service by N or to N, up to four times what is
configured, and says what it is. That outlives a reload, not superd.

    superd pool finger +10
    superd pool finger -5`,
		Args:               cobra.ArbitraryArgs,
		DisableFlagParsing: true, // -5 is no flag
	}
	to.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		words, help, err := poolWords(&to, args)
		switch {
		case err != nil:
			return err
		case help:
			return cmd.Help()
		case len(words) == 2:
			var done control.Changed
			if err := to.call(inv, control.Request{Do: control.DoPool, Service: words[0], Servers: words[1]}, &done, answerWait); err != nil {
				return err
			}
			return inv.say("service %s: %s\n", words[0], done.Text)
		case len(words) == 1:
			return showPool(inv, &to, words[0])
		}
		return usagef("pool wants a service and +N, -N or N; see superd pool --help")
	}
	return cmd
}

// poolWords reads the command line by hand, as -5 is a number here.
func poolWords(to *controlFlag, args []string) (words []string, help bool, err error) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--help" || arg == "-h":
			return nil, true, nil
		case arg == "--control" && i+1 < len(args):
			i++
			to.path = args[i]
		case len(arg) > 10 && arg[:10] == "--control=":
			to.path = arg[10:]
		case len(arg) > 1 && arg[0] == '-' && (arg[1] < '0' || arg[1] > '9'):
			return nil, false, usagef("unknown flag: %s; see superd pool --help", arg)
		default:
			words = append(words, arg)
		}
	}
	return words, false, nil
}

// showPool says how many servers a service has and may have.
func showPool(inv *invocation, to *controlFlag, name string) error {
	var st control.Status
	if err := to.call(inv, control.Request{Do: control.DoStatus, Service: name, Brief: true}, &st, answerWait); err != nil {
		return err
	}
	for _, s := range st.Services {
		most := "no max_servers"
		if s.MaxServers != nil {
			most = fmt.Sprintf("max_servers is %d", *s.MaxServers)
		}
		if err := inv.say("service %s: %d run; %s\n", s.ID, s.Running, most); err != nil {
			return err
		}
	}
	return nil
}
