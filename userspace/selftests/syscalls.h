/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls as functions: what they return, or a negated errno. The
 * size of a structure is given by hand, so that a test can give a wrong one.
 */
#ifndef DVS_SELFTESTS_SYSCALLS_H
#define DVS_SELFTESTS_SYSCALLS_H

#include <errno.h>
#include <linux/dvs.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWDC
#define CLONE_NEWDC		0x00000040
#endif

#ifndef __NR_dvs_bind
#define __NR_dvs_bind		600
#define __NR_dvs_send		601
#define __NR_dvs_receive	602
#define __NR_dvs_sendrec	603
#define __NR_dvs_reply		604
#define __NR_dvs_replyrec	605
#define __NR_dvs_notify		606
#define __NR_dvs_vcopy		607
#define __NR_dvs_wait		609
#define __NR_dvs_getinfo	611
#endif

static inline long sys_dvs(long result)
{
	return result < 0 ? -errno : result;
}

static inline long sys_dvs_bind(struct dvs_bind_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_bind, args, size));
}

static inline long sys_dvs_send(int epfd, struct dvs_send_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_send, epfd, args, size));
}

static inline long sys_dvs_receive(int epfd, struct dvs_receive_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_receive, epfd, args, size));
}

static inline long sys_dvs_sendrec(int epfd, struct dvs_send_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_sendrec, epfd, args, size));
}

static inline long sys_dvs_reply(int epfd, struct dvs_reply_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_reply, epfd, args, size));
}

static inline long sys_dvs_replyrec(int epfd, struct dvs_replyrec_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_replyrec, epfd, args, size));
}

static inline long sys_dvs_notify(int epfd, struct dvs_notify_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_notify, epfd, args, size));
}

static inline long sys_dvs_vcopy(int epfd, struct dvs_vcopy_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_vcopy, epfd, args, size));
}

static inline long sys_dvs_wait(int epfd, struct dvs_wait_args *args, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_wait, epfd, args, size));
}

static inline long sys_dvs_getinfo(int epfd, struct dvs_info *info, size_t size)
{
	return sys_dvs(syscall(__NR_dvs_getinfo, epfd, info, size));
}

#endif /* DVS_SELFTESTS_SYSCALLS_H */
