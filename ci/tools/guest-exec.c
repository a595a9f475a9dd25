// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-exec: run a command in a guest through one of its agent's ports.
 *
 *	guest-exec [-i] [-t SECONDS] SOCKET... -- COMMAND [ARGUMENT...]
 *
 * The first socket that nobody else uses is taken. Output and exit code are the command's.
 * Exit codes of its own: 124 the time was up, 125 the guest is gone or cannot be reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "guest-frame.h"

enum { EXIT_TIMEOUT = 124, EXIT_GONE = 125 };

struct session {
	int fd;
	uint64_t run;
	double deadline;
	bool forward_stdin;
	bool answered;
	size_t have;
	unsigned char buf[sizeof(struct frame_header) + FRAME_MAX];
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void gone(const char *what)
{
	fprintf(stderr, "guest-exec: %s\n", what);
	exit(EXIT_GONE);
}

static void timed_out(const struct session *s)
{
	fprintf(stderr, "guest-exec: %s\n", s->answered ?
		"the time was up; the command was killed" :
		"the time was up with no sign of the command: it is silent, or the guest does not run its agent");
	exit(EXIT_TIMEOUT);
}

/* Read or write all of a blocking descriptor. */
static void write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			gone("the guest closed the connection");
		at += n;
		len -= n;
	}
}

static void frame_send(struct session *s, enum frame_type type, const void *data, size_t len)
{
	struct frame_header h = { .magic = FRAME_MAGIC, .type = type, .run = s->run, .length = len };

	write_all(s->fd, &h, sizeof(h));
	write_all(s->fd, data, len);
}

static int try_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char lock[256];
	int lfd, fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		gone("socket path too long");
	strcpy(addr.sun_path, path);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	/* Held until this process ends; QEMU serves one client per socket and queues the rest. */
	lfd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (lfd < 0)
		gone("no such guest");
	if (flock(lfd, LOCK_EX | LOCK_NB)) {
		close(lfd);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		gone("the guest is not running");
	return fd;
}

static void session_open(struct session *s, char **sockets, int n)
{
	for (;;) {
		for (int i = 0; i < n; i++) {
			s->fd = try_socket(sockets[i]);
			if (s->fd >= 0)
				return;
		}
		if (now() > s->deadline)
			timed_out(s);
		usleep(20000);
	}
}

static void session_start(struct session *s, char **argv)
{
	static const char zeros[sizeof(struct frame_header) + FRAME_MAX];
	char args[FRAME_MAX];
	size_t len = 0;

	for (; *argv; argv++) {
		size_t n = strlen(*argv) + 1;

		if (len + n > sizeof(args))
			gone("command longer than 4096 bytes");
		memcpy(args + len, *argv, n);
		len += n;
	}
	if (getrandom(&s->run, sizeof(s->run), 0) != sizeof(s->run))
		gone("no random numbers");
	write_all(s->fd, zeros, sizeof(zeros));
	frame_send(s, FRAME_START, args, len);
	if (!s->forward_stdin)
		frame_send(s, FRAME_STDIN, "", 0);
}

static void frame_handle(struct session *s, const struct frame_header *h, const unsigned char *data)
{
	if (h->run != s->run)
		return;
	s->answered = true;
	if (h->type == FRAME_STDOUT)
		write_all(1, data, h->length);
	else if (h->type == FRAME_STDERR)
		write_all(2, data, h->length);
	else if (h->type == FRAME_EXIT && h->length == 1)
		exit(data[0]);
}

static void session_read(struct session *s)
{
	ssize_t n = read(s->fd, s->buf + s->have, sizeof(s->buf) - s->have);
	struct frame_header h;
	size_t at = 0;

	if (n <= 0)
		gone("the guest went away");
	s->have += n;
	while (s->have - at >= sizeof(h)) {
		memcpy(&h, s->buf + at, sizeof(h));
		if (h.magic != FRAME_MAGIC || h.length > FRAME_MAX) {
			at++;
			continue;
		}
		if (s->have - at < sizeof(h) + h.length)
			break;
		frame_handle(s, &h, s->buf + at + sizeof(h));
		at += sizeof(h) + h.length;
	}
	memmove(s->buf, s->buf + at, s->have - at);
	s->have -= at;
}

static void stdin_read(struct session *s)
{
	char buf[FRAME_MAX];
	ssize_t n = read(0, buf, sizeof(buf));

	if (n < 0)
		n = 0;
	frame_send(s, FRAME_STDIN, buf, n);
	if (!n)
		s->forward_stdin = false;
}

static void session_run(struct session *s)
{
	for (;;) {
		struct pollfd pfd[2] = {
			{ .fd = s->fd, .events = POLLIN },
			{ .fd = s->forward_stdin ? 0 : -1, .events = POLLIN },
		};
		double left = s->deadline - now();

		if (left <= 0) {
			frame_send(s, FRAME_KILL, "", 0);
			timed_out(s);
		}
		if (poll(pfd, 2, left > 1 ? 1000 : (int)(left * 1000) + 1) < 0)
			continue;
		if (pfd[0].revents)
			session_read(s);
		if (pfd[1].revents)
			stdin_read(s);
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: guest-exec [-i] [-t SECONDS] SOCKET... -- COMMAND [ARGUMENT...]\n");
	exit(EXIT_GONE);
}

int main(int argc, char **argv)
{
	struct session s = { .deadline = now() + 60 };
	int opt, sockets = 0;

	while ((opt = getopt(argc, argv, "+it:")) != -1) {
		if (opt == 'i')
			s.forward_stdin = true;
		else if (opt == 't')
			s.deadline = now() + atof(optarg);
		else
			usage();
	}
	argv += optind;
	argc -= optind;
	while (sockets < argc && strcmp(argv[sockets], "--"))
		sockets++;
	if (!sockets || sockets + 1 >= argc)
		usage();
	signal(SIGPIPE, SIG_IGN);
	session_open(&s, argv, sockets);
	session_start(&s, argv + sockets + 1);
	session_run(&s);
}
