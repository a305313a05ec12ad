// SPDX-License-Identifier: Apache-2.0

package services

// The modes with workers that outlive a connection.
const (
	pools    = ModePreforkSimple | ModePrefork | ModeMultiplex
	adaptive = ModePrefork
	notPools = ModeInet | ModeWait | ModeSingle | ModeHTTP | ModeApp | ModeBuiltin | ModeRedirect | ModeTCPMux
)

// Defaults that hang on the mode or on other attributes are in default.go.
var poolRows = []Attribute{
	{
		ID: Worker, Name: "worker", Kind: KindWord, Words: []string{"pass", "accept", "stdio"},
		Scope: perService, Modes: pools, Reload: Replace,
		Doc: "How workers get connections; a pool must say it. pass: superd accepts, asks the gate and hands each connection over. accept: the worker has the " +
			"listening sockets (descriptor 0, and all as LISTEN_FDS tells; of several with one named lock to hold around accept) and accepts by itself, so that no " +
			"attribute of the gate applies; on descriptor SUPERD_STATUS_FD it may say STATUS=busy and STATUS=idle. stdio: an unmodified program of standard input and output, " +
			"started ahead of its one client, whose bytes are carried by a child of superd's without privileges ([daemon] wire_user); it cannot see the client's " +
			"address: getpeername gives none, and REMOTE_HOST and its like are not set.",
	},
	{
		ID: MinServers, Name: "min_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(5),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "min_servers",
		Doc:       "Workers that are always there. 5 by default, or max_servers if that is less.",
	},
	{
		ID: MinSpareServers, Name: "min_spare_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(2),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "min_spare_servers",
		Doc: "Fewer idle workers than this, and more are started. 2 by default, or min_servers or max_spare_servers if that is less. More than min_servers " +
			"means that the pool is never smaller than this.",
	},
	{
		ID: MaxSpareServers, Name: "max_spare_servers", Kind: KindCount, Max: 1<<31 - 1, Default: int64(10),
		Scope: perService, Modes: adaptive, Reload: Retune,
		NetServer: "max_spare_servers",
		Doc:       "More idle workers than this, and some are ended. 10 by default, or one less than max_servers if that is less: it must be below max_servers.",
	},
	{
		ID: MaxServersLimit, Name: "max_servers_limit", Kind: KindCount,
		Scope: perService, Modes: ModeInet | ModePreforkSimple | ModePrefork, Reload: Retune,
		Doc: "How far SIGTTIN may raise max_servers while superd runs. Four times max_servers by default.",
	},
	{
		ID: MaxRequests, Name: "max_requests", Kind: KindCount, Default: int64(poolMaxRequests),
		Scope: perService, Modes: pools, Reload: Retune,
		NetServer: "max_requests",
		Doc: "Connections after which a worker is replaced. 1000 by default, also where it has several slots; unlimited in mode multiplex, and 1 for worker = " +
			"\"stdio\", whose programs end with their client. Workers that accept by themselves are told the number (SUPERD_MAX_REQUESTS), and keep it themselves.",
	},
	{
		ID: MaxRequestsJitter, Name: "max_requests_jitter", Kind: KindCount, Max: 1<<31 - 1, Default: int64(0),
		Scope: perService, Modes: pools, Reload: Retune,
		Doc: "A random number up to this is added to max_requests, so that workers are not all replaced at once. A tenth of max_requests by default.",
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
		Scope: perService, Modes: ModeInet | pools, Reload: Retune,
		NetServer: "run_dequeue",
		Doc: "A program, with arguments, that is run now and then beside the service, with its privileges. Without it, but with check_for_dequeue, " +
			"a worker that is passed its connections is run so, and finds SUPERD_WORKER=dequeue.",
	},
	{
		ID: MaxDequeue, Name: "max_dequeue", Kind: KindCount, Max: 1<<31 - 1,
		Scope: perService, Modes: ModeInet | pools, Reload: Retune,
		NetServer: "max_dequeue",
		Doc:       "How many dequeue processes run at the same time. 1 by default.",
	},
	{
		ID: CheckForDequeue, Name: "check_for_dequeue", Kind: KindSeconds,
		Scope: perService, Modes: ModeInet | pools, Reload: Retune,
		NetServer: "check_for_dequeue",
		Doc:       "Time between two starts of dequeue, which must be said.",
	},
	{
		ID: RequestTimeout, Name: "request_timeout", Kind: KindTimeout, Default: Unlimited,
		Scope: perService, Modes: pools | ModeHTTP | ModeApp, Reload: Retune,
		Doc: "How long a worker may take over one connection.",
	},
	{
		ID: Slots, Name: "slots", Kind: KindCount, Max: 1<<31 - 1, Default: int64(1),
		Scope: perService, Modes: pools, Reload: Retune,
		Doc: "How many connections one worker that is passed them may hold at the same time. 1 by default, and 256 in mode multiplex.",
	},
}
