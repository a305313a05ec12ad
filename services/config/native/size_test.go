// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"superd/services"
)

// TestTenThousand asserts what 10,000 services may keep of the memory that the
// whole daemon has for them, and that nothing of the file's text is held on to.
func TestTenThousand(t *testing.T) {
	var b strings.Builder
	b.WriteString("[defaults]\nuser = \"nobody\"\numask = \"022\"\ncps = [50, 10]\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "[services.s%d]\nport = \"127.0.%d.%d:7007\"\nexec = [\"/bin/cat\", \"-u\"]\nonly_from = [\"198.51.100.0\", \"127.0.0.1\"]\n"+
			"cidr_allow = [\"192.0.2.0/24\", \"10.0.0.0/8\"]\nmax_servers = 50\nper_source = 4\nnice = 5\nrlimit_as = \"1024M\"\nrlimit_files = 256\n"+
			"# %s\n", i, i/250, i%250+1, strings.Repeat("-", 500))
	}
	before := liveHeap()
	r := load(b.String())
	kept := liveHeap() - before
	if len(r.Diags) > 0 {
		t.Fatal(r.Diags[0])
	}
	for _, s := range r.Services {
		if s.State != services.Enabled || len(s.Settings) != 12 {
			t.Fatalf("%s is %s with %d settings", s.ID, s.State, len(s.Settings))
		}
	}
	if kept > 10<<20 {
		t.Errorf("10,000 services keep %d KiB", kept>>10)
	}
	runtime.KeepAlive(&b)
	runtime.KeepAlive(r)
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
