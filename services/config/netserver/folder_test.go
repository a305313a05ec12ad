// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
)

// A folder's files are services of their own: what is assumed for one is not for the
// others, nor what one says.
func TestFolder(t *testing.T) {
	host := configtest.Host(map[string]string{
		"etc/ns/a.conf":    "port 7001\nuser alice\ngroup www\nipv 6\nexec /bin/cat\n",
		"etc/ns/b.conf":    "port 7002\nexec /bin/cat\nmy_option 1\n",
		"etc/ns/c.conf":    "superd_name third\nport 7003\nexec /bin/cat\n",
		"etc/ns/d.conf":    "superd_port 7004\nhost 127.0.0.1\nsuperd_user alice\nexec /bin/cat\n",
		"etc/ns/notes.txt": "port 7005\n",
	})
	host.Getenv = func(name string) (string, bool) { return "4", name == "IPV" }
	r := config.Load(host, formats.All(), []config.Source{{Format: "netserver", Path: "/etc/ns"}})
	var got []string
	for _, s := range r.Services {
		got = append(got, fmt.Sprint(s.ID, " ", s.State, " ", s.Str(services.User), " ", s.Sockets[0].Address, " ", s.List(services.Extra)))
	}
	want := []string{"a enabled alice [::]:7001 []", "b enabled nobody 0.0.0.0:7002 [my_option 1]", "third enabled nobody 0.0.0.0:7003 []", "d enabled alice 127.0.0.1:7004 []"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q\n%v", got, want, r.Diags)
	}
}

// A large file costs little, whatever stands in it.
func TestLargeFiles(t *testing.T) {
	for _, line := range []string{"prot 7\n", "my_option value\n", "port 7\n", "no-such-line\n", "deny (a|b)|c\n", "group %41 \n", strings.Repeat("x", 70000) + "\n", "server_type Nothing\n"} {
		text := strings.Repeat(line, (1<<20)/len(line))
		start := time.Now()
		r := config.Load(configtest.Host(nil), formats.All(), []config.Source{{Format: "netserver", Path: "s.conf", Data: []byte(text)}})
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("1 MB of %.20q take %v", line, took)
		}
		if len(r.Services) != 1 || r.Services[0].State != services.Refused {
			t.Errorf("1 MB of %.20q: %v", line, r.Services)
		}
		t.Logf("%.20q %v, %d remarks", line, time.Since(start), len(r.Diags))
	}
}
