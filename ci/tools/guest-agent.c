// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest-agent: run commands for the host, one at a time on each virtio-serial port whose name
 * begins with "dvs.exec". The host's side is guest-exec.
 *
 * A run ends when its process ends, whoever still holds its output, so that a command may leave
 * a daemon behind. When the host goes away in the middle, the run's process group is killed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-frame.h"

struct run {
	uint64_t id;
	pid_t pid;		/* 0: no run */
	int in, out, err;	/* our ends of its pipes, -1 when closed */
	size_t at, len;		/* what of input[] it has not read yet */
	unsigned char input[FRAME_MAX];
};

struct port {
	int fd;
	struct run run;
	size_t have;
	unsigned char buf[sizeof(struct frame_header) + FRAME_MAX];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void run_close(struct run *r)
{
	close_fd(&r->in);
	close_fd(&r->out);
	close_fd(&r->err);
	r->pid = 0;
	r->len = 0;
}

static void run_kill(struct run *r)
{
	if (!r->pid)
		return;
	kill(-r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	run_close(r);
}

/* False when the host has gone. */
static bool port_write(struct port *p, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(p->fd, at, len);

		if (n > 0) {
			at += n;
			len -= n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;

		struct pollfd pfd = { .fd = p->fd, .events = POLLOUT };

		poll(&pfd, 1, 1000);
		if (pfd.revents & POLLHUP)
			return false;
	}
	return true;
}

static bool port_send(struct port *p, enum frame_type type, const void *data, size_t len)
{
	struct {
		struct frame_header h;
		unsigned char data[FRAME_MAX];
	} f = { .h = { .magic = FRAME_MAGIC, .type = type, .run = p->run.id, .length = len } };

	memcpy(f.data, data, len);
	return port_write(p, &f, sizeof(f.h) + len);
}

static void run_child(const int in[2], const int out[2], const int err[2], char *args, size_t len)
{
	char *argv[256] = { NULL };
	char *shell[] = { "/bin/sh", "-c", args, NULL };
	size_t n = 0;

	setsid();
	dup2(in[0], 0);
	dup2(out[1], 1);
	dup2(err[1], 2);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	for (char *a = args; a < args + len && n < 255; a += strlen(a) + 1)
		argv[n++] = a;
	/* One word is a line for the shell, several are a command as they stand. */
	execvp(n == 1 ? shell[0] : argv[0], n == 1 ? shell : argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void run_start(struct port *p, uint64_t id, char *args, size_t len)
{
	struct run *r = &p->run;
	int in[2], out[2], err[2];

	run_kill(r);
	r->id = id;
	if (!len || args[len - 1] || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ||
	    pipe2(err, O_CLOEXEC)) {
		port_send(p, FRAME_EXIT, "\x7e", 1);
		return;
	}
	r->pid = fork();
	if (!r->pid)
		run_child(in, out, err, args, len);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
	fcntl(r->in, F_SETFL, O_NONBLOCK);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	fcntl(r->err, F_SETFL, O_NONBLOCK);
	if (r->pid < 0) {
		run_close(r);
		port_send(p, FRAME_EXIT, "\x7e", 1);
	}
}

/* A reader that has left or closed its input loses the rest, as it would in a pipeline. */
static void run_feed(struct run *r)
{
	ssize_t n = write(r->in, r->input + r->at, r->len);

	if (n > 0) {
		r->at += n;
		r->len -= n;
	} else if (errno != EAGAIN) {
		close_fd(&r->in);
		r->len = 0;
	}
}

static void frame_handle(struct port *p, const struct frame_header *h, unsigned char *data)
{
	struct run *r = &p->run;

	if (h->type == FRAME_START) {
		run_start(p, h->run, (char *)data, h->length);
		return;
	}
	if (!r->pid || h->run != r->id)
		return;
	if (h->type == FRAME_KILL) {
		run_kill(r);
	} else if (h->type == FRAME_STDIN && !h->length) {
		close_fd(&r->in);
	} else if (h->type == FRAME_STDIN && r->in >= 0) {
		memcpy(r->input, data, h->length);
		r->at = 0;
		r->len = h->length;
		run_feed(r);
	}
}

static void port_parse(struct port *p)
{
	struct frame_header h;
	size_t at = 0;

	/* Input that the run has not taken yet holds up what comes after it. */
	while (!p->run.len && p->have - at >= sizeof(h)) {
		memcpy(&h, p->buf + at, sizeof(h));
		if (h.magic != FRAME_MAGIC || h.length > FRAME_MAX) {
			at++;
			continue;
		}
		if (p->have - at < sizeof(h) + h.length)
			break;
		frame_handle(p, &h, p->buf + at + sizeof(h));
		at += sizeof(h) + h.length;
	}
	memmove(p->buf, p->buf + at, p->have - at);
	p->have -= at;
}

/* Pass on what there is; false when the host has gone. */
static bool drain(struct port *p, int *fd, enum frame_type type, bool all)
{
	char buf[FRAME_MAX];

	while (*fd >= 0) {
		ssize_t n = read(*fd, buf, sizeof(buf));

		if (n < 0)
			return true;
		if (n == 0)
			close_fd(fd);
		else if (!port_send(p, type, buf, n))
			return false;
		if (!all)
			return true;
	}
	return true;
}

/* The run's process has ended: its last output, then its exit code. */
static void run_finish(struct port *p, int status)
{
	unsigned char code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	if (drain(p, &p->run.out, FRAME_STDOUT, true) && drain(p, &p->run.err, FRAME_STDERR, true))
		port_send(p, FRAME_EXIT, &code, 1);
	run_close(&p->run);
}

static void port_step(struct port *p)
{
	struct run *r = &p->run;
	struct pollfd pfd[4] = {
		{ .fd = p->fd, .events = r->len ? 0 : POLLIN },
		{ .fd = r->pid ? r->out : -1, .events = POLLIN },
		{ .fd = r->pid ? r->err : -1, .events = POLLIN },
		{ .fd = r->len ? r->in : -1, .events = POLLOUT },
	};
	int status;

	/* Bounded, because a process can end while somebody else holds its output open. */
	poll(pfd, 4, r->pid ? 20 : -1);
	if (pfd[0].revents & POLLHUP) {
		run_kill(r);
		p->have = 0;
		usleep(50000);
	}
	if (pfd[0].revents & POLLIN) {
		ssize_t n = read(p->fd, p->buf + p->have, sizeof(p->buf) - p->have);

		if (n > 0) {
			p->have += n;
			port_parse(p);
		}
	}
	if (pfd[3].revents) {
		run_feed(r);
		port_parse(p);
	}
	if (!r->pid)
		return;
	if (!drain(p, &r->out, FRAME_STDOUT, false) || !drain(p, &r->err, FRAME_STDERR, false)) {
		run_kill(r);
		return;
	}
	if (waitpid(r->pid, &status, WNOHANG) == r->pid)
		run_finish(p, status);
}

static void port_serve(const char *dev)
{
	struct port p = { .run = { .in = -1, .out = -1, .err = -1 } };

	signal(SIGPIPE, SIG_IGN);
	p.fd = open(dev, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p.fd < 0) {
		perror(dev);
		exit(1);
	}
	for (;;)
		port_step(&p);
}

static bool port_is_ours(const char *dev)
{
	char path[320], name[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", dev);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = 0;
	fclose(f);
	return !strncmp(name, "dvs.exec", 8);
}

int main(void)
{
	DIR *d = opendir("/sys/class/virtio-ports");
	struct dirent *e;
	int ports = 0;

	while (d && (e = readdir(d))) {
		char dev[300];

		if (!port_is_ours(e->d_name))
			continue;
		ports++;
		snprintf(dev, sizeof(dev), "/dev/%s", e->d_name);
		if (!fork())
			port_serve(dev);
	}
	if (!ports) {
		fprintf(stderr, "guest-agent: no virtio-serial port named dvs.exec*\n");
		return 1;
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
