// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"superd/services"
	"superd/services/config"
	"superd/spawn"
)

// rlimitNumbers are the kernel's numbers of the limits.
var rlimitNumbers = []struct {
	attr     services.AttrID
	resource int
}{
	{services.RlimitAS, unix.RLIMIT_AS}, {services.RlimitCore, unix.RLIMIT_CORE}, {services.RlimitCPU, unix.RLIMIT_CPU},
	{services.RlimitData, unix.RLIMIT_DATA}, {services.RlimitFiles, unix.RLIMIT_NOFILE}, {services.RlimitFsize, unix.RLIMIT_FSIZE},
	{services.RlimitLocks, unix.RLIMIT_LOCKS}, {services.RlimitMemlock, unix.RLIMIT_MEMLOCK}, {services.RlimitMsgqueue, unix.RLIMIT_MSGQUEUE},
	{services.RlimitNice, unix.RLIMIT_NICE}, {services.RlimitNproc, unix.RLIMIT_NPROC}, {services.RlimitRSS, unix.RLIMIT_RSS},
	{services.RlimitRtprio, unix.RLIMIT_RTPRIO}, {services.RlimitRttime, unix.RLIMIT_RTTIME}, {services.RlimitSigpending, unix.RLIMIT_SIGPENDING},
	{services.RlimitStack, unix.RLIMIT_STACK},
}

// rlimits lists the limits that were asked for. The limit on descriptors is
// always set: superd raises its own for its sockets, and a program that closes
// all descriptors up to its limit, or keeps them in a select() set, must not
// inherit that. xinetd gives the hard limit, and so its entries get that.
//
// An entry of xinetd's that asks for more than can be had gets what can: xinetd
// goes on without the limit, so there are files that ask, and a favour that
// cannot be done is no reason to turn clients away. systemd gives the nearest, too.
func rlimits(host *config.Host, s *services.Service) []spawn.Rlimit {
	var out []spawn.Rlimit
	for _, r := range rlimitNumbers {
		v, _, set := s.Get(r.attr)
		if !set {
			continue
		}
		l := spawn.Rlimit{Resource: r.resource}
		l.Soft, l.Hard = softHard(v)
		if c := s.Compat(); c == "xinetd" || c == "systemd" {
			most := attainable(host, r.resource)
			l.Soft, l.Hard = min(l.Soft, most), min(l.Hard, most)
		}
		out = append(out, l)
	}
	var own unix.Rlimit
	if !s.Has(services.RlimitFiles) && unix.Getrlimit(unix.RLIMIT_NOFILE, &own) == nil {
		soft := own.Max
		if s.Compat() != "xinetd" {
			soft = min(1024, own.Max)
		}
		out = append(out, spawn.Rlimit{Resource: unix.RLIMIT_NOFILE, Soft: soft, Hard: own.Max})
	}
	return out
}

// attainable is the highest limit that superd can give: its own, unless it may
// raise that (setrlimit(2)). Descriptors have a bound that binds everybody.
func attainable(host *config.Host, resource int) uint64 {
	var own unix.Rlimit
	if unix.Getrlimit(resource, &own) != nil {
		return infinity
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if unix.Capget(&header, &have[0]) != nil || have[0].Effective&(1<<unix.CAP_SYS_RESOURCE) == 0 {
		return own.Max
	}
	if resource != unix.RLIMIT_NOFILE {
		return infinity
	}
	text, err := host.ReadFile("/proc/sys/fs/nr_open")
	if err != nil {
		return own.Max
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return own.Max
	}
	return n
}

const infinity = ^uint64(0)

// softHard reads an rlimit's value: a number, "unlimited" or "SOFT:HARD".
func softHard(v services.Value) (soft, hard uint64) {
	switch v := v.(type) {
	case int64:
		return uint64(v), uint64(v)
	case string:
		a, b, two := strings.Cut(v, ":")
		soft = number(a)
		if !two {
			return soft, soft
		}
		return soft, number(b)
	}
	return infinity, infinity
}

func number(s string) uint64 {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n
	}
	return infinity
}
