// SPDX-License-Identifier: Apache-2.0

package services

var daemonRows = []Attribute{
	{
		ID: LogFile, Name: "log_file", Kind: KindLogFile,
		Scope: InDaemon, Reload: Retune,
		NetServer: "log_file",
		Doc:       `Where superd writes its log, appending; "syslog" sends it to syslog. Without it, standard error.`,
	},
	{
		ID: LogLevel, Name: "log_level", Kind: KindInt, Min: 0, Max: 4, Default: int64(2),
		Scope: InDaemon, Reload: Retune,
		NetServer: "log_level",
		Doc:       "0 errors, 1 warnings, 2 notices, 3 information, 4 debugging; each with those before it. Fatal errors are always written.",
	},
	{
		ID: LogFormat, Name: "log_format", Kind: KindWord, Words: []string{"text", "json", "xinetd"}, Default: "text",
		Scope: InDaemon, Reload: Retune,
		Doc: "How log lines look: key=value text, JSON, or xinetd's own lines.",
	},
	{
		ID: SyslogLogsock, Name: "syslog_logsock", Kind: KindLogsock, Default: "unix:/dev/log",
		Scope: InDaemon, Reload: Retune,
		NetServer: "syslog_logsock",
		Doc:       "How syslog is reached: unix, unix:PATH, udp:ADDRESS:PORT or tcp:ADDRESS:PORT. Services' log_type SYSLOG goes there, too.",
	},
	{
		ID: SyslogIdent, Name: "syslog_ident", Kind: KindIdent, Default: "superd",
		Scope: InDaemon, Reload: Retune,
		NetServer: "syslog_ident",
		Doc:       "The name that syslog lines bear; those of log_type bear xinetd's.",
	},
	{
		ID: SyslogLogopt, Name: "syslog_logopt", Kind: KindWords, Words: []string{"cons", "ndelay", "nowait", "pid", "nofatal"},
		Default: []string{"pid"},
		Scope:   InDaemon, Reload: Retune,
		NetServer: "syslog_logopt",
		Doc: "Options of syslog: pid puts the process id into each line, cons writes to the system's console when syslog is away. ndelay, nowait and " +
			"nofatal change nothing: superd never waits for syslog and does not end without it.",
	},
	{
		ID: SyslogFacility, Name: "syslog_facility", Kind: KindWord, Words: facilities, Default: "daemon",
		Scope: InDaemon, Reload: Retune,
		NetServer: "syslog_facility",
		Doc:       "The facility of syslog lines.",
	},
	{
		ID: PidFile, Name: "pid_file", Kind: KindPath,
		Scope: InDaemon, Reload: Retune,
		NetServer: "pid_file",
		Doc:       "A file for superd's process id, written once all sockets are open.",
	},
	{
		ID: Control, Name: "control", Kind: KindControl, Default: "/run/superd/control.sock",
		Scope: InDaemon, Reload: Retune,
		Doc: `The local socket by which superd is told things while it runs; "none" for none. Not run by root: superd/control.sock in $XDG_RUNTIME_DIR.`,
	},
	{
		ID: ControlMode, Name: "control_mode", Kind: KindOctal, Max: 0o777, Default: "600",
		Scope: InDaemon, Reload: Retune,
		Doc: "The mode of the control socket's file. Whom it lets in beside root and superd's own user may look, and change nothing.",
	},
	{
		ID: ControlGroup, Name: "control_group", Kind: KindUser,
		Scope: InDaemon, Reload: Retune,
		Doc: "The group of the control socket's file. Without it, superd's own.",
	},
	{
		ID: DaemonMaxServers, Name: "max_servers", Kind: KindCount, Default: Unlimited,
		Scope: InDaemon, Reload: Retune,
		Xinetd: "-limit",
		Doc:    "How many processes of all services together run at the same time. Further clients wait or are refused, as their service has it.",
	},
	{
		ID: StopTimeout, Name: "stop_timeout", Kind: KindSeconds, Default: 10.0,
		Scope: InDaemon, Reload: Retune,
		Doc: "How long handlers have between TERM and KILL when superd stops.",
	},
	{
		ID: DrainTimeout, Name: "drain_timeout", Kind: KindTimeout, Default: Unlimited,
		Scope: InDaemon, Reload: Retune,
		Doc: "How long superd waits for handlers to end by themselves after SIGQUIT.",
	},
	{
		ID: DumpFile, Name: "dump_file", Kind: KindPath, Default: "/run/superd/dump.json",
		Scope: InDaemon, Reload: Retune,
		Doc: "Where SIGUSR1 writes superd's state.",
	},
	{
		ID: HostsAllow, Name: "hosts_allow", Kind: KindPath, Default: "/etc/hosts.allow",
		Scope: InDaemon, Reload: Retune,
		Doc: "The file of hosts_access(5) that says who is let in.",
	},
	{
		ID: HostsDeny, Name: "hosts_deny", Kind: KindPath, Default: "/etc/hosts.deny",
		Scope: InDaemon, Reload: Retune,
		Doc: "The file of hosts_access(5) that says who is not.",
	},
	{
		ID: WireUser, Name: "wire_user", Kind: KindUser,
		Scope: InDaemon, Reload: Replace,
		Doc: "Who the process runs as that reads what clients of workers with worker = \"stdio\" send; no service should have the same user. By default the " +
			"account superd or, where there is none or a service has it, a uid from 61184 to 65519 that nobody has.",
	},
	{
		ID: DaemonUser, Name: "user", Kind: KindUser,
		Scope: InDaemon, Reload: Replace,
		Doc: "Give up root for this user for good, once all sockets are open. Every service must have this user, the same groups, and no chroot.",
	},
	{
		ID: Include, Name: "include", Kind: KindTexts,
		Scope: InDaemon,
		Doc:   "Further files, or patterns of such, of the same format. They belong to this file's set.",
	},
}

var facilities = []string{"auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
