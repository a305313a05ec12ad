// SPDX-License-Identifier: Apache-2.0

package systemdunit

// serviceGroups are the options of [Service] alone.
var serviceGroups = []group{
	{names: "ExecStart", in: Service, word: Mapped, to: "exec argv0", apply: nothing,
		note: "With -, @, :, + and ! before the path, quotes, specifiers and variables as systemd has them. One command."},
	{names: "Type", in: Service, word: Mapped, to: "kill_leftovers", apply: serviceType,
		note: "How a program tells that it has started is of no interest. With forking and Accept=no the service is refused: its first process ends at once."},
	{names: "RuntimeMaxSec", in: Service, word: Mapped, to: "session_timeout", apply: sessionTimeout},
	{names: "TimeoutStartSec TimeoutSec", in: Service, word: Mapped, to: "session_timeout", apply: startTimeout,
		note: "Of Type=oneshot it is how long the program may run. Else it says nothing, as nobody waits for a start."},
	{names: "KillMode", in: Service, word: Mapped, to: "kill_leftovers", apply: killMode,
		note: "control-group, which is systemd's default, and mixed: what the program leaves in its session is killed when it ends. process, none: it is left alone."},
	{names: "Sockets", in: Service, word: Mapped, to: "mode", apply: nothing, note: "The sockets of these units are the service's, too, whether or not superd is told to read them."},
	{names: "ExecCondition", in: Service, word: Missing, note: "The program would run where the command forbids it."},
	{names: "ExecStartPre ExecStartPost ExecStop ExecStopPost ExecReloadPost", in: Service, word: Warned, note: "is not run"},
	{names: "ExecReload", in: Service, word: Meaningless, note: "A reload of superd leaves programs that run alone."},
	{names: "WatchdogSec", in: Service, word: Warned, none: []string{"0", "infinity"}, note: "is not kept: a program that hangs is not noticed"},
	{names: "TimeoutStopSec TimeoutAbortSec", in: Service, word: Meaningless, note: "stop_timeout of [daemon] is for all services."},
	{names: "KillSignal RestartKillSignal", in: Service, word: Warned, none: []string{"sigterm", "term", "15"}, note: "is not sent: superd ends programs by SIGTERM, and then SIGKILL"},
	{names: "SendSIGHUP", in: Service, word: Warned, none: noWords, note: "is not sent: superd ends programs by SIGTERM, and then SIGKILL"},
	{names: "SendSIGKILL", in: Service, word: Warned, none: yesWords, note: "is not kept: who does not end by SIGTERM is killed"},
	{names: "FinalKillSignal WatchdogSignal", in: Service, word: Meaningless, note: "superd ends programs by SIGTERM, and then SIGKILL."},
	{names: "RemainAfterExit", in: Service, word: Warned, none: noWords, note: "is not kept: when the program has ended, the next client starts it again"},
	{names: "NonBlocking", in: Service, word: Mapped, to: "nonblock", apply: nonBlocking,
		note: "Of Accept=yes it is not set: connections block until the program says otherwise."},
	{names: "StartLimitInterval StartLimitIntervalSec StartLimitBurst", in: Service, word: Warned, none: []string{"0", "infinity"},
		note: "is mapped to nothing: superd never switches a service off because it is started often; it pauses, or refuses clients"},
	{names: "StartLimitAction FailureAction", in: Service, word: Warned, none: []string{"none"}, note: "is not done: superd does nothing to the machine"},
	{names: "Restart RestartSec RestartMode RestartSteps RestartMaxDelaySec RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus ExitType", in: Service, word: Meaningless,
		note: "A program is started for a client, and again for the next one, however it ended."},
	{names: "PIDFile GuessMainPID BusName NotifyAccess FileDescriptorStoreMax FileDescriptorStorePreserve ReloadSignal RefreshOnReload RuntimeRandomizedExtraSec " +
		"TimeoutStartFailureMode TimeoutStopFailureMode RebootArgument OOMPolicy PermissionsStartOnly RootDirectoryStartOnly USBFunctionDescriptors USBFunctionStrings",
		in: Service, word: Meaningless, note: "It concerns how systemd watches a daemon; superd knows its programs by their processes."},
	{names: "OpenFile", in: Service, word: Missing, note: "The program would miss the descriptor."},
}
