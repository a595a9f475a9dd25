/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Endpoints: where messages arrive. An endpoint is bound to a slot of a
 * container as long as its file is open.
 */
#ifndef _DVS_ENDPOINT_H
#define _DVS_ENDPOINT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <uapi/linux/dvs.h>

struct dvs_call;
struct dvs_dc;
struct file;
struct mem_cgroup;

/**
 * struct dvs_receiver - a thread that waits for a message, on its stack
 * @list: in &dvs_endpoint.receivers; empty once it has been woken
 * @task: the thread
 * @flags: %DVS_RECEIVE_REQUESTS, %DVS_RECEIVE_SOURCE
 * @source: endpoint number with %DVS_RECEIVE_SOURCE
 * @call: what a sender handed over, or NULL
 *
 * Everything is protected by &dvs_endpoint.lock. The waker wakes @task under
 * that lock, and the thread takes it before it leaves, so @task needs no
 * reference.
 */
struct dvs_receiver {
	struct list_head list;
	struct task_struct *task;
	u64 flags;
	u32 source;
	struct dvs_call *call;
};

/**
 * struct dvs_endpoint - an endpoint
 * @ref: references: one of the file, one of the slot table, one of each call
 *	and notification record that names it
 * @rcu: for freeing
 * @dc: the container; the endpoint holds its namespace
 * @number: endpoint number; constant once bound
 * @free_queued: the slot is still in the container's free list; under
 *	&dvs_dc.lock
 * @free_next: its successor there; likewise
 * @uid: user that bound it; constant
 * @pid: process that bound it; constant, referenced
 * @comm: its command name then; constant
 * @memcg: memory cgroup of the process that bound it: incoming data is charged
 *	to it; constant, referenced
 * @lock: protects what follows, with softirqs disabled. Taken after
 *	&dvs_dc.lock and before &dvs_call.lock. Locks of two endpoints are never
 *	held together
 * @dead: errno for every operation once the endpoint was closed, or 0. Set
 *	once under @lock, read anywhere
 * @receivers: struct dvs_receiver, longest waiting first
 * @pending: calls nobody has taken, oldest first
 * @open: calls taken and not yet completed, by token
 * @calls: calls made from here, by sequence number
 * @arrived: notification records with bits that nobody has received
 * @notes: notification records at which this endpoint is the source, by
 *	destination
 * @note_count: entries in @notes
 * @waiting: entries in @pending
 * @open_count: entries in @open
 * @token: last token given out
 * @trace: of the call taken last
 * @received: messages and notifications received
 * @sent: messages, requests and notifications sent
 * @poll: waiters in poll and epoll
 */
struct dvs_endpoint {
	refcount_t ref;
	struct rcu_head rcu;
	struct dvs_dc *dc;
	u32 number;
	bool free_queued;
	u16 free_next;
	kuid_t uid;
	struct pid *pid;
	char comm[TASK_COMM_LEN];
	struct mem_cgroup *memcg;

	spinlock_t lock;	/* see above */
	int dead;
	struct list_head receivers;
	struct list_head pending;
	struct rb_root open;
	struct rb_root calls;
	struct list_head arrived;
	struct rb_root notes;
	u32 note_count;
	u32 waiting;
	u32 open_count;
	u64 token;
	u64 trace;
	u64 received;
	u64 sent;
	wait_queue_head_t poll;
};

/* Bind a slot of the current task's container: a file without a descriptor, or an ERR_PTR. */
struct dvs_timeout;
struct file *dvs_endpoint_bind(u16 slot, const struct dvs_timeout *timeout);

/* The endpoint of a file; NULL when it is another kind of file. */
struct dvs_endpoint *dvs_endpoint_from_file(struct file *file);

struct dvs_endpoint *dvs_endpoint_hold(struct dvs_endpoint *endpoint);
/* For lookups under RCU: NULL when the endpoint is going away. */
struct dvs_endpoint *dvs_endpoint_get_maybe_zero(struct dvs_endpoint *endpoint);
void dvs_endpoint_put(struct dvs_endpoint *endpoint);

/*
 * Close: every operation fails with @error from now on, messages nobody took
 * end with -EIDRM, calls it holds with -EOWNERDEAD, calls it made are
 * cancelled. Copies that run for those may go on for a moment: whoever waits for
 * such a call waits for them, too. May be called twice.
 */
void dvs_endpoint_close(struct dvs_endpoint *endpoint, int error);

#endif /* _DVS_ENDPOINT_H */
