/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker by contrib/worker/PROTOCOL.md that can account for what it did: a client
 * sends a number, the worker notes it in the file that its argument names, and answers
 * with enough that a death in the middle shows. In C, since dozens a second start.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL = 3, PAD = 2000 };

static void say(const char *verb, const char *id)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%s%s\n", verb, id);
	send(CHANNEL, text, n, MSG_NOSIGNAL);
}

static void all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, text, n, MSG_NOSIGNAL);
		if (done <= 0)
			return;
		text += done, n -= done;
	}
}

/* receive gives a message as a string, and its descriptor or -1. */
static int receive(char *buf, size_t size, int *fd)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } room;
	struct iovec iov = { buf, size - 1 };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room.buf, .msg_controllen = sizeof room.buf };
	ssize_t n = recvmsg(CHANNEL, &h, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;

	if (n <= 0)
		return 0;
	buf[n] = 0;
	*fd = -1;
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return 1;
}

static void serve(int log, int fd)
{
	char number[32], text[PAD + 100];
	size_t n = 0;
	while (n < sizeof number - 1 && read(fd, number + n, 1) == 1 && number[n] != '\n')
		n++;
	if (n == 0)
		return;
	number[n] = 0;
	int len = snprintf(text, sizeof text, "%s %d\n", number, getpid());
	if (write(log, text, len) != len)
		exit(2);
	memset(text, 'x', PAD);
	all(fd, text, PAD);
	len = snprintf(text, sizeof text, "\nserved %s\n", number);
	all(fd, text, len);
}

int main(int argc, char **argv)
{
	static char msg[65537];
	int fd, log = argc > 1 ? open(argv[1], O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (log < 0 || !receive(msg, sizeof msg, &fd))
		return 1;
	say("ready", "");
	while (receive(msg, sizeof msg, &fd)) {
		char *id = strstr(msg, "\nid=");
		if (!id || fd < 0)
			return 1;
		id += 3;
		*id = ' ';
		id[strcspn(id, "\n")] = 0;
		say("taken", id);
		serve(log, fd);
		close(fd);
		say("done", id);
	}
	return 0;
}
