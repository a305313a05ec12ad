// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"superd/internal/peers"
	"superd/internal/systemdtest"
	"superd/internal/testneed"
)

// UnitWorld is a booted systemd that serves pairs of units, itself and then by a
// superd that it runs as a service; and what was compared so far.
type UnitWorld struct {
	t      testing.TB
	m      *systemdtest.Machine
	dir    string // seen alike from inside and outside
	probe  string
	superd string

	Served  []string          // pairs of which a handler reported under both
	Refused map[string]string // those that superd refuses, with its first reason
	values  int
	used    map[string]int
}

// NewUnitWorld boots the machine, with the accounts that the units of the test name.
func NewUnitWorld(t testing.TB, probe string, accounts []string) *UnitWorld {
	t.Helper()
	if underRace {
		t.Skip("the daemons are built without -race, and run so in the tests without it")
	}
	testneed.Need(t, "root", "systemd", "cc", "ipv6", "bash")
	u := &UnitWorld{t: t, dir: t.TempDir(), superd: peers.Build(t, "superd/cmd/superd"), Refused: map[string]string{}, used: map[string]int{}}
	for dir := u.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		u.check(os.Chmod(dir, 0o755))
	}
	u.probe = filepath.Join(u.dir, "probe")
	if out, err := exec.Command("cc", "-O1", "-static", "-o", u.probe, probe).CombinedOutput(); err != nil {
		t.Fatalf("cc %s: %v\n%s", probe, err, out)
	}
	u.m = systemdtest.Start(t, systemdtest.Options{})
	// basic.target, which units want without a word, is masked in the machine.
	for _, kind := range []string{"socket", "service"} {
		u.write(kind+".conf", "[Unit]\nDefaultDependencies=no\n")
		u.inside(`mkdir -p "/run/systemd/system/$1.d" && cp "$0/$1.conf" "/run/systemd/system/$1.d/test.conf"`, kind)
	}
	u.write("superd.service", "[Service]\nExecStart="+u.superd+" run -c ${SOCKET}\nEnvironmentFile="+u.dir+"/socket\nStandardError=append:"+u.dir+"/log\n")
	u.accounts(accounts)
	return u
}

func (u *UnitWorld) check(err error) {
	if err != nil {
		u.t.Helper()
		u.t.Fatal(err)
	}
}

func (u *UnitWorld) write(name, text string) {
	u.t.Helper()
	u.check(os.WriteFile(filepath.Join(u.dir, name), []byte(text), 0o644))
}

// inside runs a shell's command in the machine; $0 is the world's folder.
func (u *UnitWorld) inside(script string, args ...string) string {
	u.t.Helper()
	out, err := u.m.Command("timeout", append([]string{"30", "bash", "-euc", script, u.dir}, args...)...).CombinedOutput()
	if err != nil {
		u.t.Fatalf("%s %q: %v\n%s\nthe console:\n%s", script, args, err, out, u.m.Console())
	}
	return string(out)
}

// accounts puts files with these accounts in the place of the machine's.
func (u *UnitWorld) accounts(names []string) {
	passwd, group := "root:x:0:0:root:/root:/bin/sh\n", "root:x:0:\nextra:x:6001:"+strings.Join(names, ",")+"\nother:x:6002:\n"
	for i, name := range names {
		if name == "nobody" { // systemd knows it of itself
			passwd += "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
			group += "nogroup:x:65534:\n"
			continue
		}
		passwd += fmt.Sprintf("%s:x:%d:%d:%s:/home/%s:/bin/sh\n", name, 5001+i, 5001+i, name, name)
		group += fmt.Sprintf("%s:x:%d:\n", name, 5001+i)
	}
	u.write("passwd", passwd)
	u.write("group", group)
	u.inside(`for f in passwd group; do mount --bind "$0/$f" /etc/$f; done`)
}

var execStart = regexp.MustCompile(`(?m)^(ExecStart=[-@:+!]*)(\S+)`)

// replaced puts the probe in the place of a unit's program. A shell stays, and what
// it starts is the probe.
func (u *UnitWorld) replaced(text string) string {
	text = strings.ReplaceAll(text, "/var/log/", u.dir+"/") // which is the machine's own
	m := execStart.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	if filepath.Base(m[2]) == "sh" {
		return regexp.MustCompile(`exec /\S+`).ReplaceAllString(text, "exec "+u.probe)
	}
	text = execStart.ReplaceAllString(text, "${1}"+u.probe)
	if !strings.Contains(text, "StandardInput=socket") {
		text = strings.Replace(text, "[Service]", "[Service]\nEnvironment=PROBE_FD=any", 1)
	}
	return text
}

// Pair has a socket unit with its service unit, or several that have one, served by
// systemd and by superd, and compares what the program and its clients see.
func (u *UnitWorld) Pair(name string, files map[string]string) {
	u.t.Helper()
	dir := filepath.Join(u.dir, "units")
	u.check(os.RemoveAll(dir))
	u.check(os.Mkdir(dir, 0o755))
	var sockets []string
	for file, text := range files {
		if strings.HasSuffix(file, ".socket") {
			sockets = append(sockets, file)
		}
		u.check(os.WriteFile(filepath.Join(dir, file), []byte(u.replaced(text)), 0o644))
	}
	what := "/run/systemd/system/"
	if len(sockets) == 1 {
		what += sockets[0]
	}
	u.write("socket", "SOCKET="+strings.ReplaceAll(what, `\`, `\\`)+"\n")
	u.inside(`cd /run/systemd/system; rm -f *.socket *.service; cp "$0"/units/* "$0/superd.service" .; systemctl daemon-reload`)
	s, refused := u.show(what)
	if refused != "" {
		u.Refused[name] = refused
		return
	}
	var answers [2][]Report
	for i, daemon := range [][]string{sockets, {"superd.service"}} {
		u.inside(`systemctl start "$@"`, daemon...)
		for _, v := range u.visits(s) {
			answers[i] = append(answers[i], u.visit(name, v))
		}
		u.inside(`systemctl stop "$@"; systemctl stop "*@*.service" || true`, daemon...)
	}
	for i, v := range u.visits(s) {
		if len(sockets) > 1 {
			answers[0][i], answers[1][i] = answers[0][i].byName(), answers[1][i].byName()
		}
		u.compare(name, v, s, answers[0][i], answers[1][i])
	}
}

// show asks superd what it makes of a unit; refused is its first error.
func (u *UnitWorld) show(socket string) (s Service, refused string) {
	u.t.Helper()
	out := u.inside(`"$1" show --json -c "$2" || test $? = 3`, u.superd, socket)
	var all struct {
		Services    []Service
		Diagnostics []struct{ Severity, Attribute, Message string }
	}
	u.check(json.Unmarshal([]byte(out), &all))
	for _, d := range all.Diagnostics {
		if d.Severity == "error" {
			return s, d.Attribute + ": " + d.Message
		}
	}
	return all.Services[0], ""
}

// visits are the addresses at which clients come.
func (u *UnitWorld) visits(s Service) (list []string) {
	for _, k := range s.Sockets {
		ap, err := netip.ParseAddrPort(k.Address)
		if err != nil {
			continue
		}
		port := "/" + strconv.Itoa(int(ap.Port()))
		switch addr := ap.Addr(); {
		case !addr.IsUnspecified():
			list = append(list, k.Network+"/"+addr.String()+port)
		case addr.Is4():
			list = append(list, k.Network+"/127.0.0.1"+port)
		case k.V6Only:
			list = append(list, k.Network+"/::1"+port)
		default:
			list = append(list, k.Network+"/127.0.0.1"+port, k.Network+"/::1"+port)
		}
	}
	return list
}

// visit connects, and gives what the program says. A datagram gets one in return, and
// may be lost while there is no socket yet.
func (u *UnitWorld) visit(name, to string) Report {
	u.t.Helper()
	script := `for i in $(seq 500); do { exec 3<>"/dev/$1"; } 2>/dev/null && break; sleep 0.02; done; cat <&3`
	if strings.HasPrefix(to, "udp") {
		script = `exec 3<>"/dev/$1"; for i in $(seq 50); do echo x >&3; timeout 2 dd bs=65536 count=1 <&3 2>/dev/null && break; sleep 0.02; done`
	}
	out := u.inside(script, to)
	_, r, err := ParseReport(out)
	if err != nil || r == nil {
		log, _ := os.ReadFile(filepath.Join(u.dir, "log"))
		u.t.Errorf("%s at %s says %q, %v; superd's log:\n%s\nthe console:\n%s", name, to, out, err, log, u.m.Console())
	}
	return r
}

func (u *UnitWorld) compare(name, to string, s Service, x, y Report) {
	u.t.Helper()
	if x == nil || y == nil {
		return
	}
	if !slices.Contains(u.Served, name) {
		u.Served = append(u.Served, name)
	}
	for _, k := range keys(x, y) {
		u.values++
		c := UnitCase{Key: k, Systemd: value(x, k), Superd: value(y, k), under: x, got: y}
		if c.Systemd == c.Superd || ownWord(c) {
			continue
		}
		i := slices.IndexFunc(UnitDifferences, func(d UnitDifference) bool { return d.is(c) })
		if i < 0 {
			u.t.Errorf("%s at %s: %s: systemd %q, superd %q", name, to, k, c.Systemd, c.Superd)
			continue
		}
		u.used[UnitDifferences[i].Subject]++
	}
}

// ownWord is of variables that each program has its own of, and which must be right.
func ownWord(c UnitCase) bool {
	_, port := connection(c.under)
	_, superd := connection(c.got)
	return c.Key == "env REMOTE_PORT" && c.Systemd == port && c.Superd == superd || c.Key == "env LISTEN_PID" && c.Systemd != "-" && c.Superd != "-"
}

// Report logs what was compared.
func (u *UnitWorld) Report() {
	u.t.Logf("%d pairs served under both, %d values compared: %v", len(u.Served), u.values, u.Served)
	for _, name := range slices.Sorted(maps.Keys(u.Refused)) {
		u.t.Logf("refused: %s: %s", name, u.Refused[name])
	}
	for _, d := range UnitDifferences {
		u.t.Logf("%5d times: %s", u.used[d.Subject], d.Subject)
	}
}
