// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_receive(): finding what fits, waiting for it, and giving it back when
 * user space could not take it. Concurrency is argued in ipc.c.
 */
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include <trace/events/dvs.h>

#include "call.h"
#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "notify.h"
#include "timeout.h"

static struct dvs_call *pick_call(struct dvs_endpoint *endpoint, u64 flags,
				  u32 source)
{
	struct dvs_call *call;

	list_for_each_entry(call, &endpoint->pending, pending) {
		if (!dvs_ipc_matches(flags, source, call->msg.source, call->request))
			continue;
		/* Over: whoever ended it is about to take it out. */
		if (!dvs_call_advance(call, DVS_CALL_TAKING))
			continue;
		list_del_init(&call->pending);
		endpoint->waiting--;
		dvs_ipc_open(endpoint, call);
		return call;
	}
	return NULL;
}

static struct dvs_note *pick_note(struct dvs_endpoint *endpoint, u64 flags,
				  u32 source)
{
	struct dvs_note *note;

	list_for_each_entry(note, &endpoint->arrived, arrived) {
		if (!dvs_ipc_matches(flags, source, note->source, false))
			continue;
		list_del_init(&note->arrived);
		return note;
	}
	return NULL;
}

/* Find something to deliver, or wait for it. */
static int take(struct dvs_endpoint *endpoint, u64 flags, u32 source,
		const struct dvs_timeout *timeout, bool nowait,
		struct dvs_delivery *delivery)
{
	struct dvs_receiver receiver = {
		.task = current,
		.flags = flags,
		.source = source,
	};
	struct dvs_note *note;
	int error = 0;

	INIT_LIST_HEAD(&receiver.list);
	*delivery = (struct dvs_delivery){};
	spin_lock_bh(&endpoint->lock);
	for (;;) {
		delivery->call = receiver.call ?: pick_call(endpoint, flags, source);
		if (delivery->call)
			break;
		delivery->note = pick_note(endpoint, flags, source);
		if (delivery->note) {
			delivery->bits = delivery->note->bits;
			delivery->note->bits = 0;
			break;
		}
		if (endpoint->dead)
			error = endpoint->dead;
		else if (nowait)
			error = -EAGAIN;
		if (error)
			break;
		/* After a wake-up that others were faster to answer: go last. */
		if (list_empty(&receiver.list))
			list_add_tail(&receiver.list, &endpoint->receivers);
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		spin_unlock_bh(&endpoint->lock);
		error = dvs_timeout_sleep(timeout);
		spin_lock_bh(&endpoint->lock);
	}
	__set_current_state(TASK_RUNNING);
	list_del_init(&receiver.list);
	if (delivery->call || delivery->note)
		endpoint->received++;
	/* It may have been woken for a notification that is for others, too. */
	list_for_each_entry(note, &endpoint->arrived, arrived)
		dvs_ipc_arrived(endpoint, note->source);
	spin_unlock_bh(&endpoint->lock);
	return delivery->call || delivery->note ? 0 : error;
}

/* uid and gid as seen in the container's user namespace, pid in its pid namespace */
void dvs_ipc_credentials(struct dvs_dc *dc, kuid_t kuid, kgid_t kgid,
			 struct pid *kpid, u32 *uid, u32 *gid, s32 *pid)
{
	*uid = from_kuid_munged(dc->ns->user_ns, kuid);
	*gid = from_kgid_munged(dc->ns->user_ns, kgid);
	*pid = pid_nr_ns(kpid, dc->ns->pid_ns);
}

static void describe_call(struct dvs_endpoint *endpoint, struct dvs_call *call,
			  struct dvs_receive_args *args)
{
	unsigned int i;

	args->kind = call->request ? DVS_KIND_REQUEST : DVS_KIND_MESSAGE;
	args->segment_count = call->segment_count;
	if (call->source) {
		dvs_ipc_credentials(endpoint->dc, call->uid, call->gid, call->pid,
				    &args->uid, &args->gid, &args->pid);
	} else {
		args->uid = call->wire_uid;
		args->gid = call->wire_gid;
		args->pid = call->wire_pid;
	}
	args->node = call->node;
	args->id = call->id;
	args->notified = 0;
	args->msg = call->msg;
	args->msg.token = call->request ? call->token : 0;
	memset(args->segments, 0, sizeof(args->segments));
	for (i = 0; i < call->segment_count; i++) {
		args->segments[i].length = call->segments[i].length;
		args->segments[i].flags = call->segments[i].flags;
	}
}

static void describe_note(struct dvs_endpoint *endpoint, struct dvs_note *note,
			  u64 bits, struct dvs_receive_args *args)
{
	args->kind = DVS_KIND_NOTIFICATION;
	args->segment_count = 0;
	args->id = (struct dvs_call_id){};
	args->notified = bits;
	memset(&args->msg, 0, sizeof(args->msg));
	memset(args->segments, 0, sizeof(args->segments));
	args->msg.source = note->source;
	args->node = note->node;
	/* A notification that merges in now may change who it is from. */
	spin_lock_bh(&endpoint->lock);
	if (note->pid) {
		dvs_ipc_credentials(endpoint->dc, note->uid, note->gid, note->pid,
				    &args->uid, &args->gid, &args->pid);
	} else {
		args->uid = note->wire_uid;
		args->gid = note->wire_gid;
		args->pid = note->wire_pid;
	}
	spin_unlock_bh(&endpoint->lock);
}

/**
 * dvs_ipc_receive - receive a message, request or notification
 * @endpoint: endpoint
 * @args: flags and source select; the out fields are set
 * @timeout: when to give up
 * @nowait: do not wait
 * @delivery: out: for dvs_ipc_accept() or dvs_ipc_reject(), one of which must
 *	follow
 *
 * Return: 0; %EAGAIN, %ETIMEDOUT, %ERESTARTSYS, or why the endpoint was closed.
 */
int dvs_ipc_receive(struct dvs_endpoint *endpoint, struct dvs_receive_args *args,
		    const struct dvs_timeout *timeout, bool nowait,
		    struct dvs_delivery *delivery)
{
	int error;

	error = take(endpoint, args->flags, args->source, timeout, nowait, delivery);
	if (error)
		return error;
	if (delivery->call)
		describe_call(endpoint, delivery->call, args);
	else
		describe_note(endpoint, delivery->note, delivery->bits, args);
	return 0;
}

/* User space has the message: now it is taken. */
void dvs_ipc_accept(struct dvs_endpoint *endpoint, struct dvs_delivery *delivery)
{
	struct dvs_call *call = delivery->call;

	if (!call) {
		dvs_note_put(delivery->note);
		return;
	}
	trace_dvs_call_taken(call->node, call->id.sequence, call->msg.source,
			     call->destination, call->request, 0);
	if (call->request)
		dvs_call_advance(call, DVS_CALL_TAKEN);
	else
		dvs_call_finish(call, 0, NULL);
	dvs_call_put(call);
}

/* Take back what take() has done with a request; true when it was still open. */
static bool unopen(struct dvs_endpoint *endpoint, struct dvs_call *call)
{
	if (!call->request)
		return true;
	if (RB_EMPTY_NODE(&call->open))
		return false;
	rb_erase(&call->open, &endpoint->open);
	RB_CLEAR_NODE(&call->open);
	endpoint->open_count--;
	/* Of the two references of the tree and the delivery one is left. */
	refcount_dec(&call->ref);
	return true;
}

/* User space could not take the message: it goes back to where it was. */
void dvs_ipc_reject(struct dvs_endpoint *endpoint, struct dvs_delivery *delivery)
{
	struct dvs_call *call = delivery->call;
	struct dvs_note *note = delivery->note;
	bool closed = false, put = true;

	spin_lock_bh(&endpoint->lock);
	if (note) {
		if (!endpoint->dead)
			dvs_note_arrive(endpoint, note, delivery->bits);
	} else if (unopen(endpoint, call)) {
		if (endpoint->dead) {
			closed = true;
		} else if (dvs_call_advance(call, DVS_CALL_PENDING)) {
			put = false;
			if (!dvs_ipc_hand_over(endpoint, call)) {
				list_add(&call->pending, &endpoint->pending);
				endpoint->waiting++;
				wake_up_interruptible_poll(&endpoint->poll,
							   EPOLLIN | EPOLLRDNORM);
			} else {
				dvs_call_advance(call, DVS_CALL_TAKING);
			}
		}
	}
	spin_unlock_bh(&endpoint->lock);
	if (note) {
		dvs_note_put(note);
		return;
	}
	if (closed)
		dvs_call_finish(call, -EIDRM, NULL);
	if (put)
		dvs_call_put(call);
}
