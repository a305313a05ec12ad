// SPDX-License-Identifier: Apache-2.0

package systemdunit

const noUnits = "superd starts, stops and orders no units; what else a service needs has to run."

// unitGroups are the options of [Unit], which socket and service units share.
var unitGroups = []group{
	{names: "Description", in: Unit, word: Mapped, to: "description", note: "That of the socket unit.", apply: description},
	{names: "Documentation SourcePath", in: Unit, word: Meaningless, note: "It is for people."},
	{names: "Requires Requisite Wants BindsTo BindTo Upholds RequiresOverridable RequisiteOverridable", in: Unit, word: Warned,
		note: noUnits + " Told of other services and sockets alone.", apply: dependencies},
	{names: "Before After Conflicts PartOf OnSuccess OnFailure PropagatesReloadTo PropagateReloadTo ReloadPropagatedFrom PropagateReloadFrom " +
		"PropagatesStopTo StopPropagatedFrom RequiresMountsFor WantsMountsFor StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate " +
		"DefaultDependencies SurviveFinalKillSignal OnSuccessJobMode OnFailureJobMode OnFailureIsolate IgnoreOnIsolate JobTimeoutSec " +
		"JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument FailureActionExitStatus SuccessActionExitStatus RebootArgument CollectMode",
		in: Unit, word: Meaningless, note: noUnits},
	{names: "JoinsNamespaceOf", in: Unit, word: Meaningless, note: "It concerns namespaces, and the options that make these are not built yet."},
	{names: "StartLimitIntervalSec StartLimitInterval StartLimitBurst", in: Unit, word: Warned, none: []string{"0", "infinity"},
		note: "is mapped to nothing: superd never switches a service off because it is started often; it pauses, or refuses clients"},
	{names: "StartLimitAction FailureAction SuccessAction", in: Unit, word: Warned, none: []string{"none"},
		note: "is not done: superd does nothing to the machine"},
	{names: "ConditionPathExists ConditionPathExistsGlob ConditionPathIsDirectory ConditionDirectoryNotEmpty ConditionFileNotEmpty ConditionFileIsExecutable " +
		"AssertPathExists AssertPathExistsGlob AssertPathIsDirectory AssertDirectoryNotEmpty AssertFileNotEmpty AssertFileIsExecutable",
		in: Unit, word: Mapped, to: "disable", note: "Looked at when the configuration is read: where it does not hold, the service is off.", apply: nothing},
	{names: conditionNames("Condition", "ConditionFirmware") + conditionNames("Assert", ""), in: Unit, word: Warned,
		note: "is not looked at: the service runs whether or not it holds"},
}

func conditionNames(word, more string) string {
	names := ""
	for _, kind := range []string{"PathIsSymbolicLink", "PathIsMountPoint", "PathIsReadWrite", "PathIsEncrypted", "PathIsSocket", "NeedsUpdate", "FirstBoot", "Architecture",
		"Virtualization", "Host", "KernelCommandLine", "KernelVersion", "Version", "Credential", "Security", "Capability", "ACPower", "Memory", "CPUFeature", "CPUs",
		"Environment", "User", "Group", "ControlGroupController", "OSRelease", "MemoryPressure", "CPUPressure", "IOPressure", "KernelModuleLoaded"} {
		names += word + kind + " "
	}
	return names + more + " "
}

// installGroups are the options of [Install].
var installGroups = []group{
	{names: "Alias WantedBy RequiredBy UpheldBy Also DefaultInstance", in: Install, word: Meaningless,
		note: "What superd reads runs; the order of a boot is superd's own unit's."},
}

// nothing is for options that are read together with others.
func nothing(*entry, values) {}
