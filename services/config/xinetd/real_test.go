// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"superd/internal/peers"
	"superd/internal/peers/peerdir"
	"superd/internal/testneed"
	"superd/services/config"
	"superd/services/config/formats"
)

// The lines that random services are made of: forms that are right, and forms
// that are wrong as people get them wrong.
var (
	needed = []string{"type = UNLISTED", "socket_type = stream", "wait = no", "user = root", "server = /bin/cat"}
	lines  = []string{
		"instances = 5", "instances = 5", "instances = UNLIMITED", "instances = 0", "instances = 010", "instances = -1", "instances = 5x", "instances = 5 # five", "instances = 5 6", "instances =", "instances += 5",
		"per_source = 3", "per_source = unlimited", "per_source = 0x3", "per_source = 3 # c", "PER_SOURCE = 4", "per_source -= 3",
		"cps = 25 30", "cps = 0 0", "cps = 25", "cps = 25 30 40", "cps = a b", "cps = 25 30 # c",
		"nice = 5", "nice = -5", "nice = 50", "nice = x", "umask = 077", "umask = 8", "umask = 1000",
		"protocol = tcp", "protocol = TCP", "protocol = udp", "protocol = tcp6", "protocol = tcp # c", "socket_type = dgram", "socket_type = raw",
		"wait = yes", "wait = maybe", "user = nobody", "user = 1234", "user = nosuch", "group = daemon", "group = 77", "group = nosuch", "group = daemon bin", "groups = yes", "groups = no", "groups = 1",
		"server_args = -a -b", "server_args = a \"b c\" # d", "server_args =", "server_args += x", "flags = NAMEINARGS", "flags = NODELAY KEEPALIVE", "flags = IPv4", "flags = IPv6", "flags = IPv4 IPv6", "flags = NOLIBWRAP REUSE NORETRY",
		"flags = nolibwrap # c", "flags = NOSUCH", "flags =", "flags += IPv4", "type = UNLISTED", "type = NOSUCH", "type = RPC",
		"bind = 127.0.0.1", "bind = 0.0.0.0", "bind = ::1", "bind = ::", "bind = *", "interface = lo", "bind = 127.0.0.1 # c", "v6only = yes", "v6only = no", "v6only = 1",
		"only_from = 10.1.0.0 192.0.2.1", "only_from += 10.2.0.0/16", "only_from -= 10.1.0.0", "only_from =", "only_from = 10.0.0.1,10.0.0.2", "only_from = 2001:db8::/32", "only_from = 10.3.{1,2}", "only_from = 300.1.1.1", "only_from = 10.0.0.1 # c",
		"no_access = 10.1.2.3", "no_access += 10.1.2.0/24", "no_access = 300.1.1.1", "no_access = 10.{1,2",
		"access_times = 8:00-17:00", "access_times = 8:5-9:00 10:00-23:59", "access_times = 22:00-6:00", "access_times = 1:00-24:00", "access_times =",
		"log_type = FILE /tmp/l", "log_type = FILE /tmp/l 10K", "log_type = FILE /tmp/l 20K 10K", "log_type = SYSLOG local4 debug", "log_type = SYSLOG nosuch", "log_type = FILE",
		"log_on_success = PID HOST", "log_on_success += EXIT DURATION", "log_on_success -= PID", "log_on_success = TRAFFIC", "log_on_success =", "log_on_failure = HOST ATTEMPT", "log_on_failure += NOSUCH",
		"env = A=1 B=2", "env += C=3", "env = A", "env -= A=1", "max_load = 5.5", "max_load = 0", "max_load = 5%", "rlimit_as = 10M", "rlimit_as = 1G", "rlimit_cpu = 10", "rlimit_cpu = 10K",
		"port = 70000", "port = 5000", "id = other", "id = a b", "libwrap = x y", "nonsense = 1", "nice=5", "disabled = no", "enabled = yes", "deny_time = 5", "deny_time = x", "banner = /etc/issue", "banner_fail = a b",
	}
	common = []string{
		"instances = 60", "per_source = 9", "cps = 100 2", "cps = 7", "umask = 027", "groups = yes", "bind = 127.0.0.1", "log_type = SYSLOG daemon", "log_type = FILE /tmp/common",
		"log_on_success = PID HOST", "log_on_failure = HOST", "only_from = 10.0.0.0", "only_from += 192.0.2.0/24", "only_from = 127.0.0.1", "no_access = 10.9.0.0", "disabled = S1", "max_load = 9", "wait = no", "nonsense = 1",
	}
)

// randomFile draws a whole file.
func randomFile() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		entry := func(head string, fixed, pool []string, most int) {
			b.WriteString(head + "\n{\n")
			for _, l := range fixed {
				b.WriteString("\t" + l + "\n")
			}
			for range rapid.IntRange(0, most).Draw(t, "lines") {
				b.WriteString("\t" + rapid.SampledFrom(pool).Draw(t, "line") + "\n")
			}
			b.WriteString("}\n")
		}
		if rapid.Bool().Draw(t, "defaults") {
			entry("defaults", nil, common, 4)
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "services") {
			var fixed []string
			for _, l := range needed {
				if rapid.IntRange(0, 19).Draw(t, "omit") > 0 {
					fixed = append(fixed, l)
				}
			}
			fixed = append(fixed, fmt.Sprintf("port = %d", 7000+i))
			entry(fmt.Sprintf("service s%d", i), fixed, lines, 3)
		}
		return b.String()
	})
}

var realFiles = flag.Int("real-files", 150, "how many random files the real xinetd is given")

// TestRealXinetd gives random files to the real xinetd, and compares its dump with
// superd's services as TestCorpus does.
func TestRealXinetd(t *testing.T) {
	testneed.Need(t, "xinetd")
	x := newRealXinetd(t)
	c := &comparison{t: t, used: map[int]int{}, refused: map[string]int{}}
	files := randomFile()
	for i := range *realFiles {
		text := files.Example(i)
		o := x.ask(text)
		name := fmt.Sprintf("random-%d", i)
		r := config.Load(x.host, formats.All(), []config.Source{{Format: "xinetd", Path: name + ".conf", Data: []byte(text)}})
		before := c.errors
		c.compare(name, r, x.host, o)
		if c.errors > before {
			t.Logf("%s:\n%s\n%s", name, text, diagnostics(r))
		}
	}
	c.report()
}

// realXinetd runs xinetd -d, which writes its dump to /dev/tty: in its root, a file.
type realXinetd struct {
	t    *testing.T
	root *peers.Root
	host *config.Host
	dir  string
}

func newRealXinetd(t *testing.T) *realXinetd {
	lower, err := peerdir.Root()
	if err != nil {
		t.Fatal(err)
	}
	x := &realXinetd{t: t, root: peers.New(t, peers.Options{}), dir: t.TempDir()}
	x.host = config.OSHost()
	x.host.HasIPv6 = true
	x.host.Executable = func(name string) error {
		if name != "/bin/cat" {
			return errors.New("no such file")
		}
		return nil
	}
	config.FilesHost(x.host, filepath.Join(lower, "etc"))
	if err := os.WriteFile(filepath.Join(x.dir, "tty"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	x.root.Do(func() { err = unix.Mount(filepath.Join(x.dir, "tty"), "/dev/tty", "", unix.MS_BIND, "") })
	if err != nil {
		t.Fatalf("cannot put a file in place of /dev/tty: %v", err)
	}
	return x
}

func (x *realXinetd) ask(text string) oracle {
	tty, conf := filepath.Join(x.dir, "tty"), filepath.Join(x.dir, "conf")
	if err := errors.Join(os.Truncate(tty, 0), os.WriteFile(conf, []byte(text), 0o644)); err != nil {
		x.t.Fatal(err)
	}
	cmd := x.root.Command("xinetd", "-d", "-dontfork", "-f", conf)
	if err := x.root.Start(cmd); err != nil {
		x.t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		log, err := os.ReadFile(tty)
		if err != nil {
			x.t.Fatal(err)
		}
		if strings.Contains(string(log), "{main} Started working") {
			return readOracle("\n== full log of B\n" + string(log))
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("xinetd does not start with\n%s\n%s", text, log)
		}
	}
}
