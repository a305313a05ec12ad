/* SPDX-License-Identifier: Apache-2.0
 *
 * load HOST PORT CLIENTS COUNT [LINE [RATE]]
 *
 * The load: CLIENTS threads make COUNT connections together, each read to its
 * end; the answer has to be "ok\n". With a LINE each says that first, and the
 * answer has to be the same line. With a RATE so many are made a second, at even
 * distances, whether or not earlier ones have ended (as long as a thread is
 * free), and a connection's time runs from when it should have begun. Prints one
 * line: the seconds that passed, failures, the median of connect to the last byte
 * of the answer, and the median, 99th percentile and maximum of connect to end,
 * in us.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in server;
static long count;
static char line[64], answer[64] = "ok\n";
static size_t answered = 3;
static double apart; /* us from one connection to the next; 0: at once */
static double begun;
static atomic_long next, failures;
static double *took, *heard; /* us, by connection: to the end, to the whole answer */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* One connection; 0 if the whole answer came, at *then, and then the end. */
static int converse(double *then)
{
	static const struct timeval patience = { 30, 0 };
	char buf[64];
	size_t have = 0;
	ssize_t n = -1;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (!connect(s, (struct sockaddr *)&server, sizeof server) &&
	    (!*line || send(s, line, answered, MSG_NOSIGNAL) == (ssize_t)answered))
		while (have < sizeof buf && (n = read(s, buf + have, sizeof buf - have)) > 0)
			if ((have += n) >= answered && !*then)
				*then = now();
	close(s);
	return n == 0 && have == answered && !memcmp(buf, answer, have) ? 0 : -1;
}

/* Waits for the time of connection i, and gives it. */
static double due(long i)
{
	double at = begun + i * apart;
	struct timespec t = { at / 1e6, (at - (long)(at / 1e6) * 1e6) * 1e3 };

	if (apart == 0)
		return now();
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
	return at;
}

static void *client(void *arg)
{
	long i;

	while ((i = atomic_fetch_add(&next, 1)) < count) {
		double begin = due(i);
		double then = 0;
		if (converse(&then))
			atomic_fetch_add(&failures, 1);
		took[i] = now() - begin;
		heard[i] = then ? then - begin : took[i];
	}
	return arg;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc < 5 || argc > 7)
		return 2;
	if (argc > 5 && *argv[5]) {
		if (strlen(argv[5]) > sizeof line - 2)
			return 2;
		answered = sprintf(line, "%s\n", argv[5]);
		memcpy(answer, line, sizeof line);
	}
	if (argc > 6) {
		if (atof(argv[6]) <= 0)
			return 2;
		apart = 1e6 / atof(argv[6]);
	}
	int clients = atoi(argv[3]);
	count = atol(argv[4]);
	if (clients < 1 || count < 1)
		return 2;
	server.sin_family = AF_INET;
	server.sin_port = htons(atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
		return 2;
	took = calloc(count, sizeof *took);
	heard = calloc(count, sizeof *heard);
	pthread_t *threads = calloc(clients, sizeof *threads);
	begun = now();
	for (int i = 0; i < clients; i++)
		if (pthread_create(&threads[i], NULL, client, NULL))
			return 1;
	for (int i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	double seconds = (now() - begun) / 1e6;
	qsort(took, count, sizeof *took, by_size);
	qsort(heard, count, sizeof *heard, by_size);
	printf("seconds=%.6f failures=%ld answer50=%.1f p50=%.1f p99=%.1f max=%.1f\n", seconds, (long)failures,
	       heard[(count - 1) / 2], took[(count - 1) / 2], took[(count - 1) * 99 / 100], took[count - 1]);
	return 0;
}
