// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
)

// entry is a service of xinetd's that runs, with more lines in it.
func entry(lines string) string {
	return "service finger\n{\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tserver = /bin/cat\n\t" + lines + "\n}\n"
}

func native(lines string) string {
	return "[services.finger]\nport = 79\nuser = \"nobody\"\nexec = [\"/bin/cat\"]\n" + lines + "\n"
}

// notBuilt is what the pages say comes later, and how it is refused till then. What
// is built must leave this list and take its row along.
var notBuilt = map[string]struct{ format, text, says string }{
	"INTERNAL":     {"xinetd", strings.ReplaceAll(entry("type = INTERNAL"), "finger", "echo"), "INTERNAL is not built yet"},
	"TCPMUX":       {"xinetd", entry("type = TCPMUX"), "TCPMUX is not built yet"},
	"TCPMUXPLUS":   {"xinetd", entry("type = TCPMUXPLUS"), "TCPMUXPLUS is not built yet"},
	"RPC":          {"xinetd", entry("type = RPC\n\trpc_version = 1"), "RPC is not built yet"},
	"SENSOR":       {"xinetd", entry("flags = SENSOR"), "SENSOR is not built yet"},
	"IDONLY":       {"xinetd", entry("flags = IDONLY"), "IDONLY is not built yet"},
	"INTERCEPT":    {"xinetd", strings.Replace(entry("flags = INTERCEPT"), "wait = no", "wait = yes", 1), "INTERCEPT is not built yet"},
	"redirect":     {"xinetd", entry("redirect = 192.0.2.1 80"), "redirect is not built yet"},
	"leaky_bucket": {"xinetd", entry("leaky_bucket = 1 2 3 4"), "leaky_bucket is not built yet"},
	"host name":    {"xinetd", entry("only_from = host.example.com"), "not built yet"},
	".domain":      {"xinetd", entry("no_access = .example.com"), "not built yet"},

	"internal":       {"inetd", "echo stream tcp nowait root internal\n", "not built yet"},
	"rpc/tcp":        {"inetd", "finger stream rpc/tcp nowait root /bin/cat\n", "RPC is not built yet"},
	"tcpmux/service": {"inetd", "tcpmux/+finger stream tcp nowait root /bin/cat\n", "not built yet"},

	"http": {"native", native(`mode = "http"`), "not built yet"},
	"ssl":  {"native", strings.Replace(native(""), "79", `"79/ssl"`, 1), "TLS is not built yet"},
}

// notOffered is what the pages say is refused for good.
var notOffered = map[string]struct{ format, text, says string }{
	"LABELED":     {"xinetd", entry("flags = LABELED"), "LABELED is not offered"},
	"raw":         {"xinetd", strings.Replace(entry(""), "stream", "raw", 1), "raw sockets are not for handing to programs"},
	"raw socket":  {"inetd", "finger raw udp wait root /bin/cat\n", "is not offered"},
	"login class": {"inetd", "finger stream tcp nowait/3 nobody/ftp /bin/cat\n", "is not offered"},
	"ttcp":        {"inetd", "finger stream tcp/ttcp nowait root /bin/cat\n", "is not offered"},
	"port range":  {"native", strings.Replace(native(""), "79", `"8080-8090"`, 1), "is not offered"},
	"look-ahead":  {"native", native(`deny = ["(?!10).*"]`), "attribute \"deny\""},
}

func TestNotBuilt(t *testing.T)   { refused(t, notBuilt) }
func TestNotOffered(t *testing.T) { refused(t, notOffered) }

func refused(t *testing.T, cases map[string]struct{ format, text, says string }) {
	for name, c := range cases {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			r := config.Load(configtest.Host(map[string]string{"f": c.text}), formats.All(), []config.Source{{Format: c.format, Path: "f"}})
			told := false
			for _, d := range r.Diags {
				told = told || d.Severity == config.Error && strings.Contains(d.String(), c.says)
			}
			if !told {
				t.Errorf("no error says %q: %v", c.says, r.Diags)
			}
			for _, s := range r.Services {
				if s.State != services.Refused {
					t.Errorf("%s is %v", s.ID, s.State)
				}
			}
		})
	}
}
