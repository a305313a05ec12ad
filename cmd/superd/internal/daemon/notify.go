// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"superd/services"
)

// The service manager's protocol (sd_notify(3)). Without NOTIFY_SOCKET all of this
// does nothing. Handlers never see the variable.

// notify tells the service manager something. That it cannot be told is no reason
// to stop serving.
func notify(state string) { _, _ = sd.SdNotify(false, state) }

// heartbeat gives a tick at half the time after which the service manager takes
// superd for hung; without a watchdog a channel that gives none.
func heartbeat() (ticks <-chan time.Time, stop func()) {
	every, err := sd.SdWatchdogEnabled(false)
	if err != nil || every <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(every / 2)
	return t.C, t.Stop
}

// beat says that superd is alive, once the engine's owner has answered: a
// heartbeat that a stuck engine cannot keep back would be worth nothing.
func (d *Daemon) beat() {
	d.engine.SetLimits(d.settings.Count(services.DaemonMaxServers))
	notify(sd.SdNotifyWatchdog)
}
