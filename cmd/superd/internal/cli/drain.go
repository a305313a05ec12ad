// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newDrain(inv *invocation) *cobra.Command {
	return serviceVerb(inv, control.DoDrain, "have a service take no new clients", `Has a service take no new clients, until enable. Its sockets stay open, so who
comes waits in the kernel; its handlers go on. That outlives a reload, not superd.`)
}
