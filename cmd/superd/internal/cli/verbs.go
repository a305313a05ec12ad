// SPDX-License-Identifier: Apache-2.0

package cli

import "github.com/spf13/cobra"

// verbs is every verb, in the order of the design's page. One file each.
var verbs = []func(*invocation) *cobra.Command{
	newRun,
	newServe,
	newCheck,
	newShow,
	newConvert,
	newExplain,
	newDemoHandler,
	newStderrReader,
	newRelay,
	newVersion,
	newStatus,
	newReload,
	newUpgrade,
	newDrain,
	newEnable,
	newDisable,
	newPool,
	newStop,
	newTop,
	newKill,
	newRefusals,
	newEvents,
}

// later is a verb that is planned: a script must be told, rather than guess
// from an unknown word.
func later(name, short string) func(*invocation) *cobra.Command {
	return func(*invocation) *cobra.Command {
		return &cobra.Command{
			Use:                name,
			Short:              short + " (not built yet)",
			Hidden:             true,
			DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return usagef("%q is not built yet", name)
			},
		}
	}
}
