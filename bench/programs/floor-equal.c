/* SPDX-License-Identifier: Apache-2.0
 *
 * floor-equal HOST PORT LOGFILE UID GID PROGRAM [ARG...]
 *
 * The floor of equal work: the floor, and with each connection what superd is
 * asked for in this comparison: a session of its own (as xinetd and inetd give,
 * too; where the kernel groups processes by session for its scheduler that is the
 * dearest step), rlimits, umask, groups, gid, uid, no_new_privs, nice, and two log
 * lines. What a program written for this one service could do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listen.h"

static const struct rlimit files = { 256, 256 }, core = { 0, 0 }, as = { 1 << 30, 1 << 30 };

/* Runs between vfork and exec; the order is superd's: what needs root first. */
static void become(uid_t uid, gid_t gid)
{
	umask(027);
	if (setsid() < 0 || chdir("/") || setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_CORE, &core) ||
	    setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid) ||
	    setrlimit(RLIMIT_AS, &as) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    setpriority(PRIO_PROCESS, 0, 5))
		_exit(111);
}

static void log_line(int log, const char *what, pid_t pid, const struct sockaddr_in *peer, int status)
{
	char line[160], host[INET_ADDRSTRLEN];
	int n = snprintf(line, sizeof line, "%s: pid=%d from=%s port=%d status=%d\n", what, (int)pid,
			 inet_ntop(AF_INET, &peer->sin_addr, host, sizeof host), ntohs(peer->sin_port), status);

	if (write(log, line, n) != n)
		die("log");
}

int main(int argc, char **argv)
{
	if (argc < 7)
		return 2;
	int listener = listen_on(argv[1], argv[2]);
	int log = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	uid_t uid = atoi(argv[4]);
	gid_t gid = atoi(argv[5]);
	if (log < 0)
		die("log");
	for (;;) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		int status = -1, conn = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
		if (conn < 0)
			continue;
		pid_t pid = vfork();
		if (pid == 0) {
			become(uid, gid);
			dup2(conn, 0);
			dup2(conn, 1);
			execv(argv[6], argv + 6);
			_exit(127);
		}
		close(conn);
		if (pid < 0)
			continue;
		log_line(log, "start", pid, &peer, 0);
		waitpid(pid, &status, 0);
		log_line(log, "exit", pid, &peer, status);
	}
}
