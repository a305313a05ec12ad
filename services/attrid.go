// SPDX-License-Identifier: Apache-2.0

package services

// AttrID names a row of the attribute table.
type AttrID uint8

// The attributes, in the table's order. The groups are those of the
// documentation: identity, sockets, running, gate, logs, pools, [daemon].
const (
	Name AttrID = iota
	Disable
	Description
	Compat

	Port
	HostAddr // "host"
	Proto
	IPv
	Listen
	SocketUser
	SocketGroup
	SocketMode
	Device
	FreeBind
	ReusePort
	Transparent
	V6Only
	NoDelay
	KeepAlive
	KeepAliveTime
	KeepAliveInterval
	KeepAliveProbes
	DeferAccept
	ReceiveBuffer
	SendBuffer
	Priority
	Mark
	IPTos
	IPTtl
	Broadcast
	FDName

	Mode
	Exec
	Argv0
	WorkingDirectory
	Chroot
	User
	Group
	Groups
	Umask
	Nice
	RlimitAS
	RlimitCore
	RlimitCPU
	RlimitData
	RlimitFiles
	RlimitFsize
	RlimitLocks
	RlimitMemlock
	RlimitMsgqueue
	RlimitNice
	RlimitNproc
	RlimitRSS
	RlimitRtprio
	RlimitRttime
	RlimitSigpending
	RlimitStack
	NoNewPrivs
	CapabilityBoundingSet
	Setsid
	Env
	PassEnv
	Stdio
	NonBlock
	Stderr
	SessionTimeout
	KillLeftovers
	SigPassthrough
	Extra

	AccessTimes
	OnlyFrom
	NoAccess
	Allow
	Deny
	CIDRAllow
	CIDRDeny
	Libwrap
	MaxServers
	Full
	PerSource
	PerSourcePrefix
	CPS
	StartsPerMinute
	PerSourcePerMinute
	MaxLoad
	Banner
	BannerSuccess
	BannerFail

	LogType
	LogOnSuccess
	LogOnFailure

	Worker
	MinServers
	MinSpareServers
	MaxSpareServers
	MaxServersLimit
	MaxRequests
	MaxRequestsJitter
	CheckForWaiting
	CheckForSpawn
	CheckForDead
	MinChildTTL
	Dequeue
	MaxDequeue
	CheckForDequeue
	RequestTimeout
	Slots

	LogFile
	LogLevel
	LogFormat
	SyslogLogsock
	SyslogIdent
	SyslogLogopt
	SyslogFacility
	PidFile
	Control
	ControlMode
	ControlGroup
	StopTimeout
	DrainTimeout
	DumpFile
	HostsAllow
	HostsDeny
	WireUser
	Include
	DaemonMaxServers // "max_servers" of [daemon]
	DaemonUser       // "user" of [daemon]

	lastAttr
)
