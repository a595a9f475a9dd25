// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <poll.h>
#include <string.h>
#include <time.h>

/* Not nanosleep(): the kernel need not have the one of 32-bit programs. */
void sleep_ms(unsigned int ms)
{
	poll(NULL, 0, ms);
}

struct __kernel_timespec in_ms(long ms)
{
	struct __kernel_timespec then;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	then.tv_sec = now.tv_sec + ms / 1000;
	then.tv_nsec = now.tv_nsec + ms % 1000 * 1000000LL;
	if (then.tv_nsec >= 1000000000) {
		then.tv_sec++;
		then.tv_nsec -= 1000000000;
	}
	return then;
}

int bind_slot(__u32 slot, __u32 *number)
{
	struct __kernel_timespec timeout = in_ms(PATIENCE_MS);
	struct dvs_bind_args args = {
		.slot = slot,
		.clockid = CLOCK_MONOTONIC,
		.timeout = P(&timeout),
	};
	int epfd = sys_dvs_bind(&args, sizeof(args));

	if (epfd >= 0 && number)
		*number = args.endpoint;
	return epfd;
}

static int receive(int epfd, __u64 flags, __u32 source, struct dvs_receive_args *m)
{
	struct __kernel_timespec timeout = in_ms(PATIENCE_MS);

	memset(m, 0, sizeof(*m));
	m->flags = flags;
	m->source = source;
	m->clockid = CLOCK_MONOTONIC;
	m->timeout = P(&timeout);
	return sys_dvs_receive(epfd, m, sizeof(*m));
}

int take(int epfd, struct dvs_receive_args *m)
{
	return receive(epfd, 0, 0, m);
}

int take_now(int epfd, struct dvs_receive_args *m)
{
	return receive(epfd, DVS_NOWAIT, 0, m);
}

int take_from(int epfd, __u32 source, struct dvs_receive_args *m)
{
	return receive(epfd, DVS_RECEIVE_SOURCE, source, m);
}

int reply(int epfd, __u64 token, __u32 type)
{
	struct dvs_reply_args args = {
		.token = token,
		.msg.type = type,
	};

	return sys_dvs_reply(epfd, &args, sizeof(args));
}

int notify(int epfd, __u32 to, __u64 bits)
{
	struct dvs_notify_args args = {
		.destination = to,
		.bits = bits,
	};

	return sys_dvs_notify(epfd, &args, sizeof(args));
}

int send_now(int epfd, __u32 to, __u32 type)
{
	struct dvs_send_args args = {
		.flags = DVS_NOWAIT,
		.destination = to,
		.msg.type = type,
	};

	return sys_dvs_send(epfd, &args, sizeof(args));
}

int wait_for(int epfd, __u32 endpoint, __u32 events, long ms)
{
	struct __kernel_timespec timeout = in_ms(ms ?: PATIENCE_MS);
	struct dvs_wait_args args = {
		.flags = ms ? 0 : DVS_NOWAIT,
		.timeout = P(&timeout),
		.clockid = CLOCK_MONOTONIC,
		.endpoint = endpoint,
		.events = events,
	};

	return sys_dvs_wait(epfd, &args, sizeof(args));
}

long copy_in(int epfd, __u64 token, __u32 segment, __u64 offset, void *to, size_t length)
{
	struct dvs_vcopy_args args = {
		.length = length,
		.from = { .token = token, .segment = segment, .offset = offset },
		.to.offset = P(to),
	};

	return sys_dvs_vcopy(epfd, &args, sizeof(args));
}

long copy_out(int epfd, __u64 token, __u32 segment, __u64 offset, const void *from, size_t length)
{
	struct dvs_vcopy_args args = {
		.length = length,
		.from.offset = P(from),
		.to = { .token = token, .segment = segment, .offset = offset },
	};

	return sys_dvs_vcopy(epfd, &args, sizeof(args));
}

short poll_events(int epfd, int ms)
{
	struct pollfd p = { .fd = epfd, .events = POLLIN };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

bool readable(int epfd, int ms)
{
	return poll_events(epfd, ms) & POLLIN;
}

struct dvs_info info(int epfd)
{
	struct dvs_info info = {};

	if (sys_dvs_getinfo(epfd, &info, sizeof(info)))
		memset(&info, 0, sizeof(info));
	return info;
}
