// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"superd/services/event/control"
)

func newEnable(inv *invocation) *cobra.Command {
	return serviceVerb(inv, control.DoEnable, "switch a service on", `Takes drain and disable back. A service that its file disables runs until superd
ends; one whose sockets could not be opened is tried again at once.`)
}
