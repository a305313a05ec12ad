// SPDX-License-Identifier: Apache-2.0

package docs

// behaviour is a difference of the daemon itself, whatever file a service comes of.
type behaviour struct {
	subject  string // a few words that name it
	original string // what the originals do, and which of them
	superd   string // what superd does
	why      string
	test     string // what shows it
}

const nobodyLost = "no client is lost for what another one did"

// behaviours are the daemon's differences. Those of lines in files are in the
// front-ends' own tables, and those that handlers see in difftest's.
var behaviours = []behaviour{
	{"more connections than cps", "xinetd: accepts and closes the next one, then closes the listening socket: clients are refused",
		"serves N, then accepts nobody for so many seconds; clients wait in the backlog", nobodyLost, "cps.txtar"},
	{"running programs after a pause", "xinetd: forgets them, and instances is exceeded", "counts them", "a limit holds", "bug-cps-forgets-instances.txtar"},
	{"limit of a minute", "inetd: accepts and closes, or closes the socket for 10 minutes, or (GNU) for good", "serves N; further clients wait for the next minute", "CVE-2022-39028: a limit must not be a switch for attackers", "cve-2022-39028.txtar"},
	{"clients beyond a FreeBSD max-child", "closes the connection", "lets them wait", nobodyLost, "TestQueue"},
	{"lines about a refused client", "xinetd: START, FAIL and EXIT, as its child looks at the lists", "FAIL alone, before there is any process", "a refusal costs no process, and none of instances", "TestXinetdLogs"},
	{"service without log_type", "xinetd: logs nothing of its clients", "writes START, EXIT and FAIL into its own log", "who was there must be found somewhere", "as-xinetd.txtar"},
	{"dual stack", "xinetd: one IPv6 socket that takes IPv4 in", "two sockets, one of each family, so that a program gets an AF_INET connection of an IPv4 client", "programs compare dotted addresses", "dual-stack.txtar"},
	{"address of a datagram service", "all: set SO_REUSEADDR", "does not", "with it another process of any user binds the same port and takes the datagrams", "TestNobodySharesAPort"},
	{"datagrams behind the first", "xinetd: throws them away when the program ends", "leaves them for the next program", "they are clients", "bug-udp-drain.txtar"},
	{"refused datagram", "xinetd: empties the queue; finit: leaves it there and spins", "drops that one, without reading a byte of it", "root never reads what a client sends", "TestFinit88"},
	{"peer of a datagram", "xinetd: reads the datagram to know it", "asks for the address with an empty buffer", "root never reads what a client sends", "wait-gate.txtar"},
	{"program that never reads its datagram", "openbsd-inetd: spins above its limit", "pauses the service until the minute is over", "the CPU is the other services', too", "TestUDPThatNobodyReads"},
	{"client from port 20", "openbsd-inetd: closes the connection, against FTP bounces (RFC 2577)", "refuses it at any service of inetd's, and says so; serves it at others, as xinetd does", "what a file was protected from, it stays protected from", "TestClientFromPort20"},
	{"no descriptor, memory or process left", "xinetd: stops the service; others spin", "accepts nobody for some milliseconds, says so once, and goes on", nobodyLost, "TestOutOfDescriptors"},
	{"start with a huge limit on descriptors", "xinetd: closes each number up to it, for minutes", "closes nothing that it has not opened", "openSUSE/xinetd#47", "TestStartWithAHugeLimit"},
	{"service that goes, at a reload", "xinetd: SIGKILL to its programs", "TERM, and KILL after stop_timeout", "a program may put its things in order", "reload-remove.txtar"},
	{"service that moves, at a reload", "xinetd: SIGKILL to its programs; the old socket is closed with all who wait", "its programs go on, and who waits in the old socket is served if the new one overlaps it", nobodyLost, "reload-move.txtar"},
	{"service with an error, at a reload", "xinetd: drops it and kills its programs; inetd: drops it", "keeps it as it was, and says why", nobodyLost, "bug-reload-with-a-typo.txtar"},
	{"included file or folder that cannot be read any more, at a reload", "xinetd: drops its services and kills their programs, and loses its defaults", "keeps everything as it was", "a mistake must not end a service, nor open another", "reload-include-gone.txtar"},
	{"file that is gone, at a reload", "openbsd-inetd: ends", "keeps everything as it was", "a mistake must not end a service", "reload-broken.txtar"},
	{"nothing left to run, at a reload", "xinetd: ends with status 1, unless -stayalive", "goes on and waits for the next reload", "superd does not end by itself", "reload-broken.txtar"},
	{"wrong defaults, at the start", "xinetd: ends with status 0", "ends with status 3 (under the name xinetd 1)", "whoever started it must know", "start-rules.txtar"},
	{"address that is taken", "xinetd: drops the service; openbsd-inetd: tries again every 10 minutes", "tries again every 10 seconds and at each reload", "what had it may end", "socket-taken.txtar"},
	{"banner", "xinetd: all of the file, as the client reads it", "its first 4 KiB, in one write that never waits", "nobody who does not read holds superd", "banners.txtar"},
	{"banner_fail and hosts.allow", "xinetd: opened as the service's user, who may not be able to", "opened by superd", "a rule that cannot be read protects nothing", "banners.txtar"},
	{"name in hosts.allow or hosts.deny", "libwrap: looks it up", "until superd looks names up: no match in hosts.allow, a match in hosts.deny", "never looser; check tells which words it concerns", "hosts-names.txtar"},
	{"spawn in hosts.allow or hosts.deny", "libwrap: runs it in a shell as whoever asks, and waits", "runs it as the service's user, waits for none and has four at a time", "a client must not start processes without end", "hosts-options.txtar"},
	{"state at SIGUSR1", "xinetd: a text, appended, that everybody can read; inetd: dies", "one JSON document of mode 0600, put in the place of the old one", "it tells who is connected", "bug-dump-symlink.txtar"},
	{"SIGABRT", "xinetd: checks its own tables", "is logged and does nothing", "there is nothing to check", "signals.txtar"},
	{"TERM to superd", "xinetd, inetd: leave programs alone", "under those names, too; under its own, TERM and then KILL to all", "service managers expect it", "as-xinetd.txtar"},
	{"log_type FILE over its limit", "xinetd: writes an error with a random number for each line lost", "says once that the log is full", "kind to who reads the other log", "service-log.txtar"},
	{"log file on a full disk", "all: lose lines silently", "counts them and says how many", "a log that lies is worse than none", "TestLogDiskFull"},
	{"pid file", "written over whatever is there, along links", "a new file in its place; of a process that lives it is not taken", "no file of others is written", "pid-file.txtar"},
	{"descriptor 0, 1 or 2 closed at the start", "xinetd: gets one for a socket and never looks at it", "fills them with /dev/null first", "xinetd-org#22", "bug-descriptor-0.txtar"},
}
