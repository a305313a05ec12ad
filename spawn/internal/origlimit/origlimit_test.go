// SPDX-License-Identifier: Apache-2.0

package origlimit_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"superd/spawn/internal/origlimit"
)

// TestReadsBeforeSyscallRaises starts this test binary under a soft limit that is
// below the hard one: the runtime raises it (to one less than the hard one), and Soft
// must still be the given one. The test is in a package of its own, since a file in
// origlimit that imports os would move origlimit behind it.
func TestReadsBeforeSyscallRaises(t *testing.T) {
	if os.Getenv("ORIGLIMIT_PRINT") == "1" {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("soft=%d hard=%d now=%d\n", origlimit.Soft, origlimit.Hard, now.Cur)
		return
	}
	cmd := exec.Command("/bin/sh", "-c", `ulimit -Sn 77; ulimit -Hn 99; exec "$0" -test.run=TestReadsBeforeSyscallRaises -test.v`, os.Args[0])
	cmd.Env = append(os.Environ(), "ORIGLIMIT_PRINT=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), "soft=77 hard=99 now=98\n") {
		t.Errorf("want the limits as given, and a raised one now; got:\n%s", out)
	}
}
