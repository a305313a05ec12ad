// SPDX-License-Identifier: Apache-2.0

package services

var gateRows = []Attribute{
	{
		ID: AccessTimes, Name: "access_times", Kind: KindTimes,
		Scope: perService, Reload: Retune,
		Xinetd: "access_times",
		Doc:    `When clients are served, as ["8:00-11:59", "13:00-17:30"] of local time, both minutes included. Over midnight takes two of them.`,
	},
	{
		ID: OnlyFrom, Name: "only_from", Kind: KindNets, Lists: true,
		Scope: perService, Reload: Retune,
		Xinetd: "only_from",
		Doc:    "Who is served, in xinetd's address forms. [] lets nobody in.",
	},
	{
		ID: NoAccess, Name: "no_access", Kind: KindNets, Lists: true,
		Scope: perService, Reload: Retune,
		Xinetd: "no_access",
		Doc:    "Who is not served, in xinetd's address forms. It beats only_from, however exact that is.",
	},
	{
		ID: Allow, Name: "allow", Kind: KindRegexps,
		Scope: perService, Reload: Retune,
		NetServer: "allow",
		Doc:       "Regular expressions (RE2) over the whole of the client's address. With cidr_allow one list: a client must match one of them.",
	},
	{
		ID: Deny, Name: "deny", Kind: KindRegexps,
		Scope: perService, Reload: Retune,
		NetServer: "deny",
		Doc:       "Regular expressions of who is not served; any match beats allow and cidr_allow. Without an allow list nobody is served.",
	},
	{
		ID: CIDRAllow, Name: "cidr_allow", Kind: KindCIDRs,
		Scope: perService, Reload: Retune,
		NetServer: "cidr_allow",
		Doc:       `Who is served, as ["192.0.2.0/24", "2001:db8::/32", "192.0.2.1-192.0.2.9"].`,
	},
	{
		ID: CIDRDeny, Name: "cidr_deny", Kind: KindCIDRs,
		Scope: perService, Reload: Retune,
		NetServer: "cidr_deny",
		Doc:       "Who is not served; any match beats allow and cidr_allow. Without an allow list nobody is served.",
	},
	{
		ID: Libwrap, Name: "libwrap", Kind: KindText,
		Scope: perService, Reload: Retune,
		Xinetd: "libwrap",
		Doc:    "The name under which hosts.allow and hosts.deny are asked about the client.",
	},
	{
		ID: MaxServers, Name: "max_servers", Kind: KindCount, Default: int64(256),
		Scope: perService, Reload: Retune,
		Xinetd: "instances", Inetd: "nowait.N", NetServer: "max_servers",
		Doc: "How many processes of the service run at the same time. 256 by default; 50 of a pool, which wants a number above 0. 0 refuses everybody.",
	},
	{
		ID: Full, Name: "full", Kind: KindWord, Words: []string{"queue", "refuse"}, Default: "queue",
		Scope: perService, Reload: Retune,
		Doc: "What happens to clients beyond max_servers: queue lets them wait in the kernel's backlog, refuse closes the connection.",
	},
	{
		ID: PerSource, Name: "per_source", Kind: KindCount, Default: Unlimited,
		Scope: perService, Reload: Retune,
		Xinetd: "per_source",
		Doc:    "How many processes of the service run for one client address at the same time. More are refused.",
	},
	{
		ID: PerSourcePrefix, Name: "per_source_prefix", Kind: KindPrefixes, Default: []int64{32, 64},
		Scope: perService, Reload: Retune,
		Doc: "What counts as one client address: so many bits of an IPv4 address, so many of an IPv6 address.",
	},
	{
		ID: CPS, Name: "cps", Kind: KindRate,
		Scope: perService, Reload: Retune,
		Xinetd: "cps",
		Doc: `[N, SECONDS]: above N connections a second the service pauses for so many seconds; clients wait in the backlog. ` +
			`"unlimited" undoes what defaults say.`,
	},
	{
		ID: StartsPerMinute, Name: "starts_per_minute", Kind: KindCount, Default: Unlimited,
		Scope: perService, Reload: Retune,
		Inetd: "-R, nowait.N",
		Doc:   "How many processes are started in a minute. Further clients wait for the next minute.",
	},
	{
		ID: PerSourcePerMinute, Name: "per_source_per_minute", Kind: KindCount, Default: Unlimited,
		Scope: perService, Reload: Retune,
		Inetd: "-C, nowait/M/N",
		Doc:   "How many processes are started in a minute for one client address. Further ones are refused.",
	},
	{
		ID: MaxLoad, Name: "max_load", Kind: KindFloat,
		Scope: perService, Reload: Retune,
		Xinetd: "max_load",
		Doc:    "The machine's load over one minute from which on clients are refused.",
	},
	{
		ID: Banner, Name: "banner", Kind: KindPath,
		Scope: perService, Reload: Retune,
		Xinetd: "banner",
		Doc:    "A file that every client is sent, before it is known whether it is served. At most 4 KiB of it.",
	},
	{
		ID: BannerSuccess, Name: "banner_success", Kind: KindPath,
		Scope: perService, Reload: Retune,
		Xinetd: "banner_success",
		Doc:    "A file that clients are sent who are served, ahead of the program's output. At most 4 KiB of it.",
	},
	{
		ID: BannerFail, Name: "banner_fail", Kind: KindPath,
		Scope: perService, Reload: Retune,
		Xinetd: "banner_fail",
		Doc:    "A file that clients are sent who are refused. At most 4 KiB of it.",
	},
}

var logRows = []Attribute{
	{
		ID: LogType, Name: "log_type", Kind: KindLogType,
		Scope: perService, Reload: Retune,
		Xinetd: "log_type",
		Doc:    `The service's own log: ["SYSLOG", FACILITY, LEVEL] or ["FILE", PATH, SOFT, HARD], sizes in bytes. It holds xinetd's lines.`,
	},
	{
		ID: LogOnSuccess, Name: "log_on_success", Kind: KindWords, Lists: true,
		Words: []string{"PID", "HOST", "USERID", "EXIT", "DURATION", "TRAFFIC"},
		Scope: perService, Reload: Retune,
		Xinetd: "log_on_success",
		Doc:    "What lines about served clients hold, in the log format xinetd.",
	},
	{
		ID: LogOnFailure, Name: "log_on_failure", Kind: KindWords, Lists: true,
		Words: []string{"HOST", "USERID", "ATTEMPT"},
		Scope: perService, Reload: Retune,
		Xinetd: "log_on_failure",
		Doc:    "What lines about refused clients hold, in the log format xinetd.",
	},
}
