// SPDX-License-Identifier: Apache-2.0

// Package peerdir finds the root in which the tests' peers lie: the real
// xinetd, openbsd-inetd, servers and clients that superd is compared with.
// tools/peers/fetch fills it from Debian's packages; nothing of it is installed
// on the machine.
//
// Owns: where the root is, and what is in it.
// Does not know: how to run anything there (package peers), nor tests.
// Concurrency: functions of the file system alone.
// Errors: say what is missing and how to get it.
package peerdir

import (
	"fmt"
	"os"
	"path/filepath"
)

// binDirs are the folders of a root that hold programs, in the order of a
// daemon's PATH.
var binDirs = []string{"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin"}

// Root gives the directory that holds the peers' root.
func Root() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cannot find the peers' root: %w", err)
	}
	// "current" is a link to the folder of one recipe; what runs in it keeps
	// its files even if a later fetch moves the link.
	root, err := filepath.EvalSymlinks(filepath.Join(cache, "superd", "peers", "current", "root"))
	if err != nil {
		return "", fmt.Errorf("no peers on this machine: run \"make peers\"")
	}
	return root, nil
}

// Find gives the path of a program as it is seen inside the root, as
// "/usr/sbin/xinetd". A name with a slash is looked for as it stands.
func Find(prog string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(prog) {
		if executable(filepath.Join(root, prog)) {
			return prog, nil
		}
		return "", fmt.Errorf("no %s among the peers", prog)
	}
	for _, dir := range binDirs {
		if executable(filepath.Join(root, dir, prog)) {
			return "/" + filepath.Join(dir, prog), nil
		}
	}
	return "", fmt.Errorf("no %q among the peers: run \"make peers\"", prog)
}

// executable does not follow links out: an absolute link inside the root
// points into the root, and what it names is the packages' affair.
func executable(path string) bool {
	fi, err := os.Lstat(path)
	if err != nil || fi.IsDir() {
		return false
	}
	return fi.Mode()&os.ModeSymlink != 0 || fi.Mode()&0o111 != 0
}
