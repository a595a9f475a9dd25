// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a call, apart from how it is routed and queued (ipc.c) and from
 * how it travels (remote_call.c).
 *
 * State
 *
 *	NEW -> PENDING -> TAKING -> TAKEN -> DONE	destination on this node
 *	NEW -> REMOTE -> DONE				destination elsewhere
 *
 * TAKING falls back to PENDING when the receiver's memory cannot be written.
 * Every state goes to DONE when the call is withdrawn or cancelled, or when
 * the other side dies. &dvs_call.lock decides who ends a call: the first
 * dvs_call_finish() wins, so a call ends exactly once whatever happens at the
 * same time.
 *
 * Removal
 *
 * Whoever finds a call in a list or tree finds a reference with it. Taking the
 * call out of the structure, under the structure's lock, takes that reference
 * over. A call may thus be DONE and still be found for a moment; everybody
 * checks the state under &dvs_call.lock.
 *
 * The caller's memory is used only between dvs_call_copy_begin() and
 * dvs_call_copy_end(). Beginning fails once the call is DONE, and the caller
 * leaves the system call only after the count of copies fell to zero, so
 * nobody touches the segments of a call that has returned.
 */
#include "call.h"

#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <trace/events/dvs.h>

#include "dc.h"
#include "endpoint.h"

void dvs_call_init(struct dvs_call *call)
{
	refcount_set(&call->ref, 1);
	INIT_LIST_HEAD(&call->pending);
	RB_CLEAR_NODE(&call->open);
	RB_CLEAR_NODE(&call->home);
	spin_lock_init(&call->lock);
	call->state = DVS_CALL_NEW;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_init);

struct dvs_call *dvs_call_hold(struct dvs_call *call)
{
	refcount_inc(&call->ref);
	return call;
}

void dvs_call_put(struct dvs_call *call)
{
	struct dvs_endpoint *source, *target;

	if (!refcount_dec_and_test(&call->ref))
		return;
	if (call->mm)
		mmdrop(call->mm);
	put_pid(call->pid);
	source = call->source;
	target = call->target;
	if (source)
		dvs_dc_uncharge_call(call->dc);
	else if (target)
		dvs_dc_uncharge_call(target->dc);
	if (call->ops)
		call->ops->free(call);
	else
		kfree(call);
	/* Last: they hold the container. */
	if (source)
		dvs_endpoint_put(source);
	if (target)
		dvs_endpoint_put(target);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_put);

bool dvs_call_advance(struct dvs_call *call, enum dvs_call_state state)
{
	bool live;

	spin_lock_bh(&call->lock);
	live = call->state != DVS_CALL_DONE;
	if (live)
		WRITE_ONCE(call->state, state);
	spin_unlock_bh(&call->lock);
	return live;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_advance);

/*
 * End a call with @untaken if nobody can have taken it, else with @error and
 * @reply.
 */
static bool end(struct dvs_call *call, int untaken, int error,
		const struct dvs_msg *reply)
{
	spin_lock_bh(&call->lock);
	switch (call->state) {
	case DVS_CALL_DONE:
		spin_unlock_bh(&call->lock);
		return false;
	case DVS_CALL_NEW:
	case DVS_CALL_PENDING:
		error = untaken;
		break;
	default:
		break;
	}
	call->error = error;
	if (reply)
		call->msg = *reply;
	WRITE_ONCE(call->state, DVS_CALL_DONE);
	/* The waiter takes the lock before it leaves: it is still there. */
	if (call->waiter)
		wake_up_process(call->waiter);
	spin_unlock_bh(&call->lock);
	trace_dvs_call_end(call->node, call->id.sequence, call->msg.source,
			   call->destination, call->request, error);
	if (call->ops && call->ops->done)
		call->ops->done(call);
	return true;
}

bool dvs_call_finish(struct dvs_call *call, int error,
		     const struct dvs_msg *reply)
{
	return end(call, error, error, reply);
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_finish);

bool dvs_call_cancel(struct dvs_call *call, int untaken)
{
	return end(call, untaken, -EOWNERDEAD, NULL);
}

int dvs_call_copy_begin(struct dvs_call *call)
{
	int error = 0;

	spin_lock_bh(&call->lock);
	if (call->state == DVS_CALL_DONE)
		error = -ESRCH;
	else
		call->copies++;
	spin_unlock_bh(&call->lock);
	return error;
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_copy_begin);

void dvs_call_copy_end(struct dvs_call *call)
{
	bool last;

	spin_lock_bh(&call->lock);
	last = !--call->copies;
	spin_unlock_bh(&call->lock);
	if (last) {
		/* Pairs with the barrier in prepare_to_wait_event(). */
		smp_mb();
		wake_up_var(&call->copies);
	}
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_copy_end);

void dvs_call_wait_copies(struct dvs_call *call)
{
	wait_var_event_killable(&call->copies, !READ_ONCE(call->copies));
}
EXPORT_SYMBOL_IF_KUNIT(dvs_call_wait_copies);
