// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// sizeofSockaddr is the room for any address that superd reads: sockaddr_in6.
// Of a unix peer's address only the family is wanted; the kernel cuts the rest.
const sizeofSockaddr = unix.SizeofSockaddrInet6

// maxUnixPath is the room of sun_path less the NUL: the kernel takes a name of
// all 108 bytes, but most clients' connect() cannot name it.
const maxUnixPath = 107

// decode reads a sockaddr as the kernel wrote it. The address is as it stands
// there, mapped or not and without zone; scope is the interface's index of an
// IPv6 address. ok is false for other families and for what is cut short.
func decode(b []byte) (addr netip.AddrPort, scope uint32, ok bool) {
	if len(b) < 2 {
		return addr, 0, false
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= unix.SizeofSockaddrInet4:
		port := binary.BigEndian.Uint16(b[2:])
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port), 0, true
	case family == unix.AF_INET6 && len(b) >= unix.SizeofSockaddrInet6:
		port := binary.BigEndian.Uint16(b[2:])
		scope = binary.NativeEndian.Uint32(b[24:])
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), port), scope, true
	}
	return addr, 0, false
}

// encodeInet makes the sockaddr of an IPv4 or IPv6 address.
func encodeInet(addr netip.AddrPort, scope uint32) []byte {
	if ip := addr.Addr(); ip.Is4() {
		b := make([]byte, unix.SizeofSockaddrInet4)
		binary.NativeEndian.PutUint16(b, unix.AF_INET)
		binary.BigEndian.PutUint16(b[2:], addr.Port())
		copy(b[4:], ip.AsSlice())
		return b
	}
	b := make([]byte, unix.SizeofSockaddrInet6)
	binary.NativeEndian.PutUint16(b, unix.AF_INET6)
	binary.BigEndian.PutUint16(b[2:], addr.Port())
	ip := addr.Addr().As16()
	copy(b[8:], ip[:])
	binary.NativeEndian.PutUint32(b[24:], scope)
	return b
}

// encodeUnix makes the sockaddr of a path or "@name". The length is exact: of an
// abstract name every byte counts, also a NUL at its end.
func encodeUnix(path string) []byte {
	b := make([]byte, 2, 2+len(path)+1)
	binary.NativeEndian.PutUint16(b, unix.AF_UNIX)
	b = append(b, path...)
	if path[0] == '@' {
		b[2] = 0
		return b
	}
	return append(b, 0)
}

// zoneName gives the name of an interface for an address that has meaning only
// together with one, and its number if it has no name (it may just have gone).
// This allocates; only link-local peers pay it.
func zoneName(fd int, scope uint32) string {
	if ifr, err := unix.NewIfreq(""); err == nil {
		ifr.SetUint32(scope)
		if unix.IoctlIfreq(fd, unix.SIOCGIFNAME, ifr) == nil {
			return ifr.Name()
		}
	}
	return strconv.FormatUint(uint64(scope), 10)
}

// zoneIndex is zoneName's inverse.
func zoneIndex(fd int, zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	ifr, err := unix.NewIfreq(zone)
	if err != nil {
		return 0, unix.ENODEV
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr); err != nil {
		return 0, err
	}
	return ifr.Uint32(), nil
}

// canonical drops the mapping of an IPv4 address and adds the zone of a
// link-local one.
func canonical(fd int, addr netip.AddrPort, scope uint32) netip.AddrPort {
	ip := addr.Addr()
	switch {
	case ip.Is4In6():
		return netip.AddrPortFrom(ip.Unmap(), addr.Port())
	case scope != 0 && (ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast()):
		return netip.AddrPortFrom(ip.WithZone(zoneName(fd, scope)), addr.Port())
	}
	return addr
}
