/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying between address spaces.
 */
#ifndef _DVS_COPY_H
#define _DVS_COPY_H

#include <linux/types.h>

struct dvs_call;
struct dvs_endpoint;
struct dvs_timeout;
struct dvs_vcopy_args;
struct iov_iter;

/*
 * Is [@offset, @offset + @length) of segment @index of a call granted for
 * reading, or with @write for writing? 0, -EINVAL, -EPERM.
 */
int dvs_copy_check(const struct dvs_call *call, unsigned int index, u64 offset,
		   u64 length, bool write);

/*
 * Copy between @iter and memory of the caller of @call, on this node. Bytes
 * copied, or, when there are none:
 * -EFAULT, -ESRCH when the call ended or its address space is gone, -EINTR when
 * the thread is being killed.
 */
ssize_t dvs_copy_segment(struct dvs_call *call, unsigned int index, u64 offset,
			 struct iov_iter *iter, bool write);

/* dvs_vcopy(): bytes copied or an errno */
ssize_t dvs_vcopy(struct dvs_endpoint *endpoint, const struct dvs_vcopy_args *args,
		  const struct dvs_timeout *timeout);

#endif /* _DVS_COPY_H */
