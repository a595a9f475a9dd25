// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls: reading and checking arguments, and writing results. What
 * they do is in the other files.
 */
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <uapi/linux/dvs.h>

#include "copy.h"
#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "node.h"
#include "notify.h"
#include "timeout.h"
#include "wait.h"

/* The structures have no holes and one layout for every caller. */
static_assert(sizeof(struct dvs_msg) == 64);
static_assert(sizeof(struct dvs_segment) == 24);
static_assert(sizeof(struct dvs_segment_info) == 16);
static_assert(sizeof(struct dvs_bind_args) == 32);
static_assert(sizeof(struct dvs_send_args) == 112);
static_assert(sizeof(struct dvs_receive_args) == 264);
static_assert(sizeof(struct dvs_reply_args) == 80);
static_assert(sizeof(struct dvs_replyrec_args) == 344);
static_assert(sizeof(struct dvs_notify_args) == 24);
static_assert(sizeof(struct dvs_vcopy_args) == 80);
static_assert(sizeof(struct dvs_wait_args) == 32);
static_assert(sizeof(struct dvs_info) == 80);

/* A structure that grows keeps the size it had first as a constant. */
static int get_args(void *args, size_t ksize, const void __user *uargs, size_t usize)
{
	if (usize > PAGE_SIZE)
		return -E2BIG;
	if (usize < ksize)
		return -EINVAL;
	return copy_struct_from_user(args, ksize, uargs, usize);
}

static struct file *get_endpoint(int fd, struct dvs_endpoint **endpoint)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	*endpoint = dvs_endpoint_from_file(file);
	if (*endpoint)
		return file;
	fput(file);
	return ERR_PTR(-EINVAL);
}

/**
 * sys_dvs_bind - take a slot of the caller's container
 * @uargs: struct dvs_bind_args
 * @size: size of @uargs
 *
 * Return: a close-on-exec file descriptor that stands for the endpoint; or
 * %EINVAL, %E2BIG, %EFAULT, %EMFILE, %ENFILE, or as dvs_endpoint_bind():
 * %EADDRINUSE, %EADDRNOTAVAIL, %EDQUOT, %EIDRM, %EINTR, %ENOMEM, %ENOSPC,
 * %ENOTCONN, %EPERM, %ETIMEDOUT.
 */
SYSCALL_DEFINE2(dvs_bind, struct dvs_bind_args __user *, uargs, size_t, size)
{
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	struct dvs_bind_args args;
	struct file *file;
	int error, fd;

	error = get_args(&args, sizeof(args), uargs, size);
	if (error)
		return error;
	if (args.flags || args.reserved || args.slot > DVS_SLOT_MAX)
		return -EINVAL;
	error = dvs_timeout_get(&timeout, args.timeout, args.clockid);
	if (error)
		return error;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = dvs_endpoint_bind(args.slot, &timeout);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	endpoint = dvs_endpoint_from_file(file);
	if (put_user(endpoint->number, &uargs->endpoint)) {
		put_unused_fd(fd);
		fput(file);
		return -EFAULT;
	}
	fd_install(fd, file);
	return fd;
}

static int get_segments(struct dvs_segment *segments, u64 addr, u32 count)
{
	unsigned int i;

	if (count > DVS_SEGMENTS_MAX)
		return -EINVAL;
	if (copy_from_user(segments, u64_to_user_ptr(addr), count * sizeof(*segments)))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		struct dvs_segment *segment = &segments[i];

		if (!segment->flags ||
		    segment->flags & ~(DVS_SEGMENT_READ | DVS_SEGMENT_WRITE) ||
		    segment->reserved || !segment->length)
			return -EINVAL;
		if (segment->length > SSIZE_MAX ||
		    !access_ok(u64_to_user_ptr(segment->addr), segment->length))
			return -EFAULT;
	}
	return 0;
}

/* After a call: what goes back to user space beside the error. */
static int put_send(struct dvs_endpoint *endpoint, struct dvs_send_args __user *uargs,
		    const struct dvs_send_args *args, u64 handle, int error,
		    const struct dvs_msg *reply)
{
	if (args->call != handle && put_user(handle, &uargs->call)) {
		/* Nobody could ever ask for it. */
		if (handle)
			dvs_ipc_abandon(endpoint, handle);
		return -EFAULT;
	}
	if (!error && reply && copy_to_user(&uargs->msg, reply, sizeof(*reply)))
		return -EFAULT;
	return error;
}

static int send(int fd, struct dvs_send_args __user *uargs, size_t size, bool request)
{
	struct file *file __free(fput) = NULL;
	struct dvs_segment segments[DVS_SEGMENTS_MAX];
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	struct dvs_send_args args;
	struct dvs_msg reply;
	u64 handle;
	int error;

	error = get_args(&args, sizeof(args), uargs, size);
	if (error)
		return error;
	error = dvs_timeout_get(&timeout, args.timeout, args.clockid);
	if (error)
		return error;
	if (args.reserved || args.flags & ~(request ? 0 : DVS_NOWAIT))
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	handle = args.call;
	if (handle) {
		error = dvs_ipc_resume(endpoint, &timeout, &handle, &reply);
	} else {
		if (!DVS_SLOT(args.destination) || (args.segment_count && !request))
			return -EINVAL;
		error = get_segments(segments, args.segments, args.segment_count);
		if (error)
			return error;
		error = dvs_ipc_send(endpoint, &(struct dvs_request){
			.request = request,
			.nowait = args.flags & DVS_NOWAIT,
			.destination = args.destination,
			.segment_count = args.segment_count,
			.segments = segments,
			.type = args.msg.type,
			.payload = args.msg.payload,
		}, &timeout, &handle, &reply);
	}
	return put_send(endpoint, uargs, &args, handle, error, request ? &reply : NULL);
}

/**
 * sys_dvs_send - send a message; return when the receiver has taken it
 * @fd: endpoint
 * @args: struct dvs_send_args
 * @size: size of @args
 *
 * Return: 0; %EBADF, %EINVAL, %E2BIG, %EFAULT; %EAGAIN with %DVS_NOWAIT; %EBUSY or
 * %ESRCH for the handle of an interrupted call; %EDQUOT, %ENOMEM; %EHOSTUNREACH,
 * %EIDRM, %ENOTCONN, %ENXIO, %ESTALE or %ETIMEDOUT when the message was certainly
 * not taken; %EOWNERDEAD when that is not known; %EINTR, after which
 * &dvs_send_args.call says whether it may still be.
 */
SYSCALL_DEFINE3(dvs_send, int, fd, struct dvs_send_args __user *, args, size_t, size)
{
	return send(fd, args, size, false);
}

/**
 * sys_dvs_sendrec - make a call: send a request and wait for the reply
 * @fd: endpoint
 * @args: struct dvs_send_args
 * @size: size of @args
 *
 * Return: 0 with the reply; or as dvs_send(), but not %EAGAIN.
 */
SYSCALL_DEFINE3(dvs_sendrec, int, fd, struct dvs_send_args __user *, args, size_t, size)
{
	return send(fd, args, size, true);
}

static int check_receive(const struct dvs_receive_args *args)
{
	if (args->flags & ~(DVS_NOWAIT | DVS_RECEIVE_REQUESTS | DVS_RECEIVE_SOURCE))
		return -EINVAL;
	if (args->flags & DVS_RECEIVE_SOURCE ? !DVS_SLOT(args->source) : args->source)
		return -EINVAL;
	return 0;
}

static int receive(struct file *file, struct dvs_endpoint *endpoint,
		   struct dvs_receive_args *args, struct dvs_receive_args __user *uargs,
		   const struct dvs_timeout *timeout)
{
	bool nowait = args->flags & DVS_NOWAIT || file->f_flags & O_NONBLOCK;
	struct dvs_delivery delivery;
	int error;

	error = dvs_ipc_receive(endpoint, args, timeout, nowait, &delivery);
	if (error)
		return error;
	if (copy_to_user(uargs, args, sizeof(*args))) {
		dvs_ipc_reject(endpoint, &delivery);
		return -EFAULT;
	}
	dvs_ipc_accept(endpoint, &delivery);
	return 0;
}

/**
 * sys_dvs_receive - receive a message, request or notification
 * @fd: endpoint
 * @uargs: struct dvs_receive_args
 * @size: size of @uargs
 *
 * Return: 0; %EBADF, %EINVAL, %E2BIG, %EFAULT; %EAGAIN with %DVS_NOWAIT or
 * %O_NONBLOCK; %EIDRM or %ESTALE when the endpoint was closed; %EINTR,
 * %ETIMEDOUT.
 */
SYSCALL_DEFINE3(dvs_receive, int, fd, struct dvs_receive_args __user *, uargs,
		size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_receive_args args;
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	int error;

	error = get_args(&args, sizeof(args), uargs, size) ?: check_receive(&args) ?:
		dvs_timeout_get(&timeout, args.timeout, args.clockid);
	if (error)
		return error;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return receive(file, endpoint, &args, uargs, &timeout);
}

/**
 * sys_dvs_reply - complete a call
 * @fd: endpoint that received it
 * @uargs: struct dvs_reply_args
 * @size: size of @uargs
 *
 * Return: 0; %EBADF, %EINVAL, %E2BIG, %EFAULT; %ESRCH for what is not an open call
 * of the endpoint.
 */
SYSCALL_DEFINE3(dvs_reply, int, fd, struct dvs_reply_args __user *, uargs, size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_endpoint *endpoint;
	struct dvs_reply_args args;
	int error;

	error = get_args(&args, sizeof(args), uargs, size);
	if (error)
		return error;
	if (args.flags)
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return dvs_ipc_reply(endpoint, args.token, args.msg.type, args.msg.payload);
}

/**
 * sys_dvs_replyrec - complete a call, then receive
 * @fd: endpoint
 * @uargs: struct dvs_replyrec_args
 * @size: size of @uargs
 *
 * Return: as dvs_receive(). How the reply went is in
 * &dvs_replyrec_args.reply_error.
 */
SYSCALL_DEFINE3(dvs_replyrec, int, fd, struct dvs_replyrec_args __user *, uargs,
		size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_replyrec_args args;
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	int error;

	error = get_args(&args, sizeof(args), uargs, size) ?: check_receive(&args.receive) ?:
		dvs_timeout_get(&timeout, args.receive.timeout, args.receive.clockid);
	if (error)
		return error;
	if (args.reserved)
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (args.token) {
		/* Before the reply is on its way: it must not be sent twice. */
		if (put_user(0, &uargs->token))
			return -EFAULT;
		error = dvs_ipc_reply(endpoint, args.token, args.reply.type,
				      args.reply.payload);
		if (put_user(error, &uargs->reply_error))
			return -EFAULT;
	}
	return receive(file, endpoint, &args.receive, &uargs->receive, &timeout);
}

/**
 * sys_dvs_notify - set bits at an endpoint
 * @fd: endpoint that notifies
 * @uargs: struct dvs_notify_args
 * @size: size of @uargs
 *
 * Return: 0; %EBADF, %EINVAL, %E2BIG, %EFAULT; %EDQUOT when too many destinations
 * have not received bits of the endpoint, %ENOMEM; %EHOSTUNREACH, %EIDRM,
 * %ENOTCONN, %ENXIO, %ESTALE.
 */
SYSCALL_DEFINE3(dvs_notify, int, fd, struct dvs_notify_args __user *, uargs, size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_endpoint *endpoint;
	struct dvs_notify_args args;
	int error;

	error = get_args(&args, sizeof(args), uargs, size);
	if (error)
		return error;
	if (args.flags || args.reserved || !args.bits || args.bits & ~DVS_NOTIFY_BITS ||
	    !DVS_SLOT(args.destination))
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return dvs_notify(endpoint, args.destination, args.bits);
}

/**
 * sys_dvs_vcopy - copy between local memory and a segment of an open call
 * @fd: endpoint that holds the call
 * @uargs: struct dvs_vcopy_args
 * @size: size of @uargs
 *
 * Return: bytes copied; or, when there are none, %EBADF, %EINVAL, %E2BIG, %EFAULT;
 * %EPERM when the segment was not granted for this, %ESRCH for what is not an
 * open call of the endpoint; %EINTR, %ENOMEM, %ETIMEDOUT.
 */
SYSCALL_DEFINE3(dvs_vcopy, int, fd, struct dvs_vcopy_args __user *, uargs, size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	struct dvs_vcopy_args args;
	int error;

	error = get_args(&args, sizeof(args), uargs, size) ?:
		dvs_timeout_get(&timeout, args.timeout, args.clockid);
	if (error)
		return error;
	if (args.flags || args.reserved)
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return dvs_vcopy(endpoint, &args, &timeout);
}

/**
 * sys_dvs_wait - wait until a slot is bound, unbound or moved
 * @fd: endpoint in the container that is meant
 * @uargs: struct dvs_wait_args
 * @size: size of @uargs
 *
 * Return: 0 when one of the events holds; %EBADF, %EINVAL, %E2BIG, %EFAULT;
 * %EAGAIN with %DVS_NOWAIT; %EDQUOT when the other node watches too much already;
 * %EIDRM when the container was deleted; %EINTR, %ENOMEM, %ETIMEDOUT.
 */
SYSCALL_DEFINE3(dvs_wait, int, fd, struct dvs_wait_args __user *, uargs, size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_endpoint *endpoint;
	struct dvs_timeout timeout;
	struct dvs_wait_args args;
	int error;

	error = get_args(&args, sizeof(args), uargs, size) ?:
		dvs_timeout_get(&timeout, args.timeout, args.clockid);
	if (error)
		return error;
	if (args.flags & ~DVS_NOWAIT || !args.events || !DVS_SLOT(args.endpoint) ||
	    args.events & ~(DVS_WAIT_BOUND | DVS_WAIT_UNBOUND | DVS_WAIT_MOVED))
		return -EINVAL;
	if (!(args.events & DVS_WAIT_MOVED) && args.node)
		return -EINVAL;
	file = get_endpoint(fd, &endpoint);
	if (IS_ERR(file))
		return PTR_ERR(file);
	error = dvs_wait(endpoint->dc, &args, &timeout);
	if (!error && copy_to_user(uargs, &args, sizeof(args)))
		return -EFAULT;
	return error;
}

static void describe(struct dvs_dc *dc, struct dvs_info *info)
{
	struct dvs_container *container = dvs_dc_container(dc);
	struct dvs_range range;

	info->abi_version = DVS_ABI_VERSION;
	info->endpoints = atomic_read(&dc->endpoints);
	info->calls = atomic_read(&dc->calls);
	if (!container)
		return;
	info->dcid = container->dcid;
	info->node = container->node->id;
	info->view = READ_ONCE(container->node->view);
	info->session = READ_ONCE(container->node->session);
	info->map_version = dvs_slotmap_version(&container->map);
	if (info->slot && dvs_slotmap_lookup(&container->map, info->slot, &range)) {
		info->slot_node = range.node;
		info->slot_epoch = range.epoch;
	}
}

/**
 * sys_dvs_getinfo - describe an endpoint, its container and its node
 * @fd: endpoint; or -1 for the container of the calling task
 * @uinfo: struct dvs_info
 * @size: size of @uinfo
 *
 * Return: 0; %EBADF, %EINVAL, %E2BIG, %EFAULT.
 */
SYSCALL_DEFINE3(dvs_getinfo, int, fd, struct dvs_info __user *, uinfo, size_t, size)
{
	struct file *file __free(fput) = NULL;
	struct dvs_endpoint *endpoint;
	struct dvs_info in, info = {};
	int error;

	error = get_args(&in, sizeof(in), uinfo, size);
	if (error)
		return error;
	if (in.flags || in.reserved || in.slot > DVS_SLOT_MAX)
		return -EINVAL;
	info.slot = in.slot;
	if (fd == -1) {
		describe(current->nsproxy->dc_ns->dc, &info);
	} else {
		file = get_endpoint(fd, &endpoint);
		if (IS_ERR(file))
			return PTR_ERR(file);
		info.endpoint = endpoint->number;
		describe(endpoint->dc, &info);
	}
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}
