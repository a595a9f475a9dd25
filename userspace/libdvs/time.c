// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Relative timeouts made absolute.
 */
#include "internal.h"

#include <time.h>

void dvs_deadline(int timeout_ms, struct __kernel_timespec *deadline)
{
	struct timespec now;

	/* Cannot fail: the clock exists and the address is good. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline->tv_sec = now.tv_sec + timeout_ms / 1000;
	deadline->tv_nsec = now.tv_nsec + timeout_ms % 1000 * 1000000L;
	if (deadline->tv_nsec >= 1000000000L) {
		deadline->tv_nsec -= 1000000000L;
		deadline->tv_sec++;
	}
}

void dvs_limit_set(struct dvs_limit *limit, int timeout_ms)
{
	*limit = (struct dvs_limit){ .clockid = CLOCK_MONOTONIC };
	if (timeout_ms < 0)
		return;

	dvs_deadline(timeout_ms, &limit->deadline);
	limit->timeout = (uintptr_t)&limit->deadline;
	if (!timeout_ms)
		limit->nowait = DVS_NOWAIT;
}
