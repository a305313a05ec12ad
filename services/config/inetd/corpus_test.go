// SPDX-License-Identifier: Apache-2.0

package inetd_test

import (
	"hash/crc32"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"superd/internal/testcorpus"
	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
)

// reasons are all for which a service of a file from the field is refused on a
// machine that has every account, program and service that it names.
var reasons = []struct {
	re  *regexp.Regexp
	why string
}{
	{regexp.MustCompile(`internal services are not built yet`), "not built yet"},
	{regexp.MustCompile(`RPC is not built yet`), "not built yet"},
	{regexp.MustCompile(`services behind tcpmux are not built yet`), "not built yet"},
	{regexp.MustCompile(`attribute "(tcpd|libwrap)": `), "hosts.allow and hosts.deny"},
	{regexp.MustCompile(`is not an absolute path, and is not in /`), "a file of busybox, which looks in PATH"},
	{regexp.MustCompile(`"tli" is not offered`), "no Linux has it"},
	{regexp.MustCompile(`is neither sndbuf= nor rcvbuf=`), "Solaris's protocol lists"},
	{regexp.MustCompile(`"127.0.0.1" is an IPv4 address, and tcp6 is IPv6 alone`), "openbsd-inetd drops the line"},
	{regexp.MustCompile(`: (tcp|udp) \S+ is taken by service`), "two lines for one port: openbsd-inetd cannot bind the second"},
	{regexp.MustCompile(`cannot resolve "`), "no address is left"},
	{regexp.MustCompile(`is missing: the line has \d of the 6 fields`), "openbsd-inetd drops the line"},
	{regexp.MustCompile(`is no name of a service`), "openbsd-inetd knows no such service"},
}

// generous is a machine that has what a file names.
func generous() *config.Host {
	h := configtest.Host(nil)
	lookup := h.LookupUser
	h.Executable = func(string) error { return nil }
	h.ServicePort = func(name, proto string) (uint16, bool) {
		return uint16(1024 + crc32.ChecksumIEEE([]byte(name))%60000), true
	}
	h.LookupUser = func(name string) (config.User, error) {
		if u, err := lookup(name); err == nil {
			return u, nil
		}
		return config.User{Name: name, UID: 5000, GID: 5000, InDB: true}, nil
	}
	h.LookupGroup = func(string) (uint32, error) { return 5000, nil }
	return h
}

var active = regexp.MustCompile(`^[^#\s]\S*\s+(stream|dgram|raw|tli|sunrpc_tcp|sunrpc_udp)\s+\S+\s+\S+\s+\S+\s+\S+`)

// TestCorpus reads files from the field. No service of them vanishes, and what is
// refused is refused for one of the reasons.
func TestCorpus(t *testing.T) {
	states, refused := map[services.State]int{}, map[string]int{}
	files := testcorpus.Configs(t, "inetd")
	for _, f := range files {
		r := config.Load(generous(), formats.All(), []config.Source{{Format: "inetd", Path: f.Name, Data: []byte(f.Text)}})
		there := map[uint32]bool{}
		for _, s := range r.Services {
			there[s.Source.Line] = true
			states[s.State]++
		}
		for i, line := range strings.Split(f.Text, "\n") {
			if active.MatchString(line) && !there[uint32(i+1)] {
				t.Errorf("%s:%d: %q has no service", f.Name, i+1, line)
			}
		}
		judge(t, r, refused)
	}
	t.Logf("%d files; %d services run, %d are refused, %d switched off", len(files), states[services.Enabled], states[services.Refused], states[services.Disabled])
	for _, why := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused %d times: %s", refused[why], why)
	}
}

// judge finds the reason of each error, and an error for each refused service.
func judge(t *testing.T, r *config.Result, refused map[string]int) {
	t.Helper()
	against := map[string]bool{}
	for _, d := range r.Diags {
		if d.Severity != config.Error {
			continue
		}
		against[d.Service] = true
		i := slices.IndexFunc(reasons, func(x struct {
			re  *regexp.Regexp
			why string
		}) bool {
			return x.re.MatchString(d.String())
		})
		if i < 0 {
			t.Errorf("%v", d)
			continue
		}
		refused[reasons[i].re.String()+" ("+reasons[i].why+")"]++
	}
	for _, s := range r.Services {
		if s.State == services.Refused && !against[s.ID] {
			t.Errorf("%q is refused without a reason", s.ID)
		}
	}
}
