// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Round trips of small messages between two processes.
 */
#include "bench.h"

#include <dvs.h>
#include <errno.h>
#include <error.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE	64

static void die(const char *what)
{
	error(EXIT_FAILURE, errno, "%s", what);
}

/* The other process: ends when this one does, or when told. */
static pid_t start(void (*serve)(int in, int out), int in, int out)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(in, out);
		_exit(EXIT_FAILURE);
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void write_all(int fd, const void *buffer, size_t size)
{
	if (write(fd, buffer, size) != (ssize_t)size)
		die("write");
}

static void read_all(int fd, void *buffer, size_t size)
{
	if (read(fd, buffer, size) != (ssize_t)size)
		die("read");
}

static void echo(int in, int out, size_t size)
{
	char buffer[MESSAGE];

	for (;;) {
		read_all(in, buffer, size);
		write_all(out, buffer, size);
	}
}

static void echo_message(int in, int out)
{
	echo(in, out, MESSAGE);
}

static void echo_number(int in, int out)
{
	echo(in, out, sizeof(uint64_t));
}

static double measure(int in, int out, size_t size, unsigned int rounds)
{
	union {
		char bytes[MESSAGE];
		uint64_t number;
	} buffer = { .number = 1 };
	uint64_t begin = 0;
	unsigned int i;

	for (i = 0; i < rounds + rounds / 10; i++) {
		if (i == rounds / 10)
			begin = now_ns();
		write_all(out, &buffer, size);
		read_all(in, &buffer, size);
	}
	return (double)(now_ns() - begin) / rounds;
}

double rtt_pipe(unsigned int rounds)
{
	int there[2], back[2];
	double ns;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = start(echo_message, there[0], back[1]);
	ns = measure(back[0], there[1], MESSAGE, rounds);
	stop(pid);
	return ns;
}

double rtt_unix(unsigned int rounds)
{
	int pair[2];
	double ns;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	pid = start(echo_message, pair[1], pair[1]);
	ns = measure(pair[0], pair[0], MESSAGE, rounds);
	stop(pid);
	return ns;
}

double rtt_eventfd(unsigned int rounds)
{
	int there = eventfd(0, 0), back = eventfd(0, 0);
	double ns;
	pid_t pid;

	if (there < 0 || back < 0)
		die("eventfd");
	pid = start(echo_number, there, back);
	ns = measure(back, there, sizeof(uint64_t), rounds);
	stop(pid);
	return ns;
}

static void serve_calls(int endpoint, int out)
{
	struct dvs_replyrec_args args = { 0 };

	(void)out;
	for (;;) {
		if (dvs_replyrec(endpoint, &args, sizeof(args)))
			die("dvs_replyrec");
		args.token = args.receive.msg.token;
		args.reply = args.receive.msg;
		args.reply.source = 0;
		args.reply.token = 0;
	}
}

double rtt_dvs(unsigned int rounds)
{
	struct dvs_bind_args bind = { 0 };
	struct dvs_send_args args = { 0 };
	int server, client;
	unsigned int i;
	uint64_t begin = 0;
	double ns;
	pid_t pid;

	server = dvs_open(DVS_SLOT_ANY, -1);
	client = dvs_bind(&bind, sizeof(bind));
	if (server < 0 || client < 0)
		error(EXIT_FAILURE, 0, "cannot bind: %s", dvs_strerror(DVS_OP_BIND, errno));
	args.destination = dvs_number(server);
	pid = start(serve_calls, server, -1);
	close(server);
	for (i = 0; i < rounds + rounds / 10; i++) {
		if (i == rounds / 10)
			begin = now_ns();
		if (dvs_sendrec(client, &args, sizeof(args)))
			die("dvs_sendrec");
	}
	ns = (double)(now_ns() - begin) / rounds;
	stop(pid);
	close(client);
	return ns;
}
