// SPDX-License-Identifier: Apache-2.0

package services

var runRows = []Attribute{
	{
		ID: Mode, Name: "mode", Kind: KindMode, Words: modeNames[:], Default: "inet",
		LaterWords: laterModes,
		Scope:      perService, Reload: Replace,
		Xinetd: "wait", Inetd: "field 4", NetServer: "server_type",
		Doc: "How clients meet the program. inet: a process for each connection, which is its standard input and output. " +
			"wait: one process gets the listening socket itself, as stdio says. single: one connection at a time, the others wait. " +
			"prefork, prefork-simple, multiplex: workers that outlive a connection, as worker says: between min_servers and max_servers of them, always " +
			"max_servers, or one for all connections. A list means the first that works here; Net::Server's names are understood in it.",
	},
	{
		ID: Exec, Name: "exec", Kind: KindArgv,
		Scope: perService, Reload: Retune,
		Xinetd: "server server_args", Inetd: "fields 6 and 7",
		Doc: "The program, an absolute path, and its arguments. No shell looks at them.",
	},
	{
		ID: Argv0, Name: "argv0", Kind: KindText,
		Scope: perService, Reload: Retune,
		Xinetd: "flags NAMEINARGS", Inetd: "field 7",
		Doc: "What the program is told that it is called, if not its path's last part.",
	},
	{
		ID: WorkingDirectory, Name: "working_directory", Kind: KindPath, Default: "/",
		Scope: perService, Reload: Retune,
		Doc: "Where the program starts, seen from inside chroot. It is entered as the service's user.",
	},
	{
		ID: Chroot, Name: "chroot", Kind: KindPath,
		Scope: perService, Reload: Retune,
		NetServer: "chroot",
		Doc:       "Make this directory the program's root. exec is a path inside it.",
	},
	{
		ID: User, Name: "user", Kind: KindUser,
		Scope: perService, Reload: Retune,
		Xinetd: "user", Inetd: "field 5", NetServer: "user",
		Doc: `Who the program runs as: a name or number. Run by root, superd wants one for every service, be it "root"; else it must be the present user.`,
	},
	{
		ID: Group, Name: "group", Kind: KindGroups,
		Scope: perService, Reload: Retune,
		Xinetd: "group", Inetd: "user:GROUP", NetServer: "group",
		Doc: "The program's group, and after it its supplementary groups, separated by blanks. Without it, the user's own group.",
	},
	{
		ID: Groups, Name: "groups", Kind: KindBool, Default: false,
		Scope: perService, Reload: Retune,
		Xinetd: "groups",
		Doc:    "true gives the program all groups that the group database has for its user; false none but those that group names.",
	},
	{
		ID: Umask, Name: "umask", Kind: KindOctal, Max: 0o777, Default: "022",
		Scope: perService, Reload: Retune,
		Xinetd: "umask",
		Doc:    "Access bits that files made by the program do not get, in octal.",
	},
	{
		ID: Nice, Name: "nice", Kind: KindInt, Min: -40, Max: 39, Default: int64(0),
		Scope: perService, Reload: Retune,
		Xinetd: "nice",
		Doc:    "Added to superd's own niceness.",
	},
	{
		ID: NoNewPrivs, Name: "no_new_privs", Kind: KindBool, Default: false,
		Scope: perService, Reload: Retune,
		Doc: "Set-user-id programs and file capabilities give the program and its children nothing.",
	},
	{
		ID: CapabilityBoundingSet, Name: "capability_bounding_set", Kind: KindCaps,
		Scope: perService, Reload: Retune,
		Doc: `The capabilities that the program and its children may ever have, as ["CAP_NET_BIND_SERVICE"]. Without it, all that superd has; [] none.`,
	},
	{
		ID: Setsid, Name: "setsid", Kind: KindBool, Default: true,
		Scope: perService, Reload: Retune,
		NetServer: "setsid",
		Doc:       "Start the program in a session of its own, so that session_timeout reaches its children as well.",
	},
	{
		ID: Env, Name: "env", Kind: KindEnv, Lists: true,
		Scope: perService, Reload: Retune,
		Xinetd: "env",
		Doc:    `Variables for the program, as ["LANG=C"]. Of one name the last counts.`,
	},
	{
		ID: PassEnv, Name: "passenv", Kind: KindNames, Lists: true,
		Scope: perService, Reload: Retune,
		Xinetd: "passenv",
		Doc:    `Names of superd's own variables that the program gets; "*" is all of them, less those that "!NAME" or "!BEGINNING*" keeps back.`,
	},
	{
		ID: Stdio, Name: "stdio", Kind: KindWord, Words: []string{"socket", "null", "all"}, Default: "socket",
		Scope: perService, Modes: notPools, Reload: Retune,
		NetServer: "no_client_stdout",
		Doc: "socket: the connection is descriptors 0 and 1. null: these are /dev/null and the connection is descriptor 3, told by LISTEN_FDS. all, of mode wait: " +
			"these are /dev/null, and one process gets all sockets of the service, from descriptor 3 on in their order, told by LISTEN_FDS and named by fd_name; " +
			"otherwise each socket has a process of its own.",
	},
	{
		ID: NonBlock, Name: "nonblock", Kind: KindBool, Default: false,
		Scope: perService, Modes: ModeWait, Reload: Retune,
		Doc: "true starts the program with sockets that do not block (O_NONBLOCK).",
	},
	{
		ID: Stderr, Name: "stderr", Kind: KindWord, Words: []string{"log", "client", "null"}, Default: "log",
		Scope: perService, Reload: Retune,
		Doc: "Where descriptor 2 leads: superd's log, the client, or nowhere.",
	},
	{
		ID: SessionTimeout, Name: "session_timeout", Kind: KindTimeout, Default: Unlimited,
		Scope: perService, Modes: notPools, Reload: Retune,
		Doc: "How long the program may serve one client. Then its session gets TERM and, after a grace, KILL. Of pools see request_timeout.",
	},
	{
		ID: KillLeftovers, Name: "kill_leftovers", Kind: KindBool, Default: false,
		Scope: perService, Reload: Retune,
		Doc: "When the program has ended, kill what it left running in its session.",
	},
	{
		ID: SigPassthrough, Name: "sig_passthrough", Kind: KindWords, Words: passedSignals,
		Scope: perService, Reload: Retune,
		NetServer: "sig_passthrough",
		Doc:       "Signals that superd passes to each process of the service, workers too, before it does itself what they ask for. A program that does not expect one ends by it.",
	},
}

// passedSignals are those that reach superd and mean its end or the program's in no case.
var passedSignals = []string{"HUP", "INT", "QUIT", "USR1", "USR2", "TTIN", "TTOU", "ALRM", "IO", "VTALRM", "WINCH"}

// No default anywhere here: a limit that nobody names stays superd's own.
var rlimitRows = []Attribute{
	rlimit(RlimitAS, "rlimit_as", KindRlimit, "rlimit_as", "Address space, in bytes."),
	rlimit(RlimitCore, "rlimit_core", KindRlimit, "", "Size of a core file, in bytes."),
	rlimit(RlimitCPU, "rlimit_cpu", KindRlimitN, "rlimit_cpu", "Processor time, in seconds."),
	rlimit(RlimitData, "rlimit_data", KindRlimit, "rlimit_data", "Data segment, in bytes."),
	rlimit(RlimitFiles, "rlimit_files", KindRlimitN, "rlimit_files", "Open descriptors."),
	rlimit(RlimitFsize, "rlimit_fsize", KindRlimit, "", "Size of a file that it writes, in bytes."),
	rlimit(RlimitLocks, "rlimit_locks", KindRlimitN, "", "File locks; Linux has not looked at it since 2.4.25."),
	rlimit(RlimitMemlock, "rlimit_memlock", KindRlimit, "", "Locked memory, in bytes."),
	rlimit(RlimitMsgqueue, "rlimit_msgqueue", KindRlimit, "", "POSIX message queues of the user, in bytes."),
	rlimit(RlimitNice, "rlimit_nice", KindRlimitN, "", "How far niceness may be lowered: N means down to 20-N."),
	rlimit(RlimitNproc, "rlimit_nproc", KindRlimitN, "", "Processes of the user, those of other services included."),
	rlimit(RlimitRSS, "rlimit_rss", KindRlimit, "rlimit_rss", "Resident memory, in bytes; Linux does not enforce it."),
	rlimit(RlimitRtprio, "rlimit_rtprio", KindRlimitN, "", "Highest real-time priority."),
	rlimit(RlimitRttime, "rlimit_rttime", KindRlimitN, "", "Microseconds that a real-time process may run without a blocking call."),
	rlimit(RlimitSigpending, "rlimit_sigpending", KindRlimitN, "", "Queued signals of the user."),
	rlimit(RlimitStack, "rlimit_stack", KindRlimit, "rlimit_stack", "Stack, in bytes."),
}

func rlimit(id AttrID, name string, kind Kind, xinetd, doc string) Attribute {
	return Attribute{ID: id, Name: name, Kind: kind, Scope: perService, Reload: Retune, Xinetd: xinetd, Doc: doc}
}
