// SPDX-License-Identifier: Apache-2.0

// Package peers runs the programs that superd is compared and tested with (the
// real xinetd, openbsd-inetd, tcpserver, real servers and clients) in a root of
// the tests' own. A Root is a copy-on-write layer in memory over the folder
// that tools/peers/fetch filled, with mount, process, host name and, unless
// asked otherwise, network namespaces of its own: a test may write /etc/passwd
// in it, bind any port, and leave whatever it likes running.
//
// Owns: the namespaces, the layer, and all processes inside, until Close.
// Does not know: superd. Needs root and Linux.
// Concurrency: a Root is safe for concurrent use but for Close.
// Errors: Open says what the machine lacks; New turns that into a skip, or
// under SUPERD_CI into a failure.
package peers

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"superd/internal/testneed"
)

// New opens a root for a test, which is skipped (or fails under SUPERD_CI)
// where that is impossible, and closes it after.
func New(t testing.TB, opt Options) *Root {
	t.Helper()
	testneed.Need(t, "root", "namespaces", "bash")
	r, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// Command opens a root for one program. It is to be started by the Start or
// Run of the Root that is returned with it.
func Command(t testing.TB, name string, args ...string) (*Root, *exec.Cmd) {
	t.Helper()
	testneed.Need(t, name)
	r := New(t, Options{})
	return r, r.Command(name, args...)
}

// Dial connects from inside the root. addr must be numeric, or a path that is
// a path of the root.
func (r *Root) Dial(network, addr string, timeout time.Duration) (conn net.Conn, err error) {
	// A socket belongs for good to the network namespace it was made in.
	r.Do(func() { conn, err = net.DialTimeout(network, addr, timeout) })
	return conn, err
}

// Build compiles a main package of this module, as "superd/cmd/superd", the
// way it is shipped (static, so that it runs in any root) into a folder of t's
// own, and gives its path, which is the same inside a Root.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-trimpath", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, msg)
	}
	return out
}
