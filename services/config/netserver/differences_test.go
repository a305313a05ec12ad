// SPDX-License-Identifier: Apache-2.0

package netserver_test

import (
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/config/netserver"
)

// differenceCases show each difference: lines behind those of a file that is whole,
// and what becomes of one attribute.
var differenceCases = map[string]struct {
	text string
	attr services.AttrID
	want string // state and value
}{
	"no user":                                     {"port 1\nexec /bin/cat\n", services.User, "enabled nobody"},
	"user without a group":                        {"port 1\nuser alice\nexec /bin/cat\n", services.Group, "enabled"},
	"no port":                                     {"user alice\nexec /bin/cat\n", services.Port, "refused"},
	"blanks at the end of a value":                {whole + "max_servers 7 # seven\n", services.MaxServers, "enabled 7"},
	"CR LF":                                       {whole + "max_servers 7\r\n", services.MaxServers, "enabled 7"},
	"byte order mark":                             {"\ufeff" + whole, services.Port, "enabled 20203"},
	"NUL byte":                                    {whole + "max_servers 7\x00\n", services.MaxServers, "refused"},
	"% in a value":                                {whole + "chroot /%62in\n", services.Chroot, "enabled /%62in"},
	"option as the value of an unknown key":       {whole + "my_option max_servers=7\n", services.MaxServers, "enabled"},
	"protection without a value":                  {whole + "cidr_deny # 10.0.0.0/8\n", services.CIDRDeny, "refused"},
	"protection with dashes in its name":          {whole + "cidr-deny 10.0.0.0/8\n", services.CIDRDeny, "refused"},
	"alternatives in deny":                        {whole + "allow .*\ndeny 10|11\n", services.Deny, "enabled 10.*|.*11"},
	"alternatives in allow":                       {whole + "allow 10|11\n", services.Allow, "enabled 10|11"},
	"look-around in allow or deny":                {whole + "deny (?!10).*\n", services.Deny, "refused"},
	"allow beside cidr_allow":                     {whole + "allow 10.*\ncidr_allow 11.0.0.0/8\n", services.CIDRAllow, "enabled 11.0.0.0/8"},
	"no server type that is there":                {whole + "server_type My::Type\n", services.Mode, "refused"},
	"a port with two sockets before others":       {"port 7/IPv4/IPv6\n" + whole + "host *\nhost 127.0.0.1\n", services.HostAddr, "enabled * 127.0.0.1"},
	"IP versions of a port, and of host or proto": {"port 7/IPv4\nuser root\nexec /bin/cat\nhost localhost/IPv6\n", services.Port, "enabled 7/IPv4"},
	"no min_spare_servers":                        {whole + "server_type PreFork\nsuperd_worker pass\n", services.Mode, "enabled prefork"},
	"min_servers where max_servers is below 5":    {whole + "server_type PreFork\nsuperd_worker pass\nmax_servers 4\nmin_servers 3\n", services.MinServers, "enabled 3"},
	"background, setsid":                          {whole + "setsid 1\n", services.Setsid, "enabled"},
	"no, off, false":                              {whole + "no_client_stdout off\n", services.Stdio, "enabled"},
	"reverse_lookups no":                          {whole + "reverse_lookups no\n", services.Port, "refused 20203"},
	"udp_broadcast":                               {whole + "proto udp\nudp_broadcast 1\n", services.Broadcast, "enabled true"},
	"log_file of a module":                        {whole + "log_file Log::Log4perl\n", services.Port, "enabled 20203"},
	"log_function, child_communication":           {whole + "child_communication 1\n", services.Port, "enabled 20203"},
}

// TestDifferences shows each row of the table at work, and that its remark is known.
func TestDifferences(t *testing.T) {
	for _, d := range netserver.Differences() {
		c, ok := differenceCases[d.Subject]
		if !ok {
			t.Errorf("%q has no example", d.Subject)
			continue
		}
		r := config.Load(configtest.Host(nil), formats.All(), []config.Source{{Format: netserver.Format, Path: "s.conf", Data: []byte(c.text)}})
		s := r.Services[0]
		got := s.State.String()
		if x, ok := s.Settings.Find(c.attr); ok {
			got += " " + c.attr.Row().Format(x.Value)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q: %v", d.Subject, got, c.want, r.Diags)
		}
		found := false
		for _, diag := range r.Diags {
			told, ok := netserver.Told(diag.Message)
			found = found || ok && told.Subject == d.Subject
		}
		if !found {
			t.Errorf("%s: no remark tells of it: %v", d.Subject, r.Diags)
		}
	}
	if len(differenceCases) != len(netserver.Differences()) {
		t.Errorf("%d examples for %d differences", len(differenceCases), len(netserver.Differences()))
	}
	if d, ok := netserver.Told("TLS is not built yet"); ok {
		t.Errorf("is taken for %q", d.Subject)
	}
}
