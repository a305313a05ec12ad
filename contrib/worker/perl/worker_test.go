// SPDX-License-Identifier: Apache-2.0

package perl

import (
	"superd/contrib/worker/internal/player"
)

// startWith is a start with lines of configuration.
func startWith(conf ...string) player.Start { return player.Start{Conf: conf} }
