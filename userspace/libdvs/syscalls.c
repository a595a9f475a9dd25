// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The system calls, as they are.
 */
#include "dvs.h"

#include <sys/syscall.h>
#include <unistd.h>

int dvs_bind(struct dvs_bind_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_bind, args, size);
}

int dvs_send(int endpoint, struct dvs_send_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_send, endpoint, args, size);
}

int dvs_receive(int endpoint, struct dvs_receive_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_receive, endpoint, args, size);
}

int dvs_sendrec(int endpoint, struct dvs_send_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_sendrec, endpoint, args, size);
}

int dvs_reply(int endpoint, struct dvs_reply_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_reply, endpoint, args, size);
}

int dvs_replyrec(int endpoint, struct dvs_replyrec_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_replyrec, endpoint, args, size);
}

int dvs_notify(int endpoint, struct dvs_notify_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_notify, endpoint, args, size);
}

long dvs_vcopy(int endpoint, struct dvs_vcopy_args *args, size_t size)
{
	return syscall(__NR_dvs_vcopy, endpoint, args, size);
}

int dvs_wait(int endpoint, struct dvs_wait_args *args, size_t size)
{
	return (int)syscall(__NR_dvs_wait, endpoint, args, size);
}

int dvs_getinfo(int endpoint, struct dvs_info *info, size_t size)
{
	return (int)syscall(__NR_dvs_getinfo, endpoint, info, size);
}
