// SPDX-License-Identifier: Apache-2.0

package config

import (
	"io/fs"
	"net/netip"
)

// User is an account: what the user database says of it.
type User struct {
	Name     string
	UID, GID uint32
	Home     string
	Shell    string
	InDB     bool // false: a bare number that no account has
}

// Host is the machine as configuration sees it. Tests give another one.
type Host struct {
	Root     bool // may become any user and bind any port
	UID, GID uint32
	HasIPv6  bool

	ReadFile   func(name string) ([]byte, error)
	ReadDir    func(name string) ([]fs.DirEntry, error)
	Stat       func(name string) (fs.FileInfo, error)
	Executable func(name string) error // nil: a regular file that root could execute

	LookupUser  func(nameOrNumber string) (User, error)
	LookupGroup func(nameOrNumber string) (gid uint32, err error)
	GroupsOf    func(u User) ([]uint32, error) // as initgroups would set them

	// ServicePort finds a name of /etc/services (or superd's own small table).
	ServicePort func(name, proto string) (port uint16, ok bool)
	// LookupHost gives all addresses of a name in /etc/hosts; ok false: not there.
	LookupHost func(name string) (addrs []netip.Addr, ok bool)
	// ResolveHost asks the resolver (in an unprivileged child, 5 s at most).
	ResolveHost func(name string) ([]netip.Addr, error)
	// LookupNetwork finds a name of /etc/networks.
	LookupNetwork func(name string) (netip.Prefix, bool)
	Getenv        func(name string) (string, bool)
	Environ       func() []string
}

// remember makes a copy that asks once about each program and folder:
// thousands of services have the same few.
func remember(h *Host) *Host {
	kept := *h
	programs := map[string]error{}
	kept.Executable = func(name string) error {
		err, ok := programs[name]
		if !ok {
			err = h.Executable(name)
			programs[name] = err
		}
		return err
	}
	return &kept
}
