// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What clients do: call, tell, raise, await.
 */
#include "internal.h"

#include <errno.h>

static struct dvs_segment segment(uintptr_t addr, size_t length, uint32_t flags)
{
	return (struct dvs_segment){ .addr = addr, .length = length, .flags = flags };
}

struct dvs_segment dvs_readable(const void *addr, size_t length)
{
	return segment((uintptr_t)addr, length, DVS_SEGMENT_READ);
}

struct dvs_segment dvs_writable(void *addr, size_t length)
{
	return segment((uintptr_t)addr, length, DVS_SEGMENT_WRITE);
}

struct dvs_segment dvs_readable_writable(void *addr, size_t length)
{
	return segment((uintptr_t)addr, length, DVS_SEGMENT_READ | DVS_SEGMENT_WRITE);
}

int dvs_call(int endpoint, uint32_t destination, struct dvs_msg *msg,
	     const struct dvs_segment *segments, unsigned int count, int timeout_ms)
{
	struct dvs_limit limit;
	struct dvs_send_args args;
	int ret;

	endpoint = dvs_resolve(endpoint);
	if (endpoint < 0)
		return -1;

	dvs_limit_set(&limit, timeout_ms);
	args = (struct dvs_send_args){
		.destination = destination,
		.segments = (uintptr_t)segments,
		.segment_count = count,
		.timeout = limit.timeout,
		.clockid = limit.clockid,
		.msg = *msg,
	};
	/* The kernel leaves the handle of a call that is still open in args.call. */
	do {
		ret = dvs_sendrec(endpoint, &args, sizeof(args));
	} while (ret < 0 && errno == EINTR);
	if (!ret)
		*msg = args.msg;
	return ret;
}

int dvs_tell(int endpoint, uint32_t destination, const struct dvs_msg *msg, int timeout_ms)
{
	struct dvs_limit limit;
	struct dvs_send_args args;

	endpoint = dvs_resolve(endpoint);
	if (endpoint < 0)
		return -1;

	dvs_limit_set(&limit, timeout_ms);
	args = (struct dvs_send_args){
		.flags = limit.nowait,
		.destination = destination,
		.timeout = limit.timeout,
		.clockid = limit.clockid,
		.msg = *msg,
	};
	return dvs_send(endpoint, &args, sizeof(args));
}

int dvs_raise(int endpoint, uint32_t destination, uint64_t bits)
{
	struct dvs_notify_args args = { .destination = destination, .bits = bits };

	endpoint = dvs_resolve(endpoint);
	if (endpoint < 0)
		return -1;
	return dvs_notify(endpoint, &args, sizeof(args));
}

int dvs_await(int endpoint, uint32_t number, uint32_t events, int timeout_ms)
{
	struct dvs_limit limit;
	struct dvs_wait_args args;
	int ret;

	endpoint = dvs_resolve(endpoint);
	if (endpoint < 0)
		return -1;

	dvs_limit_set(&limit, timeout_ms);
	do {
		args = (struct dvs_wait_args){
			.flags = limit.nowait,
			.timeout = limit.timeout,
			.clockid = limit.clockid,
			.endpoint = number,
			.events = events,
		};
		ret = dvs_wait(endpoint, &args, sizeof(args));
	} while (ret < 0 && errno == EINTR);
	return ret;
}
