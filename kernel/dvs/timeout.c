// SPDX-License-Identifier: GPL-2.0
/*
 * Absolute timeouts of system calls. A call that is restarted after a signal
 * finds the same point in time, so restarting does not lengthen it.
 */
#include "timeout.h"

#include <linux/hrtimer.h>
#include <linux/sched/signal.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

int dvs_timeout_get(struct dvs_timeout *timeout, u64 addr, u32 clockid)
{
	struct timespec64 ts;

	*timeout = (struct dvs_timeout){ .clockid = clockid };
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		break;
	default:
		return -EINVAL;
	}
	if (!addr)
		return 0;
	if (get_timespec64(&ts, u64_to_user_ptr(addr)))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	timeout->expires = timespec64_to_ktime(ts);
	if (clockid != CLOCK_REALTIME)
		timeout->expires = timens_ktime_to_host(clockid, timeout->expires);
	timeout->set = true;
	return 0;
}

int dvs_timeout_sleep(const struct dvs_timeout *timeout)
{
	ktime_t expires;

	if (signal_pending(current)) {
		__set_current_state(TASK_RUNNING);
		return -ERESTARTSYS;
	}
	if (!timeout || !timeout->set) {
		schedule();
		return 0;
	}
	expires = timeout->expires;
	if (!schedule_hrtimeout_range_clock(&expires, current->timer_slack_ns,
					    HRTIMER_MODE_ABS, timeout->clockid))
		return -ETIMEDOUT;
	return 0;
}

bool dvs_timeout_expired(const struct dvs_timeout *timeout)
{
	ktime_t now;

	if (!timeout->set)
		return false;
	switch (timeout->clockid) {
	case CLOCK_REALTIME:
		now = ktime_get_real();
		break;
	case CLOCK_BOOTTIME:
		now = ktime_get_boottime();
		break;
	default:
		now = ktime_get();
	}
	return ktime_compare(now, timeout->expires) >= 0;
}
