// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func memfd(t testing.TB) int {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func testState(n int) *storedState {
	s := &storedState{Version: stateVersion}
	for i := range n {
		s.Sockets = append(s.Sockets, storedSocket{Name: "s" + strings.Repeat("z", i), Inode: uint64(i), Network: "tcp",
			Addr: netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(i)), V6Only: i%2 == 0})
	}
	return s
}

// TestStateSurvivesEachWrite: whatever was written last is read, and until the
// header is written that is what was there before.
func TestStateSurvivesEachWrite(t *testing.T) {
	fd := memfd(t)
	if _, err := readState(fd); err == nil {
		t.Error("an empty memfd holds a state")
	}
	for _, n := range []int{3, 0, 500, 1, 499, 2, 2, 900, 5} {
		old, oldErr := readState(fd)
		var head [stateHeader]byte
		unix.Pread(fd, head[:], 0)
		if err := writeState(fd, testState(n)); err != nil {
			t.Fatal(err)
		}
		if got, err := readState(fd); err != nil || !reflect.DeepEqual(got, testState(n)) {
			t.Errorf("%d sockets were written, %v", n, err)
		}
		if oldErr != nil {
			continue
		}
		// As if the kill had come before the header.
		var now [stateHeader]byte
		unix.Pread(fd, now[:], 0)
		unix.Pwrite(fd, head[:], 0)
		if got, err := readState(fd); err != nil || !reflect.DeepEqual(got, old) {
			t.Errorf("before the header of %d sockets: %v", n, err)
		}
		unix.Pwrite(fd, now[:], 0)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Size > 1<<20 {
		t.Errorf("the memfd has grown to %d bytes, %v", st.Size, err)
	}
}

func TestStateRefused(t *testing.T) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	if _, err := readState(p[0]); err == nil || !strings.Contains(err.Error(), "no memfd") {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := parseState([]byte(`{"version":2}`)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
}

func FuzzReadState(f *testing.F) {
	seed := memfd(f)
	if err := writeState(seed, testState(2)); err != nil {
		f.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := unix.Pread(seed, buf, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(buf[:n])
	f.Add([]byte(stateMagic))
	f.Add([]byte(stateMagic + strings.Repeat("\xff", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fd := memfd(t)
		if _, err := unix.Write(fd, data); err != nil {
			t.Fatal(err)
		}
		s, err := readState(fd)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if body, err := parseState(data); err == nil {
			for i := range body.Sockets {
				body.Sockets[i].spec() // of whatever is written there
			}
		}
	})
}

func TestStoreNames(t *testing.T) {
	for name, want := range map[string]bool{"s0": true, "s7ps": true, "s": false, "": false, "superd.state": false, "t0": false, "s-": false, "sA": false} {
		if isStoreName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
	for env, want := range map[string]int{"": mostStored, "FDSTORE=": 0, "FDSTORE=0": 0, "FDSTORE=-1": 0, "FDSTORE=x": 0, "FDSTORE=1": 0, "FDSTORE=10": 9, "FDSTORE=999999": mostStored} {
		if got := mostFrom([]string{env}); got != want {
			t.Errorf("%q: %d, want %d", env, got, want)
		}
	}
}
