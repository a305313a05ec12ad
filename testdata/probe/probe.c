/* SPDX-License-Identifier: Apache-2.0
 *
 * probe: a handler that tells what it was given, one key=value a line, on
 * descriptor 1 (PROBE_FD in the environment names another; "any" is that of the
 * sockets from 3 on at which a client waits). It is in C, for a Go
 * program raises its own RLIMIT_NOFILE before main. Build: cc -O1 -static
 *
 * It reads no input, but where it was given a service's own socket: of a listening
 * one it takes one connection, of an unconnected datagram socket one datagram, and
 * answers there. Values are escaped: a byte that is no printable ASCII, and
 * the backslash, as \xNN. Lines come in a fixed order; the file descriptors in
 * theirs, argv and environment as they are.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *out;

static void escaped(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = s[i];
		if (c < 0x20 || c > 0x7e || c == '\\')
			fprintf(out, "\\x%02x", c);
		else
			putc(c, out);
	}
}

static void text(const char *key, const char *value)
{
	fprintf(out, "%s=", key);
	escaped(value, strlen(value));
	putc('\n', out);
}

static int gidorder(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;
	return x < y ? -1 : x > y;
}

static void identity(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg, groups[65536];
	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	fprintf(out, "uid=%u %u %u\ngid=%u %u %u\ngroups=", r, e, s, rg, eg, sg);
	int n = getgroups(65536, groups);
	qsort(groups, n > 0 ? n : 0, sizeof groups[0], gidorder);
	for (int i = 0; i < n; i++)
		fprintf(out, i ? " %u" : "%u", groups[i]);
	putc('\n', out);
}

static void limits(void)
{
	static const char *names[] = {"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "files",
		"memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
	for (int i = 0; i < 16; i++) {
		struct rlimit l;
		if (getrlimit(i, &l) != 0)
			continue;
		fprintf(out, "rlimit_%s=", names[i]);
		if (l.rlim_cur == RLIM_INFINITY)
			fputs("unlimited:", out);
		else
			fprintf(out, "%llu:", (unsigned long long)l.rlim_cur);
		if (l.rlim_max == RLIM_INFINITY)
			fputs("unlimited\n", out);
		else
			fprintf(out, "%llu\n", (unsigned long long)l.rlim_max);
	}
}

/*
 * The set that the kernel holds: sigset_t of the C library leaves two out. Those
 * two are the library's own, 32 and 33, and say nothing of who started us: its
 * posix_spawn leaves 32 ignored, and so it comes down from make to all below.
 */
static void signals(void)
{
	unsigned long long mask = 0, ignored = 0, caught = 0;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	for (int n = 1; n <= 64; n++) {
		if (n == 32 || n == 33)
			continue;
		/* struct kernel_sigaction: handler first */
		unsigned long sa[4] = {0};
		if (syscall(SYS_rt_sigaction, n, NULL, sa, 8) != 0)
			continue;
		if (sa[0] == 1)
			ignored |= 1ull << (n - 1);
		else if (sa[0] != 0)
			caught |= 1ull << (n - 1);
	}
	fprintf(out, "sigblocked=%016llx\nsigignored=%016llx\nsigcaught=%016llx\n", mask, ignored, caught);
}

static void capabilities(void)
{
	unsigned long long bounding = 0, ambient = 0;
	for (int n = 0; n < 64; n++) {
		if (prctl(PR_CAPBSET_READ, n, 0, 0, 0) == 1)
			bounding |= 1ull << n;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, n, 0, 0) == 1)
			ambient |= 1ull << n;
	}
	fprintf(out, "no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	fprintf(out, "capbnd=%016llx\ncapamb=%016llx\n", bounding, ambient);
}

static void address(int fd, const char *which, int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	char buf[INET6_ADDRSTRLEN];
	fprintf(out, "fd%d.%s=", fd, which);
	if (get(fd, (struct sockaddr *)&ss, &n) != 0) {
		fprintf(out, "%s\n", errno == ENOTCONN ? "ENOTCONN" : strerror(errno));
		return;
	}
	if (ss.ss_family == AF_INET) {
		struct sockaddr_in *a = (void *)&ss;
		fprintf(out, "inet %s %u\n", inet_ntop(AF_INET, &a->sin_addr, buf, sizeof buf), ntohs(a->sin_port));
	} else if (ss.ss_family == AF_INET6) {
		struct sockaddr_in6 *a = (void *)&ss;
		fprintf(out, "inet6 %s %u\n", inet_ntop(AF_INET6, &a->sin6_addr, buf, sizeof buf), ntohs(a->sin6_port));
	} else if (ss.ss_family == AF_UNIX) {
		struct sockaddr_un *a = (void *)&ss;
		size_t len = n - offsetof(struct sockaddr_un, sun_path);
		fputs("unix ", out);
		if (len && a->sun_path[0]) /* else abstract: all of its bytes count */
			len = strnlen(a->sun_path, len);
		escaped(a->sun_path, len);
		putc('\n', out);
	} else
		fprintf(out, "family %d\n", ss.ss_family);
}

static const char *kind(mode_t m)
{
	switch (m & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "directory";
	case S_IFCHR: return "char";
	case S_IFBLK: return "block";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFLNK: return "link";
	}
	return "anon";
}

/* -1: the socket has no such option. */
static int option(int fd, int level, int name)
{
	int value = 0;
	socklen_t n = sizeof value;
	return getsockopt(fd, level, name, &value, &n) == 0 ? value : -1;
}

/* fcntl finds them, not /proc: a chroot has none. The table can have holes. */
static void descriptors(void)
{
	for (int fd = 0; fd < 4096; fd++) {
		struct stat st;
		int fl, flags = fcntl(fd, F_GETFD);
		if (flags < 0 || fstat(fd, &st) != 0)
			continue;
		fl = fcntl(fd, F_GETFL);
		fprintf(out, "fd%d=%s cloexec=%d nonblock=%d access=%d append=%d", fd, kind(st.st_mode),
			flags & FD_CLOEXEC ? 1 : 0, fl & O_NONBLOCK ? 1 : 0, fl & O_ACCMODE, fl & O_APPEND ? 1 : 0);
		if (S_ISCHR(st.st_mode))
			fprintf(out, " rdev=%lu", (unsigned long)st.st_rdev);
		if (!S_ISSOCK(st.st_mode)) {
			putc('\n', out);
			continue;
		}
		fprintf(out, " type=%d listening=%d keepalive=%d nodelay=%d\n", option(fd, SOL_SOCKET, SO_TYPE),
			option(fd, SOL_SOCKET, SO_ACCEPTCONN), option(fd, SOL_SOCKET, SO_KEEPALIVE), option(fd, IPPROTO_TCP, TCP_NODELAY));
		address(fd, "sockname", getsockname);
		address(fd, "peername", getpeername);
	}
}

/* The client's own socket: fd itself, or what a wait handler makes of fd. A
 * datagram's sender goes to peer. */
static int client(int fd, struct sockaddr_storage *peer, socklen_t *size)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	char byte;
	*size = 0;
	if (option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1)
		return accept(fd, NULL, NULL);
	if (option(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && getpeername(fd, (struct sockaddr *)&ss, &n) != 0) {
		*size = sizeof *peer;
		if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)peer, size) < 0)
			return -1;
	}
	return fd;
}

/* The socket of the service's own at which a client waits; 3 where there is none. */
static int ready(void)
{
	struct pollfd p[64];
	int n = 0;
	for (int fd = 3; fd < 64; fd++) {
		int type = option(fd, SOL_SOCKET, SO_TYPE);
		if (option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 || type == SOCK_DGRAM)
			p[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	if (n > 0 && poll(p, n, 10000) > 0)
		for (int i = 0; i < n; i++)
			if (p[i].revents & POLLIN)
				return p[i].fd;
	return 3;
}

int main(int argc, char **argv, char **envp)
{
	const char *fd = getenv("PROBE_FD");
	struct sockaddr_storage peer;
	socklen_t peersize;
	char buf[4096];
	mode_t mask;

	/* Collected whole and written at once, so that the writing adds no descriptor. */
	char *page = NULL;
	size_t size = 0;
	out = open_memstream(&page, &size);

	identity();
	limits();
	mask = umask(0);
	umask(mask);
	fprintf(out, "umask=%03o\n", (unsigned)mask);
	errno = 0;
	fprintf(out, "nice=%d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "session_leader=%d\ngroup_leader=%d\n", getsid(0) == getpid(), getpgrp() == getpid());
	text("cwd", getcwd(buf, sizeof buf) ? buf : strerror(errno));
	signals();
	capabilities();
	fprintf(out, "argc=%d\n", argc);
	for (int i = 0; i < argc; i++) {
		fprintf(out, "argv%d=", i);
		escaped(argv[i], strlen(argv[i]));
		putc('\n', out);
	}
	for (char **e = envp; *e; e++)
		text("env", *e);
	descriptors();
	fputs("end=1\n", out);
	fclose(out);

	int to = client(!fd ? 1 : strcmp(fd, "any") == 0 ? ready() : atoi(fd), &peer, &peersize);
	if (peersize)
		return sendto(to, page, size, 0, (struct sockaddr *)&peer, peersize) < 0;
	for (size_t done = 0; done < size;) {
		ssize_t n = write(to, page + done, size - done);
		if (n <= 0)
			return 1;
		done += n;
	}
	return 0;
}
