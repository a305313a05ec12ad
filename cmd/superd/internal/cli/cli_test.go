// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/native"
)

const goodFile = "[services.a]\nport = 7001\nexec = [\"/bin/cat\"]\nuser = \"nobody\"\n" +
	"[services.b]\nname = \"finger\"\nport = 7002\nexec = [\"/bin/cat\"]\nuser = \"nobody\"\n"

func testHost() *config.Host {
	return configtest.Host(map[string]string{"good.toml": goodFile, "bad.toml": "[services.a]\nport = 0x\n",
		"etc/superd/superd.toml": goodFile, "home/alice/.config/superd/superd.toml": goodFile, "x:y": goodFile})
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"", ExitUsage, "superd: which verb? see superd --help\n"},
		{"frobnicate", ExitUsage, "superd: unknown verb \"frobnicate\"; see superd --help\n"},
		{"--frobnicate", ExitUsage, "superd: unknown flag: --frobnicate; see superd --help\n"},
		{"check extra", ExitUsage, "superd: unknown command \"extra\" for \"superd check\"; see superd check --help\n"},
		{"check --frobnicate", ExitUsage, "superd: unknown flag: --frobnicate; see superd check --help\n"},
		{"check -c", ExitUsage, "superd: flag needs an argument: 'c' in -c; see superd check --help\n"},
		{"check -c toml:", ExitUsage, "superd: -c \"toml:\" names no file\n"},
		{"check -c - -c toml:-", ExitUsage, "superd: -c - can be given once\n"},
		{"check", ExitDone, ""},
		{"check -c good.toml", ExitDone, ""},
		{"check --config=good.toml", ExitDone, ""},
		{"check -c native:good.toml", ExitDone, ""},
		{"check -c x:y", ExitDone, ""}, // a name with a colon: x is no format
		{"check -c bad.toml", ExitConfig, ""},
		{"check -c nothere", ExitConfig, ""},
		{"check -c inetd/freebsd:good.toml", ExitConfig, ""},
		{"show -c good.toml a", ExitDone, ""},
		{"show -c good.toml none", ExitFailed, "superd: cannot show \"none\": no such service\n"},
		{"show a b", ExitUsage, "superd: accepts at most 1 arg(s), received 2; see superd show --help\n"},
		{"version", ExitDone, ""},
		{"--version", ExitDone, ""},
		{"explain", ExitUsage, "superd: accepts 1 arg(s), received 0; see superd explain --help\n"},
		{"status --control /nonexistent/c", ExitNotRunning, "superd: cannot ask superd by \"/nonexistent/c\": superd is not running\n"},
		{"stop --control none", ExitUsage, "superd: the control socket \"none\" is none: there is nobody to ask\n"},
		{"status --control x a b", ExitUsage, "superd: accepts at most 1 arg(s), received 2; see superd status --help\n"},
		{"version 5", ExitUsage, "superd: unknown command \"5\" for \"superd version\"; see superd version --help\n"},
		{"upgrade a b", ExitUsage, "superd: accepts at most 1 arg(s), received 2; see superd upgrade --help\n"},
	} {
		_, stderr, code := runOn(testHost(), "", strings.Fields(c.args)...)
		if code != c.code || stderr != c.stderr {
			t.Errorf("superd %s: exit %d, %q; want %d, %q", c.args, code, stderr, c.code, c.stderr)
		}
	}
}

// TestEveryVerb asserts that each verb that the design names is there, answers with
// help that tells the exit codes, and says what it does.
func TestEveryVerb(t *testing.T) {
	inv := &invocation{stdin: strings.NewReader(""), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, host: testHost}
	known := map[string]bool{}
	for _, cmd := range inv.root().Commands() {
		known[cmd.Name()] = true
		if cmd.Short == "" || strings.ToLower(cmd.Short[:1]) != cmd.Short[:1] || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: %q is no summary in lower case without a full stop", cmd.Name(), cmd.Short)
		}
		stdout, stderr, code := runOn(testHost(), "", cmd.Name(), "--help")
		if code != ExitDone || !strings.Contains(stdout, exitCodes) {
			t.Errorf("%s --help: exit %d, %q", cmd.Name(), code, stderr)
		}
	}
	for _, verb := range strings.Fields("check show version convert status reload upgrade drain enable disable pool stop top kill refusals events") {
		if !known[verb] {
			t.Errorf("there is no %s", verb)
		}
	}
}

func TestParseSource(t *testing.T) {
	for word, want := range map[string]config.Source{
		"f":                  {Path: "f"},
		"toml:f":             {Format: "native", Path: "f"},
		"native:f":           {Format: "native", Path: "f"},
		"xinetd:/etc/x":      {Format: "xinetd", Path: "/etc/x"},
		"inetd/freebsd:f":    {Format: "inetd", Dialect: "freebsd", Path: "f"},
		"systemd:-":          {Format: "systemd", Path: "-"},
		"netserver:a:b":      {Format: "netserver", Path: "a:b"},
		"c:f":                {Path: "c:f"},
		"./toml:f":           {Path: "./toml:f"},
		"/srv/inetd/x:f":     {Path: "/srv/inetd/x:f"},
		"inetd/freebsd/x.d/": {Path: "inetd/freebsd/x.d/"},
	} {
		if diff := cmp.Diff(want, parseSource(word)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

func TestDefaultPath(t *testing.T) {
	for _, c := range []struct {
		root bool
		env  string
		want string
	}{
		{true, "XDG_CONFIG_HOME=/x HOME=/h", "/etc/superd/superd.toml"},
		{false, "XDG_CONFIG_HOME=/x HOME=/h", "/x/superd/superd.toml"},
		{false, "HOME=/h", "/h/.config/superd/superd.toml"},
		{false, "XDG_CONFIG_HOME= HOME=/h", "/h/.config/superd/superd.toml"},
		{false, "XDG_CONFIG_HOME=relative HOME=/h", "/h/.config/superd/superd.toml"},
	} {
		h := (&invocation{env: strings.Fields(c.env)}).osHost()
		h.Root = c.root
		if got := defaultPath(h); got != c.want {
			t.Errorf("root %v, %s: %s, want %s", c.root, c.env, got, c.want)
		}
	}
}

func TestShowService(t *testing.T) {
	for arg, want := range map[string]string{"a": "a: ", "b": "b: ", "finger": "b: "} {
		stdout, stderr, code := runOn(testHost(), "", "show", "-c", "good.toml", arg)
		if code != ExitDone || !strings.HasPrefix(stdout, want) || strings.Count(stdout, "mode inet") != 1 {
			t.Errorf("show %s: exit %d, %q, %q", arg, code, stdout, stderr)
		}
	}
	var doc struct {
		Services    []struct{ ID string }
		Diagnostics []any
	}
	stdout, _, _ := runOn(testHost(), "", "show", "--json", "-c", "good.toml", "finger")
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || len(doc.Services) != 1 || doc.Services[0].ID != "b" || doc.Diagnostics == nil {
		t.Errorf("show --json finger: %+v, %v", doc, err)
	}
}

// TestOutputFails asserts that a full disk behind > is no success.
func TestOutputFails(t *testing.T) {
	for _, args := range []string{"show -c good.toml", "show --json -c good.toml", "check -c bad.toml"} {
		var stderr bytes.Buffer
		inv := &invocation{stdin: strings.NewReader(""), stdout: fullDisk{}, stderr: &stderr, host: testHost}
		if code := inv.run(strings.Fields("superd " + args)); code != ExitFailed || !strings.Contains(stderr.String(), "no space") {
			t.Errorf("superd %s: exit %d, %q", args, code, stderr.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestQuote asserts that no byte of a configuration reaches a terminal that it
// could command, and that what is printed is TOML.
func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain ä": `"plain ä"`, `a"b\c`: `"a\"b\\c"`, "a\nb\tc": `"a\nb\tc"`, "\x1b[31m\x7f\u009b": `"\u001B[31m\u007F\u009B"`,
	} {
		if got := native.Quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
	if clean("plain") != "plain" || clean("\x1b") != `"\u001B"` {
		t.Error("clean")
	}
}
