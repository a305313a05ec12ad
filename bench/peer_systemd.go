// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"

	"superd/internal/systemdtest"
)

// systemd is a socket unit with Accept=yes under a systemd of its own. Its log
// goes to a terminal, which costs it less than the journal would.
func (b *bench) systemd() *peer {
	want := b.everything()
	delete(want, "groups") // it does initgroups for a user
	return &peer{
		name: "systemd", about: "Accept=yes; User, UMask, Nice, Limit*, NoNewPrivileges; log to a terminal, no journal", slow: 10,
		want:   want,
		config: "systemd.units",
		boot: func(b *bench, s setup) (*daemon, error) {
			service := fmt.Sprintf(systemdService, strings.Join(s.handler, " "))
			text := "# bench.socket\n" + systemdSocket + "\n# bench@.service\n" + service
			if err := os.WriteFile(b.program("systemd.units"), []byte(text), 0o644); err != nil {
				return nil, err
			}
			m, err := systemdtest.Boot(b.ctx, systemdtest.Options{
				Units: map[string]string{
					"bench.socket":   systemdSocket,
					"bench@.service": service,
				},
				Unit:     "bench.socket",
				ShareNet: true,
			})
			if err != nil {
				return nil, err
			}
			return &daemon{
				name: "systemd", pid: m.Pid(), meter: cgroupMeter{m.Cgroup()}, gone: make(chan struct{}),
				stop: func() { _ = m.Close() },
			}, nil
		},
	}
}

const systemdSocket = `[Unit]
DefaultDependencies=no
[Socket]
ListenStream=127.0.0.1:20000
Accept=yes
Backlog=4096
MaxConnections=1000
TriggerLimitIntervalSec=0
PollLimitIntervalSec=0
`

const systemdService = `[Unit]
DefaultDependencies=no
CollectMode=inactive-or-failed
StartLimitIntervalSec=0
[Service]
ExecStart=%s
StandardInput=socket
User=nobody
UMask=027
Nice=5
LimitNOFILE=256
LimitCORE=0
LimitAS=1G
NoNewPrivileges=yes
`
