// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies of large data out of another process's memory.
 */
#include "bench.h"

#include <dvs.h>
#include <errno.h>
#include <error.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char *make_buffer(int fill)
{
	char *buffer = aligned_alloc(4096, COPY_SIZE);

	if (!buffer)
		error(EXIT_FAILURE, errno, "no memory");
	memset(buffer, fill, COPY_SIZE);
	return buffer;
}

static void check(const char *buffer, int fill)
{
	size_t i;

	for (i = 0; i < COPY_SIZE; i++)
		if (buffer[i] != fill)
			error(EXIT_FAILURE, 0, "byte %zu was not copied", i);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		error(EXIT_FAILURE, errno, "fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void stop_child(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		error(EXIT_FAILURE, errno, "waitpid");
}

/* The child makes a call with one segment; this process copies out of it while it is open. */
double copy_dvs(unsigned int rounds)
{
	int server = dvs_open(DVS_SLOT_ANY, -1);
	uint32_t number = server < 0 ? 0 : dvs_number(server);
	char *from = make_buffer('x'), *to = make_buffer(0);
	struct dvs_receive_args in;
	uint64_t begin = 0;
	unsigned int i;
	double ns;
	pid_t pid;

	if (!number)
		error(EXIT_FAILURE, 0, "cannot bind: %s", dvs_strerror(DVS_OP_BIND, errno));
	pid = start_child();
	if (!pid) {
		struct dvs_segment segment = dvs_readable(from, COPY_SIZE);
		struct dvs_msg msg = { 0 };

		close(server);
		memset(from, 'y', COPY_SIZE);
		dvs_call(DVS_SELF, number, &msg, &segment, 1, -1);
		_exit(EXIT_FAILURE);
	}
	if (dvs_next(server, &in, -1))
		error(EXIT_FAILURE, errno, "dvs_receive");
	for (i = 0; i < rounds + rounds / 10; i++) {
		if (i == rounds / 10)
			begin = now_ns();
		if (dvs_read_segment(server, in.msg.token, 0, 0, to, COPY_SIZE, -1))
			error(EXIT_FAILURE, errno, "dvs_vcopy");
	}
	ns = (double)(now_ns() - begin) / rounds;
	check(to, 'y');
	stop_child(pid);
	close(server);
	free(from);
	free(to);
	return ns;
}

double copy_process_vm(unsigned int rounds)
{
	char *from = make_buffer('x'), *to = make_buffer(0), ready;
	struct iovec local = { to, COPY_SIZE }, remote = { from, COPY_SIZE };
	uint64_t begin = 0;
	int told[2];
	unsigned int i;
	double ns;
	pid_t pid;

	if (pipe(told))
		error(EXIT_FAILURE, errno, "pipe");
	pid = start_child();
	if (!pid) {
		memset(from, 'y', COPY_SIZE);
		if (write(told[1], "", 1) == 1)
			pause();
		_exit(EXIT_FAILURE);
	}
	if (read(told[0], &ready, 1) != 1)
		error(EXIT_FAILURE, errno, "read");
	for (i = 0; i < rounds + rounds / 10; i++) {
		if (i == rounds / 10)
			begin = now_ns();
		if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != COPY_SIZE)
			error(EXIT_FAILURE, errno, "process_vm_readv");
	}
	ns = (double)(now_ns() - begin) / rounds;
	check(to, 'y');
	stop_child(pid);
	close(told[0]);
	close(told[1]);
	free(from);
	free(to);
	return ns;
}
