// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// OSHost is the machine superd runs on, as its files describe it. Each of them
// is read once, when first asked for, so one Host shows one state of the
// machine; a reload makes a new one. Names that only a resolver or a directory
// service knows are left out: ResolveHost is nil until the caller, who can
// start an unprivileged child, plugs one in.
//
// Its functions may be called from several goroutines.
func OSHost() *Host {
	h := &Host{
		Root: os.Geteuid() == 0, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()),
		HasIPv6:    hasIPv6(),
		ReadFile:   readFile,
		ReadDir:    os.ReadDir,
		Stat:       os.Stat,
		Executable: executable,
		Getenv:     os.LookupEnv,
		Environ:    os.Environ,
	}
	FilesHost(h, "/etc")
	return h
}

// FilesHost gives h the look-ups that the files passwd, group, services, hosts
// and networks of the folder etc answer, read by h.ReadFile. A file that cannot
// be read has no entries.
func FilesHost(h *Host, etc string) {
	users := sync.OnceValue(func() []User { return readPasswd(h, etc+"/passwd") })
	groups := sync.OnceValue(func() []groupLine { return readGroup(h, etc+"/group") })
	ports := sync.OnceValue(func() map[string]uint16 { return readServices(h, etc+"/services") })
	hosts := sync.OnceValue(func() hostTable { return readHosts(h, etc+"/hosts") })
	networks := sync.OnceValue(func() networkTable { return readNetworks(h, etc+"/networks") })

	h.LookupUser = func(word string) (User, error) { return lookupUser(users(), word) }
	h.LookupGroup = func(word string) (uint32, error) { return lookupGroup(groups(), word) }
	h.GroupsOf = func(u User) ([]uint32, error) { return groupsOf(groups(), u), nil }
	h.ServicePort = func(name, proto string) (uint16, bool) {
		port, ok := ports()[name+"/"+proto]
		return port, ok
	}
	h.LookupHost = func(name string) ([]netip.Addr, bool) { return hosts().lookup(name) }
	h.LookupNetwork = func(name string) (netip.Prefix, bool) { return networks().lookup(name) }
}

// hasIPv6 asks for a socket: what a machine was built or booted with shows in
// no file that is always there.
func hasIPv6() bool {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}

// executable does not ask access(2): that answers for the caller, and a
// program's file system may keep root out while letting the service's user in.
func executable(name string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file")
	case err != nil:
		return errors.New(Reason(err))
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case info.Mode()&0o111 == 0:
		return errors.New("not executable")
	}
	return nil
}

// Reason takes the verb and the path off an error of package os: a diagnostic
// names them itself.
func Reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// maxFile bounds what one configuration file may hold; -c /dev/zero has no end.
const maxFile = 64 << 20

// readFile opens without waiting: a named pipe in a directory of files would
// hold up the daemon for good.
func readFile(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	return data, err
}
