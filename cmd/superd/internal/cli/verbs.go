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
