/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker without a library: an echo, one connection at a time. PROTOCOL.md is
 * what it follows.
 *
 *	cc -O2 -Wall -o echo contrib/worker/c/echo.c
 *	superd serve --port 7777 --mode prefork --worker pass -- ./echo
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL = 3, LARGEST = 65536 };

/* Where superd is gone nobody hears it, and what is held is still served. */
static void say(const char *text)
{
	while (send(CHANNEL, text, strlen(text), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* receive waits for a message, which it ends with a NUL, and gives its
 * descriptor, or -1. It returns 0 at the channel's end. */
static int receive(char *text, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { text, LARGEST };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int resets = 0;
	ssize_t n;

	do {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof control;
		n = recvmsg(CHANNEL, &msg, MSG_CMSG_CLOEXEC);
		/* A reset stands before what superd sent before it died. */
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	if (n < 0) {
		perror("cannot receive from superd");
		exit(1);
	}
	text[n] = 0;
	*fd = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		/* The padding has room for a second one. */
		int fds[2], count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
		*fd = fds[0];
		if (count > 1)
			close(fds[1]);
	}
	return n > 0;
}

/* value copies what stands after "key=" at the start of a line. */
static int value(const char *text, const char *key, char *out, size_t room)
{
	size_t n = strlen(key);

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		if (strncmp(text, key, n) == 0 && text[n] == '=') {
			size_t length = strcspn(text + n + 1, "\n");
			if (length >= room)
				return 0;
			memcpy(out, text + n + 1, length);
			out[length] = 0;
			return 1;
		}
	}
	return 0;
}

static int is_verb(const char *text, const char *verb)
{
	size_t n = strlen(verb);

	return strncmp(text, verb, n) == 0 && text[n] == '\n';
}

static void echo(int fd)
{
	char buf[16384];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof buf, 0)) > 0) {
		for (ssize_t at = 0, sent; at < n; at += sent)
			if ((sent = send(fd, buf + at, n - at, MSG_NOSIGNAL)) < 0)
				return;
	}
}

static void serve(const char *text, int fd)
{
	char id[20], line[32];

	if (!value(text, "id", id, sizeof id)) {
		fprintf(stderr, "superd hands over a connection without an id\n");
		exit(1);
	}
	if (fd < 0) {
		fprintf(stderr, "cannot take connection %s: it came without its descriptor\n", id);
		exit(1);
	}
	snprintf(line, sizeof line, "taken %s\n", id);
	say(line);
	echo(fd);
	close(fd);
	snprintf(line, sizeof line, "done %s\n", id);
	say(line);
}

int main(int argc, char **argv)
{
	static char text[LARGEST + 1];
	const char *offered = getenv("SUPERD_WORKER");
	char version[20], slots[20];
	int fd;

	(void)argc;
	if (!offered || !*offered || strspn(offered, "0123456789") != strlen(offered) || atol(offered) < 1) {
		fprintf(stderr, "this program is started by superd with worker = \"pass\"; try: superd serve --port 7777 --mode prefork --worker pass -- %s\n", argv[0]);
		return 1;
	}
	fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
	if (!receive(text, &fd))
		return 0;
	if (!is_verb(text, "hello") || !value(text, "version", version, sizeof version)) {
		fprintf(stderr, "superd's first message is not hello\n");
		return 1;
	}
	if (value(text, "slots", slots, sizeof slots) && strcmp(slots, "1") != 0) {
		fprintf(stderr, "this worker serves one connection at a time, and the service says slots = %s\n", slots);
		return 1;
	}
	say(strcmp(version, "1") == 0 && strcmp(offered, "1") == 0 ? "ready\n" : "ready\nversion=1\n");
	while (receive(text, &fd)) {
		if (is_verb(text, "conn"))
			serve(text, fd);
		else if (fd >= 0)
			close(fd);
	}
	return 0;
}
