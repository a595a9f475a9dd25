// SPDX-License-Identifier: GPL-2.0
/*
 * dvs_send() and dvs_sendrec(): where a message goes, waiting for what becomes
 * of it, and what a signal or a timeout leaves behind. Concurrency is argued
 * in ipc.c.
 */
#include <linux/cred.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <trace/events/dvs.h>

#include "call.h"
#include "dc.h"
#include "endpoint.h"
#include "ipc.h"
#include "node.h"
#include "remote.h"
#include "timeout.h"

/* How long to wait before asking a node again whose slot map is behind. */
#define MOVED_RETRY_MS	10

/* Where does a message go? 0: this node, 1: @range->node, or an errno. */
static int route(struct dvs_dc *dc, u32 destination, struct dvs_range *range)
{
	struct dvs_container *container = dvs_dc_container(dc);

	if (!container)
		return 0;
	if (!dvs_slotmap_lookup(&container->map, DVS_SLOT(destination), range) ||
	    !range->node)
		return -ENXIO;
	return range->node != container->node->id;
}

static struct dvs_call *local_call_create(void)
{
	struct dvs_call *call;

	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (call)
		dvs_call_init(call);
	return call;
}

static struct dvs_call *call_create(struct dvs_endpoint *source,
				    const struct dvs_request *request,
				    u32 node, u64 sequence, u16 attempt)
{
	struct dvs_container *container = dvs_dc_container(source->dc);
	struct dvs_dc *dc = source->dc;
	struct dvs_call *call;
	int error;

	error = dvs_dc_charge_call(dc);
	if (error)
		return ERR_PTR(error);
	if (node)
		call = dvs_remote_call_create(container->node, node, attempt);
	else
		call = local_call_create() ?: ERR_PTR(-ENOMEM);
	if (IS_ERR(call)) {
		dvs_dc_uncharge_call(dc);
		return call;
	}
	call->dc = dc;
	call->source = dvs_endpoint_hold(source);
	call->destination = request->destination;
	call->request = request->request;
	call->segment_count = request->segment_count;
	memcpy(call->segments, request->segments,
	       request->segment_count * sizeof(*call->segments));
	if (call->segment_count) {
		call->mm = current->mm;
		mmgrab(call->mm);
	}
	call->uid = current_euid();
	call->gid = current_egid();
	call->pid = get_pid(task_tgid(current));
	if (container) {
		call->node = container->node->id;
		call->id.origin = ((u64)call->node << 48) |
				  (READ_ONCE(container->node->session) & GENMASK_ULL(47, 0));
	}
	call->id.sequence = sequence;
	call->msg.source = source->number;
	call->msg.type = request->type;
	memcpy(call->msg.payload, request->payload, DVS_PAYLOAD_SIZE);
	trace_dvs_call_begin(call->node, sequence, source->number,
			     call->destination, call->request, 0);
	return call;
}

static bool home_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct dvs_call, home)->id.sequence <
	       rb_entry(b, struct dvs_call, home)->id.sequence;
}

static int add_home(struct dvs_call *call)
{
	struct dvs_endpoint *source = call->source;
	int error;

	spin_lock_bh(&source->lock);
	error = source->dead;
	if (!error) {
		call->trace = source->open_count ? source->trace : get_random_u64();
		dvs_call_hold(call);
		rb_add(&call->home, &source->calls, home_less);
		source->sent++;
	}
	spin_unlock_bh(&source->lock);
	return error;
}

static void remove_home(struct dvs_call *call)
{
	struct dvs_endpoint *source = call->source;
	bool found;

	spin_lock_bh(&source->lock);
	found = !RB_EMPTY_NODE(&call->home);
	if (found) {
		rb_erase(&call->home, &source->calls);
		RB_CLEAR_NODE(&call->home);
	}
	spin_unlock_bh(&source->lock);
	if (found)
		dvs_call_put(call);
}

static int submit(struct dvs_call *call, bool nowait, u64 epoch)
{
	struct dvs_endpoint *target;
	int error;

	if (call->ops)
		return dvs_remote_call_send(call, nowait, epoch);
	target = dvs_dc_lookup(call->dc, call->destination);
	if (IS_ERR(target))
		return PTR_ERR(target);
	error = dvs_ipc_queue(call, target, nowait);
	dvs_endpoint_put(target);
	return error;
}

/* Sleep until the call is over (0), the time is up or a signal comes. */
static int wait_done(struct dvs_call *call, const struct dvs_timeout *timeout)
{
	int error = 0;

	spin_lock_bh(&call->lock);
	if (call->waiter) {
		spin_unlock_bh(&call->lock);
		return -EBUSY;
	}
	call->waiter = current;
	while (call->state != DVS_CALL_DONE) {
		if (error)
			break;
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		spin_unlock_bh(&call->lock);
		error = dvs_timeout_sleep(timeout);
		spin_lock_bh(&call->lock);
	}
	__set_current_state(TASK_RUNNING);
	if (call->state == DVS_CALL_DONE)
		error = 0;
	call->waiter = NULL;
	spin_unlock_bh(&call->lock);
	return error;
}

/* Wait for the outcome of a call; consumes the caller's reference. */
static int await(struct dvs_call *call, const struct dvs_timeout *timeout,
		 u64 *handle, u64 *map_version, struct dvs_msg *reply)
{
	int error;

	*handle = 0;
	error = wait_done(call, timeout);
	if (error == -EBUSY) {
		*handle = call->id.sequence;
		dvs_call_put(call);
		return error;
	}
	if (error && dvs_ipc_withdraw(call))
		goto out;
	if (error == -ERESTARTSYS && !fatal_signal_pending(current)) {
		*handle = call->id.sequence;
		dvs_call_put(call);
		return error;
	}
	if (error)
		dvs_ipc_cancel(call, -EOWNERDEAD);
	/* It is over. The memory is the caller's again once no copy runs. */
	dvs_call_wait_copies(call);
	error = call->error;
	if (!error && reply)
		*reply = call->msg;
	if (error == -DVS_EMOVED)
		*map_version = call->map_version;
out:
	remove_home(call);
	dvs_call_put(call);
	return error;
}

/* The slot map changed or is about to: wait until it makes sense to ask again. */
static int wait_moved(struct dvs_dc *dc, u64 version,
		      const struct dvs_timeout *timeout)
{
	struct dvs_container *container = dvs_dc_container(dc);
	DEFINE_WAIT(wait);
	int error = 0;

	if (dvs_slotmap_version(&container->map) >= version) {
		/* The other node is behind. */
		schedule_timeout_interruptible(msecs_to_jiffies(MOVED_RETRY_MS));
		return signal_pending(current) ? -ERESTARTSYS : 0;
	}
	for (;;) {
		prepare_to_wait(&dc->wait, &wait, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		if (dvs_slotmap_version(&container->map) >= version)
			break;
		if (READ_ONCE(dc->closed))
			error = dc->closed;
		else if (!READ_ONCE(container->node->member))
			error = -ENOTCONN;
		if (error)
			break;
		error = dvs_timeout_sleep(timeout);
		if (error)
			break;
	}
	finish_wait(&dc->wait, &wait);
	return error;
}

static u64 next_sequence(struct dvs_dc *dc)
{
	struct dvs_container *container = dvs_dc_container(dc);

	return container ? dvs_node_sequence(container->node) :
			   atomic64_inc_return(&dc->sequence);
}

/**
 * dvs_ipc_send - send a message or make a call, and wait for what becomes of it
 * @source: sending endpoint
 * @request: what to send
 * @timeout: when to give up
 * @handle: out: number of the call when it stays open after a signal, else 0
 * @reply: out: the reply; NULL for a message
 *
 * Return: 0, or an errno as dvs_send(2) and dvs_sendrec(2) document them.
 */
int dvs_ipc_send(struct dvs_endpoint *source, const struct dvs_request *request,
		 const struct dvs_timeout *timeout, u64 *handle,
		 struct dvs_msg *reply)
{
	struct dvs_dc *dc = source->dc;
	struct dvs_range range = {};
	u64 sequence, version = 0;
	struct dvs_call *call;
	u16 attempt = 0;
	int error;

	*handle = 0;
	error = READ_ONCE(source->dead);
	if (error)
		return error;
	sequence = next_sequence(dc);
	for (;;) {
		error = route(dc, request->destination, &range);
		if (error < 0)
			return error;
		call = call_create(source, request, error ? range.node : 0,
				   sequence, attempt++);
		if (IS_ERR(call))
			return PTR_ERR(call);
		error = add_home(call);
		if (error) {
			dvs_call_put(call);
			return error;
		}
		error = submit(call, request->nowait, range.epoch);
		if (error) {
			/* The endpoint was closed meanwhile: say why. */
			if (dvs_call_is_done(call))
				error = call->error;
			remove_home(call);
			dvs_call_put(call);
			return error;
		}
		error = await(call, timeout, handle, &version, reply);
		if (error != -DVS_EMOVED)
			return error;
		if (dvs_timeout_expired(timeout))
			return -ETIMEDOUT;
		error = wait_moved(dc, version, timeout);
		if (error)
			return error;
	}
}

/* A reference to the call @handle made from @source, or NULL */
static struct dvs_call *find_home(struct dvs_endpoint *source, u64 handle)
{
	struct rb_node *node;
	struct dvs_call *call;

	spin_lock_bh(&source->lock);
	node = source->calls.rb_node;
	while (node) {
		call = rb_entry(node, struct dvs_call, home);
		if (call->id.sequence == handle) {
			dvs_call_hold(call);
			spin_unlock_bh(&source->lock);
			return call;
		}
		node = handle < call->id.sequence ? node->rb_left : node->rb_right;
	}
	spin_unlock_bh(&source->lock);
	return NULL;
}

/**
 * dvs_ipc_resume - wait on for a call that a signal interrupted
 * @source: endpoint that made it
 * @timeout: when to give up
 * @handle: in and out: number of the call
 * @reply: out: the reply
 *
 * Return: as dvs_ipc_send(); %ESRCH when there is no such call, %EBUSY when
 * another thread waits for it. A call that turns out to have been sent to the
 * wrong node while nobody waited ends with %EIDRM: nobody has taken it.
 */
int dvs_ipc_resume(struct dvs_endpoint *source,
		   const struct dvs_timeout *timeout, u64 *handle,
		   struct dvs_msg *reply)
{
	struct dvs_call *call = find_home(source, *handle);
	u64 version;
	int error;

	if (!call)
		return -ESRCH;
	error = await(call, timeout, handle, &version, reply);
	if (error == -DVS_EMOVED)
		return -EIDRM;
	/* Taken back: the arguments need not be those of the request any more. */
	if (error == -ERESTARTSYS && !*handle)
		return -EINTR;
	return error;
}

void dvs_ipc_abandon(struct dvs_endpoint *source, u64 handle)
{
	struct dvs_call *call = find_home(source, handle);

	if (!call)
		return;
	dvs_ipc_cancel(call, -ECANCELED);
	dvs_call_wait_copies(call);
	remove_home(call);
	dvs_call_put(call);
}
