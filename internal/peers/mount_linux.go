// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mountRoot lays a writable layer in memory over lower, brings in /dev, /sys
// and the host's folders that tests share with the root, and makes it "/" of
// the calling thread's mount namespace.
func mountRoot(lower, tmp string, binds []string) error {
	m := &mounter{}
	// Nothing of this may reach the host's namespace.
	m.mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	m.mount("tmpfs", tmp, "tmpfs", 0, "mode=755")
	root := filepath.Join(tmp, "root")
	upper, work := filepath.Join(tmp, "upper"), filepath.Join(tmp, "work")
	m.mkdir(root, upper, work)
	m.mount("overlay", root, "overlay", 0, "lowerdir="+lower+",upperdir="+upper+",workdir="+work)
	m.mount("tmpfs", root+"/run", "tmpfs", 0, "mode=755")
	m.mkdir(root + "/run/sshd")
	m.mount("/sys", root+"/sys", "", unix.MS_BIND|unix.MS_REC, "")
	m.dev(root + "/dev")
	for _, dir := range append([]string{os.TempDir()}, binds...) {
		m.mkdir(root + dir)
		m.mount(dir, root+dir, "", unix.MS_BIND, "")
	}
	if m.err != nil {
		return m.err
	}
	// pivot_root(".", ".") stacks the old root on the new one; detaching "."
	// then takes it away (pivot_root(2)). It fails in an initramfs only.
	if err := unix.Chdir(root); err != nil {
		return fmt.Errorf("chdir %q: %w", root, err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("umount the old root: %w", err)
	}
	return unix.Chdir("/")
}

// mounter keeps the first error, so that a list of mounts reads as a list.
type mounter struct{ err error }

func (m *mounter) mount(source, target, fstype string, flags uintptr, data string) {
	if m.err != nil {
		return
	}
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		m.err = fmt.Errorf("mount %s on %q: %w", fstype+source, target, err)
	}
}

func (m *mounter) mkdir(dirs ...string) {
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil && m.err == nil {
			m.err = err
		}
	}
}

// dev makes a /dev of the root's own, so that a test's /dev/log is not the
// machine's, with the machine's nodes and terminals of its own.
func (m *mounter) dev(dir string) {
	m.mount("tmpfs", dir, "tmpfs", 0, "mode=755")
	for _, node := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		m.file(filepath.Join(dir, node))
		m.mount("/dev/"+node, filepath.Join(dir, node), "", unix.MS_BIND, "")
	}
	m.mkdir(dir+"/pts", dir+"/shm")
	m.mount("devpts", dir+"/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620,gid=5")
	m.mount("tmpfs", dir+"/shm", "tmpfs", 0, "mode=1777")
	m.link("pts/ptmx", dir+"/ptmx")
	m.link("/proc/self/fd", dir+"/fd")
}

func (m *mounter) file(name string) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDONLY, 0o666)
	if err == nil {
		err = f.Close()
	}
	if err != nil && m.err == nil {
		m.err = err
	}
}

func (m *mounter) link(target, name string) {
	if err := os.Symlink(target, name); err != nil && m.err == nil {
		m.err = err
	}
}
