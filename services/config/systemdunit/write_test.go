// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"superd/internal/testneed"
	"superd/services/config"
	"superd/services/config/formats"
	"superd/services/config/systemdunit"
)

const toWrite = `
[services.finger]
port = ["79", "[2001:db8::1]:7979", "79/udp"]
user = "nobody"
exec = ["/bin/cat"]
keepalive = true
keepalive_time = "90s"
listen = 100
[services.local]
user = "nobody"
exec = ["/bin/cat"]
[[services.local.socket]]
port = "/run/local.sock"
socket_mode = "600"
socket_user = "alice"
[[services.local.socket]]
port = "@local|unixpacket"
[[services.local.socket]]
port = "127.0.0.1:80"
nodelay = true
[services.off]
disable = true
port = 81
user = "nobody"
exec = ["/bin/cat"]
[services.zero]
port = 0
user = "nobody"
exec = ["/bin/cat"]
[services."a:b"]
port = 82
user = "nobody"
exec = ["/bin/cat"]
[services.given]
port = "systemd"
user = "nobody"
exec = ["/bin/cat"]
`

const asWritten = `# superd-finger.socket
[Unit]
Description=Sockets of the service finger

[Socket]
Service=superd.service
FileDescriptorName=finger
ListenStream=0.0.0.0:79
ListenStream=[::]:79
ListenStream=[2001:db8::1]:7979
BindIPv6Only=ipv6-only
Backlog=100
KeepAlive=yes
KeepAliveTimeSec=90

[Install]
WantedBy=sockets.target

# superd-finger-2.socket
[Unit]
Description=Sockets of the service finger

[Socket]
Service=superd.service
FileDescriptorName=finger
ListenDatagram=0.0.0.0:79
ListenDatagram=[::]:79
BindIPv6Only=ipv6-only

[Install]
WantedBy=sockets.target

# superd-local.socket
[Unit]
Description=Sockets of the service local

[Socket]
Service=superd.service
FileDescriptorName=local
ListenStream=/run/local.sock
SocketUser=alice
SocketMode=600

[Install]
WantedBy=sockets.target

# superd-local-2.socket
[Unit]
Description=Sockets of the service local

[Socket]
Service=superd.service
FileDescriptorName=local
ListenSequentialPacket=@local

[Install]
WantedBy=sockets.target

# superd-local-3.socket
[Unit]
Description=Sockets of the service local

[Socket]
Service=superd.service
FileDescriptorName=local
ListenStream=127.0.0.1:80
NoDelay=yes

[Install]
WantedBy=sockets.target

# superd.toml:26:1: error: service "zero": has no socket unit: systemd opens no socket on port 0

# superd.toml:30:1: error: service "a:b": has no socket unit: its id cannot be a FileDescriptorName: that has at most 200 printable characters, no colon, quote or backslash

# superd.toml:34:1: error: service "given": has no socket unit: it takes its sockets from systemd already

`

// write makes socket units of a file of superd's own.
func write(t *testing.T, text string) (units string, lost []config.Diagnostic) {
	t.Helper()
	r := config.Load(machine(map[string]string{"superd.toml": text}), formats.All(), []config.Source{{Path: "superd.toml"}})
	var out bytes.Buffer
	lost, err := systemdunit.Write(&out, r)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), lost
}

func TestWrite(t *testing.T) {
	units, lost := write(t, toWrite)
	if diff := cmp.Diff(asWritten, units); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(lost) != 3 {
		t.Errorf("%v", lost)
	}
}

// TestWrittenUnitsVerify has systemd itself judge what was written.
func TestWrittenUnitsVerify(t *testing.T) {
	testneed.Need(t, "systemd")
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		testneed.Missing(t, "systemd-analyze is not here")
	}
	dir := t.TempDir()
	units, _ := write(t, `
[services."50%/x-y.z"]
port = ["79", "/run/%x.sock|unix", "@%y|unixdgram", "[2001:db8::1]:80"]
user = "nobody"
exec = ["/bin/cat"]
device = "lo"
free_bind = true
transparent = true
reuse_port = true
keepalive = true
keepalive_interval = 5
keepalive_probes = 3
defer_accept = 7
receive_buffer = "64K"
send_buffer = "64K"
priority = 3
mark = 7
ip_tos = 16
ip_ttl = 9
nodelay = true
`)
	files := []string{}
	for _, text := range strings.Split(units, "# ")[1:] {
		name, text, _ := strings.Cut(text, "\n")
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if len(files) != 2 {
		t.Fatalf("%d units in\n%s", len(files), units)
	}
	if err := os.WriteFile(filepath.Join(dir, "superd.service"), []byte("[Service]\nExecStart=/bin/true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(tool, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput() // its code is about all units of the machine
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir) || strings.Contains(line, "superd-") {
			t.Errorf("systemd-analyze verify says %s", line)
		}
	}
}
