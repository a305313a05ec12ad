// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"superd/internal/peers"
	"superd/internal/testneed"
)

// Both daemons are started with these limits. The soft one on descriptors is below
// the hard one, since what becomes of that is compared too; the one on files is
// for xinetd's log, which it fills without end where it is given a datagram service
// with wait = no.
const (
	files    = "--nofile=1000:3000"
	fileSize = "--fsize=20000000"
)

// Handler is where the handler lies in a World; all servers are links to it.
const Handler = "/opt/handler"

// World is a root in which both daemons can run the same files.
type World struct {
	t      testing.TB
	root   *peers.Root
	superd string
	dir    string // a folder at the same path in the root and outside
	runs   int
	giveUp time.Duration // after which a client does who should be let in
}

// NewWorld makes a root for a test, with a handler in it built from a C file.
func NewWorld(t testing.TB, handler string) *World {
	t.Helper()
	if underRace {
		t.Skip("the daemons are built without -race, and run so in the tests without it")
	}
	testneed.Need(t, "root", "namespaces", "cc", "ipv6", "xinetd", "ip", "prlimit")
	w := &World{t: t, superd: peers.Build(t, "superd/cmd/superd"), dir: t.TempDir(), giveUp: giveUp}
	// Daemons change to users who must get at the files.
	for dir := w.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		w.check(os.Chmod(dir, 0o755))
	}
	binary := filepath.Join(w.dir, "handler")
	if out, err := exec.Command("cc", "-O1", "-static", "-o", binary, handler).CombinedOutput(); err != nil {
		t.Fatalf("cc %s: %v\n%s", handler, err, out)
	}
	data, err := os.ReadFile(binary)
	w.check(err)
	w.root = peers.New(t, peers.Options{})
	w.write(Handler, string(data), 0o755)
	w.check(w.emptyFolder("/etc/xinetd.d"))
	w.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\nnetworks: files\n", 0o644)
	w.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n", 0o644)
	return w
}

func (w *World) check(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

// write makes a file of the root, in place of whatever is there.
func (w *World) write(name, content string, mode os.FileMode) {
	w.t.Helper()
	w.root.Do(func() { os.Remove(name) })
	w.check(w.root.WriteFile(name, content, mode))
}

func (w *World) emptyFolder(name string) (err error) {
	w.root.Do(func() {
		if err = os.RemoveAll(name); err == nil {
			err = os.MkdirAll(name, 0o755)
		}
	})
	return err
}

// link makes name the handler. A folder or an impossible path is left as it is:
// both daemons will judge it alike.
func (w *World) link(name string) {
	w.root.Do(func() {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return
		}
		if os.MkdirAll(filepath.Dir(name), 0o755) == nil {
			os.Remove(name)
			os.Link(Handler, name)
		}
	})
}

// AddAddr gives the root's loopback an address.
func (w *World) AddAddr(a netip.Addr) {
	if a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.Zone() != "" || a.IsLinkLocalUnicast() {
		return
	}
	args := []string{"address", "replace", netip.PrefixFrom(a, a.BitLen()).String(), "dev", "lo"}
	if a.Is6() {
		args = append(args, "nodad") // else it cannot be bound for a second
	}
	if _, err := w.root.Output("ip", args...); err != nil {
		w.t.Fatal(err)
	}
}

// Provide makes what a configuration speaks of, so that as much of it runs as
// can: servers, banners, folders of logs, included folders, accounts, addresses.
func (w *World) Provide(conf string) {
	for line := range strings.Lines(conf) {
		f := strings.Fields(strings.ReplaceAll(line, "=", " "))
		if len(f) < 2 {
			continue
		}
		word, path := f[1], filepath.IsAbs(f[1])
		switch name := strings.ToLower(f[0]); {
		case name == "server" && path:
			w.link(word)
		case strings.HasPrefix(name, "banner") && path:
			w.write(word, "banner of "+name+"\n", 0o644)
		case name == "log_type" && len(f) > 2 && filepath.IsAbs(f[2]):
			w.root.Do(func() { os.MkdirAll(filepath.Dir(f[2]), 0o755) })
		case name == "includedir" && path:
			w.root.Do(func() { os.MkdirAll(word, 0o755) })
		case name == "user":
			w.account(word)
		case name == "group":
			w.group(word)
		case name == "bind" || name == "interface":
			if a, err := netip.ParseAddr(word); err == nil {
				w.AddAddr(a)
			}
		}
	}
}

func (w *World) account(name string) {
	if w.append("/etc/passwd", name, fmt.Sprintf("%s:x:%%d:%%d::/:/bin/sh\n", name)) {
		w.group(name)
	}
}

func (w *World) group(name string) { w.append("/etc/group", name, name+":x:%d:\n") }

// append adds an account to a file, unless it is there or is a number.
func (w *World) append(file, name, line string) bool {
	old, err := w.root.ReadFile(file)
	w.check(err)
	if strings.Contains("\n"+old, "\n"+name+":") || strings.Trim(name, "0123456789") == "" || strings.ContainsAny(name, ":/#%") {
		return false
	}
	id := 20000 + strings.Count(old, "\n")
	w.write(file, old+fmt.Sprintf(strings.ReplaceAll(line, "%d", "%[1]d"), id), 0o644)
	return true
}

// config writes a configuration where both daemons find it.
func (w *World) config(text string) string {
	w.runs++
	name := filepath.Join(w.dir, fmt.Sprintf("%d.conf", w.runs))
	w.check(os.WriteFile(name, []byte(text), 0o644))
	return name
}
