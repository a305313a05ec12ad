/* SPDX-License-Identifier: Apache-2.0
 *
 * floor HOST PORT PROGRAM [ARG...]
 *
 * The floor: what the kernel takes for a connection and a process, and nothing
 * besides. One connection after the other; no privileges dropped, no log.
 */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "listen.h"

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int listener = listen_on(argv[1], argv[2]);
	for (;;) {
		int conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (conn < 0)
			continue;
		pid_t pid = vfork();
		if (pid == 0) {
			dup2(conn, 0);
			dup2(conn, 1);
			execv(argv[3], argv + 3);
			_exit(127);
		}
		close(conn);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}
