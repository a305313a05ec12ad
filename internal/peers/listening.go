// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"fmt"
	"time"

	"superd/internal/procnet"
)

// WaitListening waits until a socket of the root listens on a port ("tcp") or
// is bound to it ("udp"), on whatever address, and says so if none does in
// time. It connects to nothing: a probing connection would be a client.
func (r *Root) WaitListening(network string, port uint16, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		var ok bool
		var err error
		// The root's /proc does not know this process, so its "self" is nobody.
		r.Do(func() { ok, err = procnet.Bound("/proc/1/net", network, port) })
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nothing listens on %s port %d", network, port)
		}
		time.Sleep(5 * time.Millisecond) // the interval of a poll that has a deadline
	}
}
