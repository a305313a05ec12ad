/* SPDX-License-Identifier: Apache-2.0
 *
 * Says who it is and under which limits it runs, one "name=value" a line: put in
 * the handler's place it shows whether a server does what its configuration says.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void limit(const char *name, int which)
{
	struct rlimit r;

	if (!getrlimit(which, &r))
		printf("%s=%lld:%lld\n", name, (long long)r.rlim_cur, (long long)r.rlim_max);
}

int main(void)
{
	uid_t r, e, s;
	gid_t gr, ge, gs, groups[64];
	int n = getgroups(64, groups);

	getresuid(&r, &e, &s);
	getresgid(&gr, &ge, &gs);
	printf("uid=%d:%d:%d\ngid=%d:%d:%d\ngroups=", r, e, s, gr, ge, gs);
	for (int i = 0; i < n; i++)
		printf("%s%d", i ? "," : "", groups[i]);
	printf("\numask=%03o\nnice=%d\nno_new_privs=%d\n", umask(0), getpriority(PRIO_PROCESS, 0),
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	limit("files", RLIMIT_NOFILE);
	limit("core", RLIMIT_CORE);
	limit("as", RLIMIT_AS);
	return 0;
}
