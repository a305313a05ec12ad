// SPDX-License-Identifier: Apache-2.0

package systemdunit

import "superd/services"

const noJournal = "superd's log has the service's name, and its own levels."

// execGroups are systemd.exec(5) but for protections, and systemd.kill(5): what
// process a program becomes.
var execGroups = []group{
	{names: "User", in: Service, word: Mapped, to: "user groups", apply: nothing, note: "Without it root, which check tells of. The user's supplementary groups are those of the group database."},
	{names: "Group SupplementaryGroups", in: Service, word: Mapped, to: "group", apply: nothing},
	{names: "DynamicUser", in: Service, word: Missing, none: noWords, note: "Accepted by --allow-missing it wants a real user: that of User, or one of the unit's name."},
	{names: "WorkingDirectory", in: Service, word: Mapped, to: "working_directory", apply: workingDirectory},
	{names: "RootDirectory", in: Service, word: Mapped, to: "chroot", apply: textTo(services.Chroot)},
	{names: "UMask", in: Service, word: Mapped, to: "umask", apply: umask},
	{names: "Nice", in: Service, word: Mapped, to: "nice", apply: numberTo(services.Nice), note: "Added to superd's own niceness, which is 0 where its unit says nothing."},
	{names: "NoNewPrivileges", in: Service, word: Mapped, to: "no_new_privs", apply: boolTo(services.NoNewPrivs), shed: true},
	{names: "CapabilityBoundingSet", in: Service, word: Mapped, to: "capability_bounding_set", apply: nothing},
	limitRow("LimitCPU", "rlimit_cpu", services.RlimitCPU, inSeconds), limitRow("LimitFSIZE", "rlimit_fsize", services.RlimitFsize, inBytes),
	limitRow("LimitDATA", "rlimit_data", services.RlimitData, inBytes), limitRow("LimitSTACK", "rlimit_stack", services.RlimitStack, inBytes),
	limitRow("LimitCORE", "rlimit_core", services.RlimitCore, inBytes), limitRow("LimitRSS", "rlimit_rss", services.RlimitRSS, inBytes),
	limitRow("LimitNOFILE", "rlimit_files", services.RlimitFiles, inNumbers), limitRow("LimitAS", "rlimit_as", services.RlimitAS, inBytes),
	limitRow("LimitNPROC", "rlimit_nproc", services.RlimitNproc, inNumbers), limitRow("LimitMEMLOCK", "rlimit_memlock", services.RlimitMemlock, inBytes),
	limitRow("LimitLOCKS", "rlimit_locks", services.RlimitLocks, inNumbers), limitRow("LimitSIGPENDING", "rlimit_sigpending", services.RlimitSigpending, inNumbers),
	limitRow("LimitMSGQUEUE", "rlimit_msgqueue", services.RlimitMsgqueue, inBytes), limitRow("LimitNICE", "rlimit_nice", services.RlimitNice, inNiceness),
	limitRow("LimitRTPRIO", "rlimit_rtprio", services.RlimitRtprio, inNumbers), limitRow("LimitRTTIME", "rlimit_rttime", services.RlimitRttime, inMicroseconds),
	{names: "Environment EnvironmentFile UnsetEnvironment", in: Service, word: Mapped, to: "env", apply: nothing,
		note: "Files are read when the configuration is, not at each start."},
	{names: "PassEnvironment", in: Service, word: Mapped, to: "passenv", apply: nothing, note: "Of superd's own variables."},
	{names: "StandardInput", in: Service, word: Mapped, to: "stdio", apply: nothing,
		note: "socket: descriptor 0. null, the default: descriptors from 3 on, told by LISTEN_FDS. Others are not built yet."},
	{names: "StandardOutput", in: Service, word: Mapped, to: "stdio", apply: nothing,
		note: "Where input is the socket, output is; anything else is not built yet. Where input is null, output is thrown away: the journal does not get it."},
	{names: "StandardError", in: Service, word: Mapped, to: "stderr", apply: nothing,
		note: "inherit, the default: where output goes. The journal and files are superd's log."},
	{names: "StandardInputText StandardInputData", in: Service, word: Meaningless, note: "It concerns StandardInput=data, which is not built yet."},
	{names: "RuntimeDirectory", in: Service, word: Warned, apply: ownFolders("/run", "RUNTIME_DIRECTORY"), note: folder + "RUNTIME_DIRECTORY is set."},
	{names: "StateDirectory", in: Service, word: Warned, apply: ownFolders("/var/lib", "STATE_DIRECTORY"), note: folder + "STATE_DIRECTORY is set."},
	{names: "CacheDirectory", in: Service, word: Warned, apply: ownFolders("/var/cache", "CACHE_DIRECTORY"), note: folder + "CACHE_DIRECTORY is set."},
	{names: "LogsDirectory", in: Service, word: Warned, apply: ownFolders("/var/log", "LOGS_DIRECTORY"), note: folder + "LOGS_DIRECTORY is set."},
	{names: "ConfigurationDirectory", in: Service, word: Warned, apply: ownFolders("/etc", "CONFIGURATION_DIRECTORY"), note: folder + "CONFIGURATION_DIRECTORY is set."},
	{names: "RuntimeDirectoryMode RuntimeDirectoryPreserve StateDirectoryMode StateDirectoryAccounting StateDirectoryQuota CacheDirectoryMode CacheDirectoryAccounting " +
		"CacheDirectoryQuota LogsDirectoryMode LogsDirectoryAccounting LogsDirectoryQuota ConfigurationDirectoryMode TimeoutCleanSec", in: Service, word: Meaningless,
		note: "superd makes no folders."},
	{names: "ExecSearchPath", in: Service, word: Warned, note: "is not looked at: write the program's whole path"},
	{names: "AmbientCapabilities", in: Service, word: Warned, note: "are not given: a program that is not root has none"},
	{names: "OOMScoreAdjust CoredumpFilter IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask " +
		"TimerSlackNSec Personality MemoryTHP", in: Service, word: Warned, note: "is not set: the program has superd's own"},
	{names: "KeyringMode", in: Service, word: Warned, none: []string{"inherit"}, note: "is not set: the program has superd's own keyring"},
	{names: "IgnoreSIGPIPE", in: Service, word: Warned, none: noWords, note: "is not kept: a program that writes to a client who has left is ended by SIGPIPE unless it ignores that"},
	{names: "SetLoginEnvironment", in: Service, word: Meaningless, note: "HOME, USER, LOGNAME and SHELL are always set."},
	{names: "SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential", in: Service, word: Missing, note: "The program would miss its secrets."},
	{names: "PAMName", in: Service, word: Missing, note: "What PAM forbids would be allowed."},
	{names: "UtmpIdentifier UtmpMode", in: Service, word: Warned, note: "is not written"},
	{names: "TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns", in: Service, word: Meaningless, note: "A service has no terminal."},
	{names: "SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst LogExtraFields LogFilterPatterns LogNamespace",
		in: Service, word: Meaningless, note: noJournal},
	{names: "RemoveIPC", in: Service, word: Warned, none: noWords, note: "is not done: what the program leaves of System V IPC stays"},
}

const folder = "superd makes no folders, which check tells of where one is not there. "

func limitRow(name, to string, attr services.AttrID, unit limitUnit) group {
	return group{names: name, in: Service, word: Mapped, to: to, apply: limitTo(attr, unit), shed: true}
}
