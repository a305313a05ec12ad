// SPDX-License-Identifier: Apache-2.0

package systemdunit

// protectionGroups are systemd.exec(5)'s protections: each of them keeps a program
// that was taken over from something.
var protectionGroups = []group{
	{names: "PrivateTmp PrivateDevices PrivateNetwork PrivateUsers PrivateMounts PrivateIPC PrivatePIDs PrivateBPF ProtectSystem ProtectHome ProtectHostname ProtectClock " +
		"ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups RestrictRealtime RestrictSUIDSGID RestrictNamespaces LockPersonality " +
		"MemoryDenyWriteExecute SystemCallLog MountAPIVFS BindLogSockets DelegateNamespaces", in: Service, word: Missing, none: noWords, shed: true, note: withoutIt},
	{names: "ProtectProc", in: Service, word: Missing, none: []string{"default"}, shed: true, note: withoutIt},
	{names: "ProcSubset", in: Service, word: Missing, none: []string{"all"}, shed: true, note: withoutIt},
	{names: "SystemCallFilter SystemCallArchitectures RestrictAddressFamilies RestrictFileSystems SecureBits ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths " +
		"ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories BindPaths BindReadOnlyPaths TemporaryFileSystem MountFlags", in: Service, word: Missing, shed: true, note: withoutIt},
	{names: "RootImage RootImageOptions RootImagePolicy RootHash RootHashSignature RootVerity RootEphemeral RootMStack ExtensionDirectories ExtensionImages ExtensionImagePolicy " +
		"MountImages MountImagePolicy NetworkNamespacePath IPCNamespacePath UserNamespacePath", in: Service, word: Missing, note: withoutIt},
	{names: "SELinuxContext AppArmorProfile SmackProcessLabel", in: Service, word: Missing, shed: true, note: withoutIt},
	{names: "SystemCallErrorNumber", in: Service, word: Meaningless, note: "It belongs to SystemCallFilter."},
}

const withoutIt = "The program would run without that protection."

// resourceGroups are systemd.resource-control(5).
var resourceGroups = []group{
	{names: "CPUQuota MemoryMax MemoryHigh MemorySwapMax MemoryZSwapMax MemoryLimit TasksMax", in: Service, word: Missing, none: []string{"infinity"},
		note: "All programs of the service together would have no such limit."},
	{names: "AllowedCPUs AllowedMemoryNodes IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax BlockIOReadBandwidth BlockIOWriteBandwidth", in: Service, word: Missing,
		note: "All programs of the service together would have no such limit."},
	{names: "IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces BindNetworkInterface NFTSet " +
		"DeviceAllow", in: Service, word: Missing, note: withoutIt + " only_from and no_access of superd's own format judge clients."},
	{names: "DevicePolicy", in: Service, word: Missing, none: []string{"auto"}, note: withoutIt},
	{names: "CPUWeight StartupCPUWeight CPUShares StartupCPUShares IOWeight StartupIOWeight IODeviceWeight IODeviceLatencyTargetSec BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight " +
		"MemoryMin MemoryLow DefaultMemoryMin DefaultMemoryLow StartupMemoryLow StartupMemoryHigh StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax DefaultStartupMemoryLow " +
		"StartupAllowedCPUs StartupAllowedMemoryNodes ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMMemoryPressureDurationSec ManagedOOMPreference " +
		"ManagedOOMRules CPUPressureWatch CPUPressureThresholdSec IOPressureWatch IOPressureThresholdSec MemoryPressureWatch MemoryPressureThresholdSec CoredumpReceive", in: Service, word: Warned,
		none: []string{"auto", "off", "no"}, note: "is not set: the programs are in superd's own cgroup"},
	{names: "Slice CPUAccounting CPUQuotaPeriodSec MemoryAccounting MemoryZSwapWriteback IOAccounting BlockIOAccounting TasksAccounting IPAccounting Delegate DelegateSubgroup DisableControllers",
		in: Service, word: Meaningless, note: "The programs are in superd's own cgroup."},
}
