/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of libdvs.
 */
#ifndef LIBDVS_INTERNAL_H
#define LIBDVS_INTERNAL_H

#include "dvs.h"

#include <stdint.h>

/* The timeout, clockid and flags fields of a system call's structure. */
struct dvs_limit {
	struct __kernel_timespec deadline;
	uint64_t timeout;	/* address of deadline, or 0 */
	uint32_t clockid;
	uint64_t nowait;	/* DVS_NOWAIT, or 0 */
};

/*
 * Translate a relative timeout. Only valid while *limit stays where it is. A
 * call that cannot "not wait" ignores nowait and gets a deadline of now.
 */
void dvs_limit_set(struct dvs_limit *limit, int timeout_ms);

/* The endpoint meant by a function's argument: itself, or dvs_self(). */
int dvs_resolve(int endpoint);

#endif /* LIBDVS_INTERNAL_H */
