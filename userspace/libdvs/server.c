// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What servers do: take messages, answer requests, copy from and to segments.
 */
#include "internal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

int dvs_next(int endpoint, struct dvs_receive_args *in, int timeout_ms)
{
	struct dvs_limit limit;

	dvs_limit_set(&limit, timeout_ms);
	memset(in, 0, sizeof(*in));
	in->flags = limit.nowait;
	in->timeout = limit.timeout;
	in->clockid = limit.clockid;
	return dvs_receive(endpoint, in, sizeof(*in));
}

int dvs_answer(int endpoint, uint64_t token, const struct dvs_msg *reply)
{
	struct dvs_reply_args args = { .token = token, .msg = *reply };

	return dvs_reply(endpoint, &args, sizeof(args));
}

int dvs_answer_next(int endpoint, uint64_t token, const struct dvs_msg *reply, int *reply_error,
		    struct dvs_receive_args *in, int timeout_ms)
{
	struct dvs_limit limit;
	struct dvs_replyrec_args args;
	int ret;

	dvs_limit_set(&limit, timeout_ms);
	args = (struct dvs_replyrec_args){
		.token = token,
		.receive = {
			.flags = limit.nowait,
			.timeout = limit.timeout,
			.clockid = limit.clockid,
		},
	};
	if (reply)
		args.reply = *reply;
	ret = dvs_replyrec(endpoint, &args, sizeof(args));
	if (reply_error)
		*reply_error = -args.reply_error;
	if (!ret)
		*in = args.receive;
	return ret;
}

/* One system call copies at most this much, whatever the size of a page. */
#define COPY_MAX	(1UL << 30)

/*
 * The caller's node has enough to copy for the moment: give it one. False when
 * the time is up.
 */
static bool pause_copy(const struct dvs_limit *limit)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	struct timespec now;

	nanosleep(&moment, NULL);
	if (!limit->timeout)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < limit->deadline.tv_sec ||
	    (now.tv_sec == limit->deadline.tv_sec && now.tv_nsec < limit->deadline.tv_nsec))
		return true;
	errno = ETIMEDOUT;
	return false;
}

/*
 * Copy until all is done: the kernel may stop early, at a signal or where one
 * of the two memories ends, and says so only by what it returns.
 */
static int copy(int endpoint, struct dvs_vcopy_args *args, size_t length, int timeout_ms)
{
	struct dvs_limit limit;
	long done;

	dvs_limit_set(&limit, timeout_ms);
	args->timeout = limit.timeout;
	args->clockid = limit.clockid;
	while (length) {
		args->length = length < COPY_MAX ? length : COPY_MAX;
		done = dvs_vcopy(endpoint, args, sizeof(*args));
		if (done < 0) {
			if (errno == EINTR || (errno == EAGAIN && pause_copy(&limit)))
				continue;
			return -1;
		}
		args->from.offset += done;
		args->to.offset += done;
		length -= done;
	}
	return 0;
}

int dvs_read_segment(int endpoint, uint64_t token, unsigned int segment, uint64_t offset,
		     void *buffer, size_t length, int timeout_ms)
{
	struct dvs_vcopy_args args = {
		.from = { .token = token, .offset = offset, .segment = segment },
		.to = { .offset = (uintptr_t)buffer },
	};

	return copy(endpoint, &args, length, timeout_ms);
}

int dvs_write_segment(int endpoint, uint64_t token, unsigned int segment, uint64_t offset,
		      const void *buffer, size_t length, int timeout_ms)
{
	struct dvs_vcopy_args args = {
		.from = { .offset = (uintptr_t)buffer },
		.to = { .token = token, .offset = offset, .segment = segment },
	};

	return copy(endpoint, &args, length, timeout_ms);
}
