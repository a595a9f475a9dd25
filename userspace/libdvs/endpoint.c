// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Endpoints: binding them, and the one that each thread has without asking.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

int dvs_open(unsigned int slot, int timeout_ms)
{
	struct dvs_limit limit;
	struct dvs_bind_args args;

	dvs_limit_set(&limit, timeout_ms);
	args = (struct dvs_bind_args){
		.slot = slot,
		.clockid = limit.clockid,
		.timeout = limit.timeout,
	};
	return dvs_bind(&args, sizeof(args));
}

/*
 * The thread's own endpoint. The descriptor alone does not say whether it is
 * still that endpoint: after fork() the child shares its parent's, and a
 * program may close descriptors it does not know of. The process id and the
 * endpoint number do.
 */
static _Thread_local struct {
	int fd;
	uint32_t number;
	pid_t pid;
} self;

static pthread_once_t self_once = PTHREAD_ONCE_INIT;
static pthread_key_t self_key;
static int self_key_error;

static void self_close(void *unused)
{
	struct dvs_info info = { 0 };

	(void)unused;
	if (!self.number)
		return;
	if (!dvs_getinfo(self.fd, &info, sizeof(info)) && info.endpoint == self.number)
		close(self.fd);
	self.number = 0;
}

static void self_init(void)
{
	self_key_error = pthread_key_create(&self_key, self_close);
}

int dvs_self(void)
{
	struct dvs_bind_args args = { .slot = DVS_SLOT_ANY };
	int fd, failed;

	if (self.number && self.pid == getpid())
		return self.fd;

	pthread_once(&self_once, self_init);
	if (self_key_error) {
		errno = self_key_error;
		return -1;
	}
	/* The parent's endpoint must not stay bound on the child's account. */
	self_close(NULL);

	fd = dvs_bind(&args, sizeof(args));
	if (fd < 0)
		return -1;
	failed = pthread_setspecific(self_key, &self);
	if (failed) {
		close(fd);
		errno = failed;
		return -1;
	}
	self.fd = fd;
	self.number = args.endpoint;
	self.pid = getpid();
	return fd;
}

int dvs_resolve(int endpoint)
{
	return endpoint == DVS_SELF ? dvs_self() : endpoint;
}

uint32_t dvs_number(int endpoint)
{
	struct dvs_info info = { 0 };

	endpoint = dvs_resolve(endpoint);
	if (endpoint < 0 || dvs_getinfo(endpoint, &info, sizeof(info)))
		return 0;
	return info.endpoint;
}
