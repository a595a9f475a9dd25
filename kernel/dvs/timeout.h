/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Absolute timeouts of system calls.
 */
#ifndef _DVS_TIMEOUT_H
#define _DVS_TIMEOUT_H

#include <linux/ktime.h>
#include <linux/types.h>

/**
 * struct dvs_timeout - when to give up
 * @expires: absolute time, if @set
 * @clockid: %CLOCK_MONOTONIC, %CLOCK_REALTIME or %CLOCK_BOOTTIME
 * @set: there is a timeout
 */
struct dvs_timeout {
	ktime_t expires;
	u32 clockid;
	bool set;
};

/*
 * Read a timeout from user space; @addr is 0 for none. -EINVAL for a clock
 * that cannot be used or a malformed time, -EFAULT.
 */
int dvs_timeout_get(struct dvs_timeout *timeout, u64 addr, u32 clockid);

/*
 * Sleep in the state the caller has set, until woken (0), the time is up
 * (-ETIMEDOUT) or a signal is pending (-ERESTARTSYS). Freezable.
 */
int dvs_timeout_sleep(const struct dvs_timeout *timeout);

/* The time is up. */
bool dvs_timeout_expired(const struct dvs_timeout *timeout);

#endif /* _DVS_TIMEOUT_H */
