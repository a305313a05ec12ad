// SPDX-License-Identifier: Apache-2.0

package services

// The modes with workers that outlive a connection.
const (
	pools    = ModePreforkSimple | ModePrefork | ModeMultiplex
	adaptive = ModePrefork
)

// Pools themselves are refused until they are built (row "mode"), so that most of
// these rows need no Stage.
var poolRows = []Attribute{
	{
		ID: Worker, Name: "worker", Kind: KindWord, Words: []string{"pass", "accept", "stdio"}, Default: "pass",
		Scope: perService, Modes: pools, Reload: Replace,
		Doc: "How workers get connections: pass (superd hands each over), accept (from the listening socket itself), stdio (unmodified programs, started ahead).",
	},
	{
		ID: MinServers, Name: "min_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(5),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "min_servers",
		Doc:       "Workers that are always there.",
	},
	{
		ID: MinSpareServers, Name: "min_spare_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(2),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "min_spare_servers",
		Doc:       "Fewer idle workers than this, and more are started.",
	},
	{
		ID: MaxSpareServers, Name: "max_spare_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(10),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "max_spare_servers",
		Doc:       "More idle workers than this, and some are ended.",
	},
	{
		ID: MaxServersLimit, Name: "max_servers_limit", Kind: KindCount, Default: Unlimited,
		Scope: perService, Modes: pools, Reload: Retune,
		Doc: "How far max_servers may be raised while superd runs.",
	},
	{
		ID: MaxRequests, Name: "max_requests", Kind: KindCount, Default: int64(1000),
		Scope: perService, Modes: pools, Reload: Retune,
		NetServer: "max_requests",
		Doc:       "Connections after which a worker is replaced.",
	},
	{
		ID: MaxRequestsJitter, Name: "max_requests_jitter", Kind: KindCount, Max: 1<<31 - 1, Default: int64(0),
		Scope: perService, Modes: pools, Reload: Retune,
		Doc: "A random number up to this is added, so that workers are not all replaced at once.",
	},
	{
		ID: CheckForWaiting, Name: "check_for_waiting", Kind: KindSeconds, Default: 10.0,
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "check_for_waiting",
		Doc:       "Time between two looks for idle workers to end.",
	},
	{
		ID: CheckForSpawn, Name: "check_for_spawn", Kind: KindSeconds, Default: 30.0,
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "check_for_spawn",
		Doc:       "Accepted for Net::Server's sake; superd's count of workers is always exact.",
	},
	{
		ID: CheckForDead, Name: "check_for_dead", Kind: KindSeconds, Default: 30.0,
		Scope: perService, Modes: pools, Reload: Retune,
		NetServer: "check_for_dead",
		Doc:       "Accepted for Net::Server's sake; superd learns of a worker's end at once.",
	},
	{
		ID: MinChildTTL, Name: "min_child_ttl", Kind: KindSeconds, Default: 10.0,
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "min_child_ttl",
		Doc:       "After a worker was started none is ended for being idle, this long.",
	},
	{
		ID: Dequeue, Name: "dequeue", Kind: KindArgv,
		Scope: perService, Reload: Retune, Stage: LaterFatal,
		NetServer: "run_dequeue",
		Doc:       "A program, with arguments, that is run now and then beside the workers.",
	},
	{
		ID: MaxDequeue, Name: "max_dequeue", Kind: KindCount,
		Scope: perService, Reload: Retune, Stage: LaterFatal,
		NetServer: "max_dequeue",
		Doc:       "How many dequeue processes run at the same time.",
	},
	{
		ID: CheckForDequeue, Name: "check_for_dequeue", Kind: KindSeconds,
		Scope: perService, Reload: Retune, Stage: LaterFatal,
		NetServer: "check_for_dequeue",
		Doc:       "Time between two starts of dequeue.",
	},
	{
		ID: RequestTimeout, Name: "request_timeout", Kind: KindTimeout, Default: Unlimited,
		Scope: perService, Modes: pools | ModeHTTP | ModeApp, Reload: Retune,
		Doc: "How long a worker may take over one connection.",
	},
	{
		ID: Slots, Name: "slots", Kind: KindCount, Max: 1<<31 - 1, Default: int64(1),
		Scope: perService, Modes: pools, Reload: Retune,
		Doc: "How many connections one worker takes at the same time.",
	},
}
