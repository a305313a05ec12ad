// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"testing"

	"superd/internal/testneed"
)

// A pool whose workers take all descriptors that superd has goes on at full speed with
// those that there are, and says once what it lacks.
func TestPoolOutOfDescriptors(t *testing.T) {
	testneed.Need(t, "root", "cc")
	well, p := port(t), port(t)
	s := start(t, with{wrap: []string{"nofile=64"}}, fmt.Sprintf(`[daemon]
log_level = 2
[defaults]
user = "nobody"
host = "127.0.0.1"
[services.well]
port = %d
exec = ["/bin/cat"]
[services.ill]
port = %d
no_access = ["127.0.0.2"]
mode = "prefork"
worker = "pass"
min_servers = 20
max_servers = 60
max_requests = "unlimited"
exec = ["$DIR/worker", "$DIR/served"]
`, well, p))
	s.compileWorker()
	crowd := &crowdOfPool{addr: address(p), fates: make([]fate, 2001)}
	crowd.run(t, 60)
	if n := crowd.count(whole); n != 2000-20 {
		t.Errorf("%d of 1980 clients were served", n)
	}
	s.waitLog(`event=pause`)
	for _, pattern := range []string{`event=spawn-fail.*too many open files`, `event=pause`} {
		if n := s.count(pattern); n > 1 {
			t.Errorf("%s: told %d times", pattern, n)
		}
	}
	unharmed(t, address(well))
}
