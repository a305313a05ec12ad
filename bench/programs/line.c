/* SPDX-License-Identifier: Apache-2.0
 *
 * The pools' handler in C, a worker that superd passes connections: reads a line,
 * answers with it, closes. contrib/worker/PROTOCOL.md is what it follows, as far as
 * superd's own side needs it; contrib/worker/c/echo.c is the one to copy from.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL = 3 };

static char text[65537];

static void say(const char *words)
{
	while (send(CHANNEL, words, strlen(words), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* Gives the descriptor of the next connection, and its id; -1 at the end. */
static int next(char id[20])
{
	for (;;) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec iov = { text, sizeof text - 1 };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
		ssize_t n = recvmsg(CHANNEL, &msg, MSG_CMSG_CLOEXEC);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		char *at;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text[n] = 0;
		if (!c) {
			if (!strncmp(text, "hello\n", 6))
				say("ready\n");
			continue;
		}
		if (!(at = strstr(text, "\nid=")) || sscanf(at + 4, "%19[0-9]", id) != 1)
			return -1;
		return *(int *)CMSG_DATA(c);
	}
}

static void answer(int s)
{
	char line[512];
	size_t have = 0;
	ssize_t n;

	while (have < sizeof line && (n = recv(s, line + have, sizeof line - have, 0)) > 0) {
		have += n;
		if (memchr(line + have - n, '\n', n)) {
			send(s, line, have, MSG_NOSIGNAL);
			return;
		}
	}
}

int main(void)
{
	char id[20], words[40];
	int s;

	while ((s = next(id)) >= 0) {
		snprintf(words, sizeof words, "taken %s\n", id);
		say(words);
		answer(s);
		close(s);
		snprintf(words, sizeof words, "done %s\n", id);
		say(words);
	}
	return 0;
}
