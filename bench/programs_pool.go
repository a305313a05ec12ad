// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"superd/internal/peers/peerdir"
)

// workerLibraries is where superd's libraries for workers lie, from the
// repository's root.
const workerLibraries = "contrib/worker"

// buildPoolPrograms puts the pools' handlers into the run's folder, with the
// libraries that they use: the handlers' user may not be able to reach the others.
func (b *bench) buildPoolPrograms() error {
	if err := cc(b.program("line"), "line"); err != nil {
		return err
	}
	for _, name := range []string{"line.py", "line.pl", "line-worker.pl"} {
		if err := copyFile(b.program(name), filepath.Join(sources, name)); err != nil {
			return err
		}
	}
	if err := copyFile(b.program("superd_worker.py"), filepath.Join(workerLibraries, "python/superd_worker.py")); err != nil {
		return err
	}
	if err := os.CopyFS(b.program("perl"), os.DirFS(filepath.Join(workerLibraries, "perl/lib"))); err != nil {
		return fmt.Errorf("cannot copy the Perl modules: %v", err)
	}
	b.netServerMissing = b.copyNetServer()
	return nil
}

// copyNetServer copies Debian's Net::Server from the peers' root, or from the
// machine. It is written in Perl alone, so that the machine's perl runs it, as it
// runs superd's workers.
func (b *bench) copyNetServer() error {
	root := os.Getenv("BENCH_ROOT")
	if root == "" {
		root, _ = peerdir.Root()
	}
	for _, lib := range []string{filepath.Join(root, "usr/share/perl5"), "/usr/share/perl5"} {
		if !isFile(filepath.Join(lib, "Net/Server.pm")) {
			continue
		}
		to := b.program("netserver/Net")
		if err := copyFile(filepath.Join(to, "Server.pm"), filepath.Join(lib, "Net/Server.pm")); err != nil {
			return err
		}
		return os.CopyFS(filepath.Join(to, "Server"), os.DirFS(filepath.Join(lib, "Net/Server")))
	}
	return fmt.Errorf("no Net::Server among the peers (\"make peers\") nor on this machine")
}

// copyFile copies a text file, and makes its folder.
func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
