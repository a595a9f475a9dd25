/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usual things done with an endpoint, each bounded in time. All return
 * what the system call returned, or a negated errno.
 */
#ifndef DVS_SELFTESTS_MESSAGE_H
#define DVS_SELFTESTS_MESSAGE_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stdint.h>

#include "syscalls.h"

/* How long something may take that must happen, and something that must not. */
#define PATIENCE_MS		30000
#define MOMENT_MS		100

/* Wait for a condition that must come true. */
#define eventually(condition) ({					\
	bool _true;							\
	for (int _ms = 0; !(_true = (condition)) && _ms < PATIENCE_MS; _ms++) \
		sleep_ms(1);						\
	_true;								\
})

/* Pointers as the structures hold them */
#define P(pointer) ((__u64)(uintptr_t)(pointer))

void sleep_ms(unsigned int ms);

/* The absolute CLOCK_MONOTONIC time in @ms milliseconds */
struct __kernel_timespec in_ms(long ms);

/* Bind in the process's own container. @number may be NULL. */
int bind_slot(__u32 slot, __u32 *number);

/* Receive within PATIENCE_MS; _now: what is there already, or -EAGAIN. */
int take(int epfd, struct dvs_receive_args *m);
int take_now(int epfd, struct dvs_receive_args *m);
int take_from(int epfd, __u32 source, struct dvs_receive_args *m);

int reply(int epfd, __u64 token, __u32 type);
int notify(int epfd, __u32 to, __u64 bits);

/* Without waiting */
int send_now(int epfd, __u32 to, __u32 type);

/* Wait at most @ms; do not wait when that is 0. */
int wait_for(int epfd, __u32 endpoint, __u32 events, long ms);

/* Copy from or to segment @segment of the call @token. */
long copy_in(int epfd, __u64 token, __u32 segment, __u64 offset, void *to, size_t length);
long copy_out(int epfd, __u64 token, __u32 segment, __u64 offset, const void *from, size_t length);

/* Is there something to receive, within @ms? */
bool readable(int epfd, int ms);
short poll_events(int epfd, int ms);

/* The endpoint's view of things; all zero when that fails. */
struct dvs_info info(int epfd);

#endif /* DVS_SELFTESTS_MESSAGE_H */
