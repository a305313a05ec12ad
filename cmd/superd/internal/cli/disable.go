// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newDisable(inv *invocation) *cobra.Command {
	return serviceVerb(inv, control.DoDisable, "switch a service off", `Closes a service's sockets, until enable: clients are refused by the kernel, who
waits already is served. Its handlers go on. That outlives a reload, not superd.`)
}
