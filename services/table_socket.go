// SPDX-License-Identifier: Apache-2.0

package services

// Rebind in these rows means: the sockets that come of it are compared by what
// they are bound to. A port written in another way is no change.
var socketRows = []Attribute{
	{
		ID: Port, Name: "port", Kind: KindPorts,
		Scope: perSocket, Reload: Rebind,
		Xinetd: "port", Inetd: "field 1", NetServer: "port",
		Doc: `Where to listen: numbers, names of /etc/services, or Net::Server's port strings "HOST:PORT/PROTO/IPVERSION". ` +
			`A string that begins with / or @ and ends in |unix, |unixdgram or |unixpacket is a local socket, and PATH|fifo a named pipe, which mode wait gives ` +
			`to its program. Port 0 takes a free one. ` +
			`"systemd" stands for the sockets that the service manager gives under the service's name, "systemd:NAME" under another.`,
	},
	{
		ID: HostAddr, Name: "host", Kind: KindHosts, Default: []string{"*"},
		Scope: perSocket, Reload: Rebind,
		Xinetd: "bind interface", Inetd: "ADDR:", NetServer: "host",
		Doc: `The address, or name in /etc/hosts, to listen on; "*" is all. The i-th host belongs to the i-th port; the last one serves all further ports.`,
	},
	{
		ID: Proto, Name: "proto", Kind: KindProtos, Default: []string{"tcp"},
		Scope: perSocket, Reload: Rebind,
		Xinetd: "protocol socket_type", Inetd: "fields 2 and 3", NetServer: "proto",
		Doc: "tcp, udp, unix, unixdgram, unixpacket or fifo, paired with the ports as host is.",
	},
	{
		ID: IPv, Name: "ipv", Kind: KindIPvs, Default: []string{"*"},
		Scope: perSocket, Reload: Rebind,
		NetServer: "ipv",
		Doc: `IP versions: "4", "6", "4 6" for both or failure, "*" for what the machine has. Paired with the ports as host is. ` +
			`A version in the port string is stronger than one in host, that than one in proto, and this is the weakest.`,
	},
	{
		ID: Listen, Name: "listen", Kind: KindInt, Min: 1, Max: 1<<31 - 1, Default: int64(4096),
		Scope: perSocket, Reload: Retune,
		NetServer: "listen",
		Doc:       "How many clients may wait in the kernel's backlog. The kernel lowers it to net.core.somaxconn.",
	},
	{
		ID: SocketUser, Name: "socket_user", Kind: KindUser,
		Scope: perSocket, Reload: Retune,
		Doc: "Owner of the file of a local socket or FIFO. Without it, superd's own user.",
	},
	{
		ID: SocketGroup, Name: "socket_group", Kind: KindUser,
		Scope: perSocket, Reload: Retune,
		Doc: "Group of the file of a local socket or FIFO. Without it, superd's own group.",
	},
	{
		ID: SocketMode, Name: "socket_mode", Kind: KindOctal, Max: 0o777, Default: "666",
		Scope: perSocket, Reload: Retune,
		Doc: "Access mode of the file of a local socket or FIFO. Clients need to be allowed to write. The default lets every local user in, as a port on the loopback would.",
	},
	{
		ID: Device, Name: "device", Kind: KindText, Max: 15, // IFNAMSIZ less the final NUL
		Scope: perSocket, Reload: Rebind,
		Doc: "Take only what comes in by this network interface, or VRF (SO_BINDTODEVICE).",
	},
	{
		ID: FreeBind, Name: "free_bind", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		Doc: "Bind an address that the machine does not have yet (IP_FREEBIND).",
	},
	{
		ID: ReusePort, Name: "reuse_port", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		Doc: "Let other sockets of the same user share the address (SO_REUSEPORT). Clients who wait on a socket that closes are lost.",
	},
	{
		ID: Transparent, Name: "transparent", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		Doc: "Take connections to foreign addresses that the firewall diverts (IP_TRANSPARENT).",
	},
	{
		ID: V6Only, Name: "v6only", Kind: KindBool,
		Scope: perSocket, Reload: Rebind,
		Xinetd: "v6only",
		Doc:    `Of a socket on "::": true leaves IPv4 out, false takes IPv4 in. Unset, host "*" takes both and "::" IPv6 alone. Superd always sets IPV6_V6ONLY itself.`,
	},
	{
		ID: NoDelay, Name: "nodelay", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		Xinetd: "flags NODELAY",
		Doc:    "Send small segments at once (TCP_NODELAY).",
	},
	{
		ID: KeepAlive, Name: "keepalive", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		Xinetd: "flags KEEPALIVE",
		Doc:    "Let the kernel ask silent peers whether they still live (SO_KEEPALIVE).",
	},
	{
		ID: KeepAliveTime, Name: "keepalive_time", Kind: KindWholeSeconds, Min: 1, Max: 32767, // MAX_TCP_KEEPIDLE
		Scope: perSocket, Reload: Retune,
		Doc: "Silence before the first such question.",
	},
	{
		ID: KeepAliveInterval, Name: "keepalive_interval", Kind: KindWholeSeconds, Min: 1, Max: 32767, // MAX_TCP_KEEPINTVL
		Scope: perSocket, Reload: Retune,
		Doc: "Time between two such questions.",
	},
	{
		ID: KeepAliveProbes, Name: "keepalive_probes", Kind: KindInt, Min: 1, Max: 127, // MAX_TCP_KEEPCNT
		Scope: perSocket, Reload: Retune,
		Doc: "Unanswered questions after which the connection is given up.",
	},
	{
		ID: DeferAccept, Name: "defer_accept", Kind: KindWholeSeconds, Min: 1, Max: 1<<15 - 1,
		Scope: perSocket, Reload: Retune,
		Doc: "Let the kernel hold a connection back until the client has sent something, this long at most (TCP_DEFER_ACCEPT).",
	},
	{
		ID: ReceiveBuffer, Name: "receive_buffer", Kind: KindBytes, Min: 1, Max: 1<<31 - 1,
		Scope: perSocket, Reload: Retune,
		Inetd: "rcvbuf=",
		Doc:   "Size of the receive buffer (SO_RCVBUF).",
	},
	{
		ID: SendBuffer, Name: "send_buffer", Kind: KindBytes, Min: 1, Max: 1<<31 - 1,
		Scope: perSocket, Reload: Retune,
		Inetd: "sndbuf=",
		Doc:   "Size of the send buffer (SO_SNDBUF).",
	},
	{
		ID: Priority, Name: "priority", Kind: KindInt, Min: 0, Max: 1<<31 - 1,
		Scope: perSocket, Reload: Retune,
		Doc: "Priority of what is sent, in the queues of the machine (SO_PRIORITY).",
	},
	{
		ID: Mark, Name: "mark", Kind: KindInt, Min: 0, Max: 1<<32 - 1,
		Scope: perSocket, Reload: Retune,
		Doc: "Firewall mark of what is sent (SO_MARK).",
	},
	{
		ID: IPTos, Name: "ip_tos", Kind: KindInt, Min: 0, Max: 255,
		Scope: perSocket, Reload: Retune,
		Doc: "Type of service byte of what is sent (IP_TOS, IPV6_TCLASS).",
	},
	{
		ID: IPTtl, Name: "ip_ttl", Kind: KindInt, Min: 1, Max: 255,
		Scope: perSocket, Reload: Retune,
		Doc: "Hop limit of what is sent (IP_TTL, IPV6_UNICAST_HOPS).",
	},
	{
		ID: Broadcast, Name: "broadcast", Kind: KindBool, Default: false,
		Scope: perSocket, Reload: Retune,
		NetServer: "udp_broadcast",
		Doc:       "Let a datagram socket send to broadcast addresses (SO_BROADCAST).",
	},
	{
		ID: FDName, Name: "fd_name", Kind: KindFDName, Max: 255, // FDNAME_MAX
		Scope: perSocket, Reload: Retune,
		Doc: `What the socket is called in LISTEN_FDNAMES, where the program is told of its sockets: with stdio = "all", worker = "accept" and, said for the ` +
			`service as a whole, stdio = "null". By default the service's id; of a socket under stdio = "null" "connection".`,
	},
}
